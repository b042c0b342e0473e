"""What is left of a docstring: sentences, without code, tables and markup."""

from __future__ import annotations

import pytest

from modelcollapse.corpora.pydocs.prose import is_prose, plain, read

NUMPY_STYLE = """
    Return the weighted mean of the given array over an axis.

    The weights are normalised so that they sum to one, and are the same for every row. See :func:`numpy.average`
    for the other way of doing it.

    Parameters
    ----------
    a : array_like
        The array whose weighted mean is wanted, and this sentence is not to be kept.

    Returns
    -------
    mean : ndarray
        This is the mean of the array and should not be kept either.

    See Also
    --------
    average : The function that does the same in another way than this one.

    Notes
    -----
    The algorithm is the one that was described in the ``first`` edition of the book [1]_.

    .. versionadded:: 1.2
       This sentence stands inside of a directive and it is to be left out.

    .. note:: The result is not the same as that of the other function if the weights are all zero.

    References
    ----------
    .. [1] A. Author, The book of the means and of the weights, 1999.

    Examples
    --------
    The first example is the one that is the most often used in the documentation:

    >>> mean([1, 2, 3])
    2.0

    The second of the examples shows how the weights can be left out.
    """

GOOGLE_STYLE = """Creates a criterion that measures the distance between the input and the target.

    Args:
        input (Tensor): This is the input of the criterion and it has to be left out of it.
        target (Tensor): This is the target.

    Returns:
        A value that is not to be kept because it is in the section of the returns.

    Example::

        >>> loss = nn.Loss()
        >>> loss(input, target)

    The criterion is often used for the training of networks which have two inputs:

    * The first input is the one that comes out of the left branch of the network.
    * short item

    +------+-------+
    | a    | b     |
    +------+-------+
    """


def test_numpy_style() -> None:
    reading = read(NUMPY_STYLE)
    assert reading.summary == "Return the weighted mean of the given array over an axis."
    assert reading.extension.startswith("The weights are normalised")
    assert list(reading.paragraphs) == [
        "Return the weighted mean of the given array over an axis.",
        "The weights are normalised so that they sum to one, and are the same for every row. See average for the other "
        "way of doing it.",
        "The algorithm is the one that was described in the first edition of the book.",
        "The result is not the same as that of the other function if the weights are all zero.",
        "The second of the examples shows how the weights can be left out.",
    ]


def test_google_style() -> None:
    assert list(read(GOOGLE_STYLE).paragraphs) == [
        "Creates a criterion that measures the distance between the input and the target.",
        "The first input is the one that comes out of the left branch of the network.",
    ]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("Use :class:`~torch.nn.Linear` or ``x``.", "Use Linear or x."),
        ("See `the guide <https://a.b/c>`_ and :ref:`here <label>`.", "See the guide and here."),
        ("A *very* **bold** word [2]_.", "A very bold word."),
        ("Load it with [`~AutoModel.from_pretrained`] or [this](http://x.y).", "Load it with from_pretrained or this."),
    ],
)
def test_markup_is_removed(marked: str, expected: str) -> None:
    assert plain(marked) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Too short to be kept.",
        "this one does not begin with a capital letter and is not kept.",
        "This one does not end with a full stop and it is not kept",
        "Le texte suivant est en français et ne doit donc pas être gardé ici.",
        "Ceci est un texte qui ne contient aucun mot anglais du tout ici.",
        "The value x_1 = f(a_2) + g[3] * h is the y_0 of (a, b) -> c.",
        "See the page at https://example.org for the rest of the story of it.",
        "As shown in [1]_, this is the way that it has to be done by all.",
        "A sentence with a </s> in the middle of it is not to be kept at all.",
    ],
)
def test_what_is_no_prose(text: str) -> None:
    assert not is_prose(plain(text))


def test_docstring_without_prose() -> None:
    reading = read("x")
    assert reading.paragraphs == () and reading.summary == "" and reading.extension == ""
    assert read("").paragraphs == ()
