"""Measures that are sums over texts: moving-average type-token ratio, repetition inside a text, unknown words."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from modelcollapse.diversity.collection import TextCollection, TextOrTokens
from modelcollapse.diversity.lexical.tokenisation import Tokenizer, ngram_arrays, token_arrays, tokenizer_name
from modelcollapse.diversity.statistic import Statistic


class RatioOfSums(Statistic):
    """Sum over texts of one quantity / sum of another.

    Args:
        numerators, denominators: one of each per text, [texts].
        nothing: the sentence of the ``ValueError`` when a set of texts has a denominator of zero.
    """

    def __init__(self, numerators: np.ndarray, denominators: np.ndarray, nothing: str) -> None:
        self._numerators, self._denominators, self._nothing = numerators, denominators, nothing
        self.n_texts = len(numerators)

    def value(self, subset: np.ndarray | None = None) -> float:
        """The ratio over the subset."""
        chosen = slice(None) if subset is None else subset
        below = self._denominators[chosen].sum()
        if below == 0:
            raise ValueError(self._nothing)
        return float(self._numerators[chosen].sum() / below)

    def per_text(self) -> np.ndarray:
        """The ratio of each text, NaN where its denominator is zero."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self._denominators > 0, self._numerators / self._denominators, np.nan)


def moving_average_type_token_ratio(
    texts: Sequence[TextOrTokens], window: int = 50, tokenizer: Tokenizer = "words"
) -> float:
    """Mean share of distinct tokens in all windows of ``window`` running tokens inside texts (MATTR), in (0, 1].

    Higher is more diverse. It does not depend on the length of a text beyond the window; texts shorter than the window
    have none and do not count.

    Args:
        window: tokens in a window.
        texts, tokenizer: see ``type_token_ratio``.

    Raises:
        ValueError: no texts, a window below 1, or every text shorter than the window.

    Source: Covington & McFall 2010, Journal of Quantitative Linguistics 17:94-100, there for one text.

    >>> moving_average_type_token_ratio(["a b a c"], window=2)
    1.0
    >>> moving_average_type_token_ratio(["a a b b"], window=2)
    0.6666666666666666
    """
    return prepare_moving_average_type_token_ratio(TextCollection(texts), window, tokenizer).value()


def prepare_moving_average_type_token_ratio(
    collection: TextCollection, window: int = 50, tokenizer: Tokenizer = "words", tokens_per_text: int | None = None
) -> RatioOfSums:
    """MATTR of the collection and of any part of it."""
    if isinstance(window, bool) or window != int(window) or window < 1:
        raise ValueError(f"The window must be a whole number of at least 1, not {window}.")
    tokens = token_arrays(collection, tokenizer, tokens_per_text)
    begin = np.repeat(tokens.starts[:-1], tokens.lengths)
    last_window = np.repeat(tokens.starts[1:] - window, tokens.lengths)
    position = np.arange(len(tokens.ids))
    # a token is new in the windows that begin after its previous occurrence and still reach it
    first = np.maximum(np.maximum(previous_occurrence(tokens.ids, begin) + 1, position - window + 1), begin)
    new_in = np.maximum(0, np.minimum(position, last_window) - first + 1)
    owners = np.repeat(np.arange(len(collection)), tokens.lengths)
    statistic = RatioOfSums(
        np.bincount(owners, new_in, minlength=len(collection)),
        window * np.maximum(0, tokens.lengths - window + 1),
        f"Every text is shorter than the window of {window} tokens. Choose a smaller window.",
    )
    statistic.n_tokens = len(tokens.ids)
    statistic.options = {
        "window": int(window),
        "tokenizer": tokenizer_name(collection, tokenizer),
        "tokens_per_text": tokens_per_text,
    }
    statistic.value()
    return statistic


def previous_occurrence(ids: np.ndarray, begin: np.ndarray) -> np.ndarray:
    """Where each token occurred before in its text, or one before the text begins, int64 [tokens].

    Args:
        ids: token numbers of all texts, one after the other.
        begin: where the text of each token begins.
    """
    order = np.argsort(ids, kind="stable")
    before = np.full(len(ids), -1, dtype=np.int64)
    same = ids[order][1:] == ids[order][:-1]
    before[order[1:][same]] = order[:-1][same]
    return np.where(before >= begin, before, begin - 1)


