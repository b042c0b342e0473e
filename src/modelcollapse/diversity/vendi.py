"""Vendi score: the effective number of different items under a similarity (Friedman & Dieng 2023, arXiv 2210.02410)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import eigvalsh
from scipy.sparse import csr_array

from modelcollapse.diversity.collection import TextCollection, TextOrTokens
from modelcollapse.diversity.lexical.tokenisation import Tokenizer, ngram_arrays, renumber, token_arrays, tokenizer_name
from modelcollapse.diversity.statistic import Statistic

MAXIMUM_TEXTS = 10_000
"""A kernel of more texts would need more than 800 MB and many minutes."""
_NEGLIGIBLE = 1e-12
_NEGLIGIBLE_SINGLE = 1e-7


def vendi_score(embeddings: np.ndarray, q: float = 1.0) -> float:
    """Vendi score of rows under cosine similarity, in [1, n]: 1 if all point the same way, n if all are orthogonal.

    Higher is more diverse. It is exp of the Renyi entropy of order q of the eigenvalues of K/n, K = X X' with rows of
    unit length. For n > d the same eigenvalues come from the d x d matrix X'X/n, so that no n x n matrix is made.

    Args:
        embeddings: one item per row, float [n, d], n >= 2.
        q: order of the entropy; 1 is Shannon's, ``inf`` counts the largest eigenvalue only.

    Raises:
        ValueError: fewer than two rows, not two axes, NaN or infinite entries, a row of zeros, or q not positive.

    Source: Friedman & Dieng 2023, definition 3.1; orders q: Pasarkar & Dieng 2023 (arXiv 2310.12952).

    >>> vendi_score([[1, 0], [0, 2], [0, 3], [5, 0]])
    2.0
    """
    rows = np.asarray(embeddings, dtype=np.float64)
    if rows.ndim != 2 or len(rows) < 2 or rows.shape[1] == 0:
        raise ValueError(f"Embeddings must be an array of at least two rows, [items, dimensions], not {rows.shape}.")
    _refuse_nan(rows, "embeddings")
    lengths = np.linalg.norm(rows, axis=1)
    if np.any(lengths == 0):
        raise ValueError(
            f"Embedding {int(np.argmin(lengths))} is all zeros and has no direction. Drop that item, or embed it again."
        )
    rows = rows / lengths[:, None]
    count, dimensions = rows.shape
    return _effective_number((rows.T @ rows if count > dimensions else rows @ rows.T) / count, q)


def vendi_score_of_kernel(kernel: np.ndarray, q: float = 1.0) -> float:
    """Vendi score of a similarity matrix that is symmetric and positive semi-definite with ones on its diagonal.

    Args:
        kernel: float [n, n].
        q: see ``vendi_score``.

    Raises:
        ValueError: not square, not symmetric, NaN, or a diagonal of other than ones.

    >>> round(vendi_score_of_kernel([[1, 0.5], [0.5, 1]]), 4)
    1.7548
    """
    similarity = np.asarray(kernel, dtype=np.float64)
    if similarity.ndim != 2 or similarity.shape[0] != similarity.shape[1] or len(similarity) == 0:
        raise ValueError(f"A kernel must be a square matrix, items by items, not {similarity.shape}.")
    _refuse_nan(similarity, "kernel")
    if not np.allclose(similarity, similarity.T, atol=1e-8) or not np.allclose(np.diagonal(similarity), 1, atol=1e-6):
        raise ValueError("A kernel must be symmetric, and each item's similarity with itself 1. Normalise it first.")
    return _effective_number(similarity / len(similarity), q)


def ngram_vendi_score(
    texts: Sequence[TextOrTokens], orders: Sequence[int] = (1, 2, 3, 4), q: float = 1.0, tokenizer: Tokenizer = "words"
) -> float:
    """Vendi score of texts under the mean cosine similarity of their n-gram counts, in [1, number of texts].

    Higher is more diverse. It is bounded by, and grows with, the number of texts. A text shorter than n tokens counts
    as one n-gram of its own length.

    Args:
        orders: the n over which the similarity is averaged.
        texts, tokenizer: see ``type_token_ratio``; 2 to ``MAXIMUM_TEXTS`` texts.

    Raises:
        ValueError: fewer than two texts, too many, no tokens, or an order below 1.

    Source: Friedman & Dieng 2023, section 5 (their package's ``ngram_vendi_score``, which leaves similarity 0 between a
    short text and itself).

    >>> round(ngram_vendi_score(["a b", "a b", "c d"], orders=[1]), 6)
    1.889882
    """
    return prepare_ngram_vendi_score(TextCollection(texts), orders, q, tokenizer).value()


def prepare_ngram_vendi_score(
    collection: TextCollection,
    orders: Sequence[int] = (1, 2, 3, 4),
    q: float = 1.0,
    tokenizer: Tokenizer = "words",
    tokens_per_text: int | None = None,
) -> KernelVendiScore:
    """``ngram_vendi_score`` of the collection and of any part of it."""
    if len(collection) < 2:
        raise ValueError("The Vendi score compares texts with each other: it needs at least two texts, not one.")
    if len(collection) > MAXIMUM_TEXTS:
        raise ValueError(
            f"The n-gram Vendi score of {len(collection)} texts needs the eigenvalues of a matrix of that size. Draw at "
            f"most {MAXIMUM_TEXTS} texts (the same number from every set, since the score grows with it)."
        )
    if len(orders) == 0:
        raise ValueError("orders must name at least one n, such as (1, 2).")
    kernel = sum(_cosines(collection, order, tokenizer, tokens_per_text) for order in orders) / len(orders)
    statistic = KernelVendiScore(kernel, q)
    statistic.n_tokens = int(token_arrays(collection, tokenizer, tokens_per_text).starts[-1])
    statistic.options = {
        "orders": list(orders),
        "q": q,
        "tokenizer": tokenizer_name(collection, tokenizer),
        "tokens_per_text": tokens_per_text,
    }
    return statistic


class KernelVendiScore(Statistic):
    """Vendi score of any part of a kernel with ones on its diagonal, float [n, n]."""

    grows_with_texts = True

    def __init__(self, kernel: np.ndarray, q: float = 1.0) -> None:
        self._kernel, self._q = kernel, q
        self.n_texts = len(kernel)

    def value(self, subset: np.ndarray | None = None) -> float:
        """The score of the subset."""
        kernel = self._kernel if subset is None else self._kernel[np.ix_(subset, subset)]
        return _effective_number(kernel / len(kernel), self._q)

    def values(self, subsets: Sequence[np.ndarray]) -> np.ndarray:
        """Scores of the subsets in single precision, which suffices for their spread."""
        kernel = self._kernel.astype(np.float32)
        parts = (kernel[np.ix_(subset, subset)] for subset in subsets)
        return np.array([_effective_number(part / len(part), self._q, _NEGLIGIBLE_SINGLE) for part in parts])


def _cosines(collection: TextCollection, n: int, tokenizer: Tokenizer, tokens_per_text: int | None) -> np.ndarray:
    grams = ngram_arrays(collection, n, tokenizer, tokens_per_text)
    tokens = token_arrays(collection, tokenizer, tokens_per_text)
    short = np.flatnonzero(tokens.lengths < n)
    whole: dict[tuple[int, ...], int] = {}
    for text in short:
        whole.setdefault(tuple(tokens.ids[tokens.starts[text] : tokens.starts[text + 1]].tolist()), len(whole))
    of_short = [
        grams.distinct + whole[tuple(tokens.ids[tokens.starts[text] : tokens.starts[text + 1]].tolist())]
        for text in short
    ]
    columns = renumber(np.concatenate([grams.ids, np.array(of_short, dtype=np.int64)]))
    owners = np.concatenate([grams.owners, short])
    counts = csr_array((np.ones(len(owners)), (owners, columns[0])), shape=(len(collection), columns[1]))
    products = (counts @ counts.T).toarray()
    lengths = np.sqrt(np.diagonal(products))
    return products / np.outer(lengths, lengths)


def _effective_number(matrix: np.ndarray, q: float, negligible: float = _NEGLIGIBLE) -> float:
    if not q > 0:
        raise ValueError(f"The order q of the Vendi score must be positive, not {q}. 1 is the usual one.")
    eigenvalues = eigvalsh(matrix, check_finite=False)
    shares = eigenvalues[eigenvalues > negligible].astype(np.float64)
    if q == 1:
        entropy = -np.sum(shares * np.log(shares))
    elif np.isinf(q):
        entropy = -np.log(shares.max())
    else:
        entropy = np.log(np.sum(shares**q)) / (1 - q)
    return float(np.exp(entropy))


def _refuse_nan(values: np.ndarray, name: str) -> None:
    if not np.all(np.isfinite(values)):
        row = int(np.flatnonzero(~np.all(np.isfinite(values), axis=1))[0])
        raise ValueError(
            f"The {name} have NaN or infinite entries, first in row {row}. Drop or recompute those items: a mean over "
            "the rest would hide them."
        )
