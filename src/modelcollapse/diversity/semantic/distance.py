"""Semantic diversity: the mean distance between the embeddings of all pairs of texts or sentences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from modelcollapse.diversity.collection import TextCollection
from modelcollapse.diversity.kernel_mean import MeanDistance, check_number_of_items, mean_distance

BLOCK_ROWS = 1024
SAFE_SQUARES = (1e-200, 1e200)
"""Squared lengths that lost no digit to underflow or overflow."""

UNITS = ("sentence", "text")


def mean_pairwise_distance(embeddings: ArrayLike, halved: bool = False) -> float:
    """Mean over i != j of 1 - cos(x_i, x_j); higher is more diverse.

    Formula: 1 - (|sum u_i|^2 - n) / (n (n - 1)) with u_i = x_i / |x_i|, linear in n.

    Range [0, 2]; for n items at most n / (n - 1), so about 1 for many. It does not depend on the number of items in
    expectation. Limits: a mean over pairs hardly sees rare modes, and the scale is the embedder's: compare values of
    one embedder only.

    Source: Guo et al. 2024, section on semantic diversity; their released script returns (1 - cos)/2, which is
    ``halved=True``. Their table most likely uses the halved form (inferred from its size, not verified).

    Args:
        embeddings: [n, d], one row per item, of any length but 0.
        halved: divide by two.

    Raises:
        ValueError: fewer than two rows, no matrix, a row of zeros, NaN or infinity; the message names the row.

    >>> mean_pairwise_distance([[1, 0], [0, 1], [-1, 0]])
    1.3333333333333333
    >>> mean_pairwise_distance([[1, 0], [0, 1], [-1, 0]], halved=True)
    0.6666666666666666
    """
    matrix = as_embeddings(embeddings)
    total = np.zeros(matrix.shape[1])
    for block, inverse_lengths in _blocks(matrix):
        total += inverse_lengths @ block
    return mean_distance(total, len(matrix)) * (0.5 if halved else 1.0)


def prepare(
    collection: TextCollection,
    embedder: str | Path = "all-MiniLM-L6-v2",
    unit: str = "sentence",
    sentences: str = "all",
    n_sentences: int | None = None,
    seed: int = 0,
    halved: bool = False,
    threads: int = 1,
    cache: str | Path | bool | None = None,
) -> MeanDistance:
    """Mean pairwise distance between the embedded sentences of texts, ready for any subset of the texts.

    Args:
        collection: the texts.
        embedder: ``all-MiniLM-L6-v2`` (offline default), ``all-mpnet-base-v2`` (the paper's), or a folder.
        unit: ``sentence`` (the released script; a text without words owns none), or ``text``: each text is one item.
        sentences: ``all``, ``inner`` (as the released script selects them) or ``first`` of each text.
        n_sentences: how many sentences (or texts) are drawn from the pool; None for all. The released script draws
            3,000.
        seed: of the draw.
        halved: (1 - cos)/2 instead of 1 - cos.
        threads: of the embedder.
        cache: folder where embeddings are kept; None for the user's, False for none.

    Raises:
        ValueError: an option is unknown or wrong, an empty text with ``unit="text"``, or fewer than two items.
        RuntimeError: the embedder has to come from the hub, which cannot be reached.
    """
    from modelcollapse.diversity.parser.sentences import plain_sentences, sample_sentences, select_sentences
    from modelcollapse.diversity.semantic.embedding import Embedder

    if unit not in UNITS:
        raise ValueError(f"There is no unit {unit!r}: expected one of {', '.join(UNITS)}.")
    model = Embedder(embedder, threads, cache)
    if unit == "text":
        items = [[text] for text in collection.strings]
    else:
        items = [select_sentences(plain_sentences(text), sentences) for text in collection.texts]
    chosen, owner = sample_sentences(items, n_sentences, seed)
    check_number_of_items(len(chosen), f"{unit}s")
    vectors = model.embed(chosen)
    options = {
        "embedder": f"{Path(model.model).name} {model.identity[:16]}",
        "unit": unit,
        "sentences": sentences if unit == "sentence" else None,
        "n_sentences": len(chosen),
        "halved": halved,
        "threads": threads,
    }
    return MeanDistance(unit_rows(vectors), owner, len(collection), f"{unit}s", 0.5 if halved else 1.0, options)


def as_embeddings(embeddings: ArrayLike) -> np.ndarray:
    """A real matrix of at least two rows.

    Raises:
        ValueError: it is none.
    """
    matrix = np.asarray(embeddings)
    if matrix.ndim != 2 or not (np.issubdtype(matrix.dtype, np.floating) or np.issubdtype(matrix.dtype, np.integer)):
        raise ValueError(
            f"Embeddings are a matrix of numbers with one row per item; found {matrix.ndim} dimensions of type "
            f"{matrix.dtype}. Stack vectors of one length: numpy.stack(vectors)."
        )
    check_number_of_items(len(matrix), "rows of embeddings")
    return matrix


def unit_rows(embeddings: ArrayLike) -> np.ndarray:
    """[n, d] float64, the rows divided by their lengths.

    Raises:
        ValueError: as ``mean_pairwise_distance``.
    """
    return np.concatenate([block * inverse[:, None] for block, inverse in _blocks(as_embeddings(embeddings))])


def _blocks(matrix: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows in float64 and one over their lengths, some at a time: no second copy, and a block fits into the cache."""
    for start in range(0, len(matrix), BLOCK_ROWS):
        block = matrix[start : start + BLOCK_ROWS].astype(np.float64)
        squares = np.einsum("ij,ij->i", block, block)
        # NaN compares as False
        if not ((squares > SAFE_SQUARES[0]) & (squares < SAFE_SQUARES[1])).all():
            block = _rescaled(block, start)
            squares = np.einsum("ij,ij->i", block, block)
        yield block, 1.0 / np.sqrt(squares)


def _rescaled(block: np.ndarray, start: int) -> np.ndarray:
    """Rows divided by their largest entries, so that the squares of tiny and of huge ones stay within range.

    Raises:
        ValueError: a row is zero, or holds NaN or infinity.
    """
    largest = np.abs(block).max(axis=1, initial=0.0)
    bad = ~np.isfinite(largest) | (largest == 0)
    if bad.any():
        row = int(np.argmax(bad))
        problem = "contains NaN or infinity" if not np.isfinite(largest[row]) else "is zero and has no direction"
        raise ValueError(
            f"Row {start + row} of the embeddings {problem}: leave the item out, or look for an empty text there."
        )
    return block / largest[:, None]