def repeated_ngram_share(texts: Sequence[TextOrTokens], n: int = 4, tokenizer: Tokenizer = "words") -> float:
    """Share of the n-grams of a text that occurred before in the same text, mean over texts, in [0, 1).

    Higher means more repetition inside texts. A text shorter than n tokens has a share of 0.

    Raises:
        ValueError: no texts, no tokens, or n below 1.

    Source: the share of duplicate n-grams of Welleck et al. 2020 (seq-rep-4, arXiv 1908.04319).

    >>> repeated_ngram_share(["a b c d e", "a b a b a b a"], n=2)
    0.3333333333333333
    """
    return prepare_repeated_ngram_share(TextCollection(texts), n, tokenizer).value()


def prepare_repeated_ngram_share(
    collection: TextCollection, n: int = 4, tokenizer: Tokenizer = "words", tokens_per_text: int | None = None
) -> RatioOfSums:
    """``repeated_ngram_share`` of the collection and of any part of it."""
    grams = ngram_arrays(collection, n, tokenizer, tokens_per_text)
    texts = len(collection)
    running = np.bincount(grams.owners, minlength=texts)
    distinct = np.bincount(np.unique(grams.ids * np.int64(texts) + grams.owners) % texts, minlength=texts)
    statistic = RatioOfSums((running - distinct) / np.maximum(1, running), np.ones(texts), "There are no texts.")
    statistic.n_tokens = int(token_arrays(collection, tokenizer, tokens_per_text).starts[-1])
    statistic.options = {
        "n": int(n),
        "tokenizer": tokenizer_name(collection, tokenizer),
        "tokens_per_text": tokens_per_text,
    }
    return statistic


def unknown_word_share(
    texts: Sequence[TextOrTokens], vocabulary: Collection[str] | None = None, tokenizer: Tokenizer = "words"
) -> float:
    """Running tokens that are not in a vocabulary / running tokens, in [0, 1].

    Against the words of human training text it shows invented words; it is no measure of diversity by itself.

    Args:
        vocabulary: known tokens, as the tokenizer writes them (``words`` lower-cases): a set, or what
            ``vocabulary_of(reference_texts)`` returns.
        texts, tokenizer: see ``type_token_ratio``.

    Raises:
        ValueError: no texts, no tokens, no vocabulary, or a string in its place.

    >>> unknown_word_share(["the cat flumped"], {"the", "cat"})
    0.3333333333333333
    """
    return prepare_unknown_word_share(TextCollection(texts), vocabulary, tokenizer).value()


def vocabulary_of(
    texts: Sequence[TextOrTokens], tokenizer: Tokenizer = "words", minimum_count: int = 1
) -> frozenset[str]:
    """The tokens that occur at least ``minimum_count`` times in reference texts.

    >>> sorted(vocabulary_of(["A cat, a dog"]))
    ['a', 'cat', 'dog']
    """
    tokens = token_arrays(TextCollection(texts), tokenizer)
    frequent = np.bincount(tokens.ids, minlength=len(tokens.vocabulary)) >= minimum_count
    return frozenset(tokens.vocabulary[index] for index in np.flatnonzero(frequent))


def prepare_unknown_word_share(
    collection: TextCollection,
    vocabulary: Collection[str] | None = None,
    tokenizer: Tokenizer = "words",
    tokens_per_text: int | None = None,
) -> RatioOfSums:
    """``unknown_word_share`` of the collection and of any part of it."""
    if vocabulary is None or isinstance(vocabulary, str) or len(vocabulary) == 0:
        raise ValueError(
            "The share of unknown words needs the known ones: pass vocabulary= as a set of words, such as "
            "vocabulary_of(human_texts)."
        )
    known = vocabulary if isinstance(vocabulary, set | frozenset) else frozenset(vocabulary)
    tokens = token_arrays(collection, tokenizer, tokens_per_text)
    unknown = np.array([token not in known for token in tokens.vocabulary])
    owners = np.repeat(np.arange(len(collection)), tokens.lengths)
    statistic = RatioOfSums(
        np.bincount(owners, unknown[tokens.ids], minlength=len(collection)),
        tokens.lengths,
        "These texts have no token between them. Drop empty texts first.",
    )
    statistic.n_tokens = len(tokens.ids)
    statistic.options = {
        "vocabulary_size": len(known),
        "tokenizer": tokenizer_name(collection, tokenizer),
        "tokens_per_text": tokens_per_text,
    }
    return statistic
