"""Ratios of types in the pool of all texts: type-token ratio, distinct n-grams, hapax legomena.

They fall with the size of the pool, so that only values at the same ``n_tokens`` compare. A fixed number of running
tokens (n-grams for n > 1) is drawn without replacement, as Guo et al.'s released scripts do. What
is drawn depends on the seed and on how often each type occurs, not on the order of the texts. Half-samples of the
jackknife use the exact expectation over all draws (rarefaction: Hurlbert 1971, Ecology 52:577-586) instead of a draw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from modelcollapse.diversity.collection import TextCollection, TextOrTokens
from modelcollapse.diversity.lexical.tokenisation import Tokenizer, ngram_arrays, tokenizer_name
from modelcollapse.diversity.statistic import Statistic
from modelcollapse.runtime.seeds import generator

REDRAWS = 50
"""Draws with other seeds that measure how much a draw of ``n_tokens`` adds to the variance."""

Ratio = Callable[[np.ndarray, int], float]
"""From how many types have c tokens (c = 0, 1, ...) and a number of tokens drawn to the expected ratio."""


def type_token_ratio(
    texts: Sequence[TextOrTokens], n_tokens: int | None = None, seed: int = 0, tokenizer: Tokenizer = "words"
) -> float:
    """Distinct tokens / running tokens in the pooled texts, in (0, 1]; higher is more diverse.

    Args:
        texts: strings, or lists of tokens (not tokenised again).
        n_tokens: running tokens drawn from the pool without replacement; None takes all.
        seed: of that draw.
        tokenizer: for strings; see ``tokenise``.

    Raises:
        ValueError: no texts, no tokens, or fewer than ``n_tokens`` of them.

    Source: Guo et al. 2024, Table 1 (there x100) by the released script.

    >>> type_token_ratio(["The cat sat.", "The dog sat."])
    0.6666666666666666
    """
    return distinct_n(texts, 1, n_tokens, seed, tokenizer)


def distinct_n(
    texts: Sequence[TextOrTokens], n: int, n_tokens: int | None = None, seed: int = 0, tokenizer: Tokenizer = "words"
) -> float:
    """Distinct n-grams / running n-grams in the pooled texts, in (0, 1]; higher is more diverse.

    No n-gram crosses from one text to the next.

    Args:
        n: order of the n-grams; 1 gives the type-token ratio.
        n_tokens: running n-grams drawn from the pool without replacement; None takes all.
        texts, seed, tokenizer: see ``type_token_ratio``.

    Raises:
        ValueError: no texts, no n-gram of this order, or fewer than ``n_tokens`` of them.

    Source: Li et al. 2016 (arXiv 1510.03055); pooling and drawing as in Guo et al.'s released script.

    >>> distinct_n(["a b a b", "a b"], 2)
    0.5
    """
    return prepare_distinct_n(TextCollection(texts), n, n_tokens, seed, tokenizer).value()


def hapax_share(
    texts: Sequence[TextOrTokens], n_tokens: int | None = None, seed: int = 0, tokenizer: Tokenizer = "words"
) -> float:
    """Types that occur once / types, in the pooled texts, in [0, 1]; higher means a longer tail of rare words.

    Args, errors: see ``type_token_ratio``.

    Source: a standard of quantitative linguistics (Baayen 2001, Word Frequency Distributions); used on recursive
    generations by Gambetta et al. 2024 (arXiv 2410.12341).

    >>> hapax_share(["one two two three"])
    0.6666666666666666
    """
    return prepare_hapax_share(TextCollection(texts), n_tokens, seed, tokenizer).value()


def prepare_distinct_n(
    collection: TextCollection,
    n: int = 1,
    n_tokens: int | None = None,
    seed: int = 0,
    tokenizer: Tokenizer = "words",
    tokens_per_text: int | None = None,
) -> PooledRatio:
    """``distinct_n`` of the collection and of any part of it."""
    return PooledRatio(_distinct, collection, n, n_tokens, seed, tokenizer, tokens_per_text)


def prepare_hapax_share(
    collection: TextCollection,
    n_tokens: int | None = None,
    seed: int = 0,
    tokenizer: Tokenizer = "words",
    tokens_per_text: int | None = None,
) -> PooledRatio:
    """``hapax_share`` of the collection and of any part of it."""
    return PooledRatio(_hapax, collection, 1, n_tokens, seed, tokenizer, tokens_per_text)


class PooledRatio(Statistic):
    """A ratio that depends only on how often each type occurs in the pool.

    ``values`` holds the number of tokens fixed over the subsets: ``n_tokens``, or the tokens of the smallest subset if
    that has fewer.
    """

    def __init__(
        self,
        ratio: Ratio,
        collection: TextCollection,
        n: int,
        n_tokens: int | None,
        seed: int,
        tokenizer: Tokenizer,
        tokens_per_text: int | None,
    ) -> None:
        self._ratio = ratio
        self._grams = ngram_arrays(collection, n, tokenizer, tokens_per_text)
        self._seed = seed
        self.n_texts = len(collection)
        running, unit = len(self._grams.ids), "tokens" if n == 1 else f"{n}-grams"
        if running == 0:
            raise ValueError(f"No text has a {n}-gram: every text is shorter than {n} tokens. Choose a smaller n.")
        if running == 1:
            raise ValueError(f"The texts have one of the {unit} in all, whose ratio is always 1. Give more text.")
        if n_tokens is not None and (isinstance(n_tokens, bool) or n_tokens != int(n_tokens) or n_tokens < 1):
            raise ValueError(f"n_tokens must be a whole number of at least 1, or None for all, not {n_tokens}.")
        if n_tokens is not None and n_tokens > running:
            raise ValueError(
                f"A budget of {n_tokens} is larger than the text, which has {running} {unit}. "
                f"Set n_tokens to at most {running}, in every set that is to be compared, or give more text."
            )
        self._drawn = n_tokens is not None and n_tokens < running
        self.n_tokens = running if n_tokens is None else int(n_tokens)
        self.options = {
            "n": n,
            "tokenizer": tokenizer_name(collection, tokenizer),
            "tokens_per_text": tokens_per_text,
            "seed": seed if self._drawn else None,
        }
        self._counts = np.bincount(self._grams.ids, minlength=self._grams.distinct)

    def value(self, subset: np.ndarray | None = None) -> float:
        """The ratio; of a subset: its expectation over all draws of ``n_tokens``, or of all its tokens if fewer.

        Raises:
            ValueError: the subset has no token.
        """
        if subset is None:
            return self._draw(self._seed) if self._drawn else self._expected(self._counts, self.n_tokens)
        counts = self._counts_of(subset)
        if not counts.any():
            raise ValueError("These texts have no token between them. Drop empty texts first.")
        return self._expected(counts, min(self.n_tokens, int(counts.sum())))

    def values(self, subsets: Sequence[np.ndarray]) -> np.ndarray:
        """The expected ratio of each subset at one number of tokens that all of them have."""
        running = np.bincount(self._grams.owners, minlength=self.n_texts)
        budget = min(self.n_tokens, min(int(running[subset].sum()) for subset in subsets))
        if budget < 1:
            raise ValueError(
                "Half of the texts can be without any token, so that no interval exists. Drop empty texts first."
            )
        return np.array([self._expected(self._counts_of(subset), budget) for subset in subsets])

    @property
    def sampling_variance(self) -> float:  # type: ignore[override]
        """Variance of ``value()`` over the seeds of the draw, from ``REDRAWS`` other seeds."""
        if not self._drawn:
            return 0.0
        return float(np.var([self._draw((self._seed, "again", index)) for index in range(REDRAWS)], ddof=1))

    def _counts_of(self, subset: np.ndarray) -> np.ndarray:
        inside = np.zeros(self.n_texts, dtype=bool)
        inside[subset] = True
        return np.bincount(self._grams.ids[inside[self._grams.owners]], minlength=self._grams.distinct)

    def _draw(self, seed: object) -> float:
        running = len(self._grams.ids)
        # positions in the pool sorted by type: the same texts in another order give the same draw
        kept = generator(seed, "draw tokens", self._grams.n).choice(
            running, self.n_tokens, replace=False, shuffle=False
        )
        types = np.repeat(np.arange(len(self._counts)), self._counts)[kept]
        return self._expected(np.bincount(types), self.n_tokens)

    def _expected(self, counts: np.ndarray, budget: int) -> float:
        return self._ratio(np.bincount(counts[counts > 0]), budget)


def log_missing(most: int, running: int, drawn: int) -> np.ndarray:
    """Log of the chance that a type with c tokens is in none of the drawn tokens, for c = 0..``most``.

    It is ln [C(P - c, N) / C(P, N)] = sum over j < c of ln(1 - N / (P - j)); -inf where the draw cannot miss it.

    Args:
        most: largest c, at most P.
        running: P, tokens in the pool.
        drawn: N, tokens drawn without replacement, at most P.
    """
    left = running - np.arange(most, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return np.concatenate([[0.0], np.cumsum(np.log1p(-np.minimum(drawn / left, 1.0)))])


def expected_types(spectrum: np.ndarray, drawn: int) -> float:
    """Expected number of types among tokens drawn without replacement (rarefaction).

    Args:
        spectrum: how many types have c tokens in the pool, for c = 0, 1, ...
        drawn: tokens drawn, at most those in the pool.
    """
    return float(-np.expm1(log_missing(len(spectrum) - 1, _running(spectrum), drawn)) @ spectrum)


def expected_hapaxes(spectrum: np.ndarray, drawn: int) -> float:
    """Expected number of types that occur once among tokens drawn without replacement; arguments as above.

    One of the c tokens of a type is drawn (chance N/P each) and the others are not among the other N - 1 of P - 1.
    """
    running, most = _running(spectrum), len(spectrum) - 1
    others_missing = np.exp(log_missing(most - 1, running - 1, drawn - 1))
    return float(drawn / running * (np.arange(1, most + 1) * others_missing) @ spectrum[1:])


def _running(spectrum: np.ndarray) -> int:
    return int(np.arange(len(spectrum)) @ spectrum)


def _distinct(spectrum: np.ndarray, drawn: int) -> float:
    return expected_types(spectrum, drawn) / drawn


def _hapax(spectrum: np.ndarray, drawn: int) -> float:
    return expected_hapaxes(spectrum, drawn) / expected_types(spectrum, drawn)
