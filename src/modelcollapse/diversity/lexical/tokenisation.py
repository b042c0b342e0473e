"""From texts to integer tokens and n-grams, numbered in lexicographic order so that nothing depends on their order."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from modelcollapse.diversity.collection import TextCollection, TextOrTokens

TOKENIZERS = ("wordpunct", "words", "whitespace")
"""``wordpunct``: runs of word characters or of other marks, as NLTK's WordPunctTokenizer cuts them (since
NLTK 3.10 it differs in superscript digits and combining marks). ``words``: the same, lower-cased, without single
punctuation marks (Guo et al.'s released scripts). ``whitespace``: str.split."""

_WORD_PUNCT = re.compile(r"\w+|[^\w\s]+")
# the ASCII marks of string.punctuation; runs of several marks stay, as in the scripts
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")

Tokenizer = str | Callable[[str], Sequence[str]]


def tokenise(text: TextOrTokens, tokenizer: Tokenizer = "words") -> list[str]:
    """The tokens of a text; a list of tokens is returned as it is.

    Args:
        text: a string, or a list of tokens.
        tokenizer: one of ``TOKENIZERS`` or a function from a string to its tokens.

    Raises:
        ValueError: no tokenizer has this name.

    >>> tokenise("It's late, isn't it?")
    ['it', 's', 'late', 'isn', 't', 'it']
    >>> tokenise("It's late...", "wordpunct")
    ['It', "'", 's', 'late', '...']
    >>> tokenise(["It's", "LATE"])
    ["It's", 'LATE']
    """
    if not isinstance(text, str):
        return list(text)
    if callable(tokenizer):
        return list(tokenizer(text))
    if tokenizer == "words":
        return [token for token in _WORD_PUNCT.findall(text.lower()) if token not in _PUNCTUATION]
    if tokenizer == "wordpunct":
        return _WORD_PUNCT.findall(text)
    if tokenizer == "whitespace":
        return text.split()
    raise ValueError(
        f"There is no tokenizer called {tokenizer!r}. Choose from {', '.join(TOKENIZERS)}, pass a function, "
        "or give the texts as lists of tokens."
    )


def tokenizer_name(collection: TextCollection, tokenizer: Tokenizer) -> str:
    """What a table says about the tokenizer: ``given`` for lists of tokens, a function's own name for functions."""
    if collection.tokenised:
        return "given"
    return tokenizer if isinstance(tokenizer, str) else getattr(tokenizer, "__name__", type(tokenizer).__name__)


@dataclass(frozen=True)
class TokenArrays:
    """Tokens of a collection as integers.

    Attributes:
        ids: token numbers of all texts, one after the other, int64 [tokens].
        starts: where each text begins in ``ids``, and the end of the last, int64 [texts + 1].
        vocabulary: the distinct tokens in lexicographic order; token i is ``vocabulary[i]``.
    """

    ids: np.ndarray
    starts: np.ndarray
    vocabulary: tuple[str, ...]

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each text, int64 [texts]."""
        return np.diff(self.starts)


@dataclass(frozen=True)
class NgramArrays:
    """N-grams inside texts (none crosses from one text to the next) as integers.

    Attributes:
        ids: n-gram numbers in the order of the texts, int64 [n-grams]; equal n-grams share a number, and numbers follow
            the lexicographic order of the n-grams.
        owners: the text of each, int64 [n-grams].
        distinct: how many different n-grams there are.
        n: the order.
    """

    ids: np.ndarray
    owners: np.ndarray
    distinct: int
    n: int


def token_arrays(
    collection: TextCollection, tokenizer: Tokenizer = "words", tokens_per_text: int | None = None
) -> TokenArrays:
    """Tokens of the collection, made once per tokenizer and length.

    Args:
        tokens_per_text: keep only the first so many tokens of each text; None keeps all.

    Raises:
        ValueError: unknown tokenizer, a length below 1, or no token in any text.
    """
    if tokens_per_text is not None and tokens_per_text < 1:
        raise ValueError(f"tokens_per_text must be at least 1, or None for whole texts, not {tokens_per_text}.")
    return collection.once(
        ("tokens", tokenizer, tokens_per_text), lambda: _token_arrays(collection, tokenizer, tokens_per_text)
    )


def ngram_arrays(
    collection: TextCollection, n: int, tokenizer: Tokenizer = "words", tokens_per_text: int | None = None
) -> NgramArrays:
    """N-grams of the collection, made once per order; order n is built from order n - 1.

    Raises:
        ValueError: n is no whole number of at least 1, or what ``token_arrays`` refuses.
    """
    if isinstance(n, bool) or n != int(n) or n < 1:
        raise ValueError(f"The order of an n-gram must be a whole number of at least 1, not {n}.")
    return collection.once(
        ("ngrams", n, tokenizer, tokens_per_text), lambda: _ngram_arrays(collection, int(n), tokenizer, tokens_per_text)
    )


def _token_arrays(collection: TextCollection, tokenizer: Tokenizer, tokens_per_text: int | None) -> TokenArrays:
    lists = [tokenise(text, tokenizer)[:tokens_per_text] for text in collection.texts]
    starts = np.concatenate([[0], np.cumsum([len(tokens) for tokens in lists], dtype=np.int64)])
    if starts[-1] == 0:
        raise ValueError(
            "No text has a token. Check that the column holds text, or choose tokenizer='wordpunct', which keeps "
            "punctuation."
        )
    vocabulary = tuple(sorted(set(chain.from_iterable(lists))))
    number = {token: index for index, token in enumerate(vocabulary)}
    ids = np.fromiter(map(number.__getitem__, chain.from_iterable(lists)), np.int64, int(starts[-1]))
    return TokenArrays(ids, starts.astype(np.int64), vocabulary)


def _ngram_arrays(collection: TextCollection, n: int, tokenizer: Tokenizer, tokens_per_text: int | None) -> NgramArrays:
    tokens = token_arrays(collection, tokenizer, tokens_per_text)
    if n == 1:
        owners = np.repeat(np.arange(len(collection)), tokens.lengths)
        return NgramArrays(tokens.ids, owners, len(tokens.vocabulary), 1)
    shorter = ngram_arrays(collection, n - 1, tokenizer, tokens_per_text)
    # an (n-1)-gram goes on to an n-gram unless it is the last of its text
    goes_on = np.flatnonzero(np.diff(shorter.owners) == 0)
    owners = shorter.owners[goes_on]
    # the j-th n-gram of text i begins at token starts[i] + j
    position = goes_on + owners_offset(shorter.owners, tokens.starts)[goes_on]
    combined = shorter.ids[goes_on] * np.int64(len(tokens.vocabulary)) + tokens.ids[position + n - 1]
    ids, distinct = renumber(combined)
    return NgramArrays(ids, owners, distinct, n)


def owners_offset(owners: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """What to add to the index of each n-gram to get the index of its first token, int64 [n-grams]."""
    counts = np.bincount(owners, minlength=len(starts) - 1)
    first = np.concatenate([[0], np.cumsum(counts)])[:-1]
    return (starts[:-1] - first)[owners]


def renumber(values: np.ndarray) -> tuple[np.ndarray, int]:
    """Ranks of the values among their distinct values, and how many of those there are."""
    distinct, inverse = np.unique(values, return_inverse=True)
    return inverse.astype(np.int64, copy=False), len(distinct)
