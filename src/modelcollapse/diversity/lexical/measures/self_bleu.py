"""Self-BLEU: how well each text is predicted, n-gram by n-gram, by all the others.

The clipped count of an n-gram of text i needs the largest count of that n-gram in any other text. That is the largest
count overall, unless text i alone holds it: then it is the second largest. Entries (n-gram, text, count) sorted by
n-gram and falling count give both, for all texts and for any subset of them, in time linear in their number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelcollapse.diversity.collection import TextCollection, TextOrTokens
from modelcollapse.diversity.lexical.tokenisation import (
    NgramArrays,
    Tokenizer,
    ngram_arrays,
    token_arrays,
    tokenizer_name,
)
from modelcollapse.diversity.measure_entry import MeasureEntry
from modelcollapse.diversity.statistic import Statistic

EPSILON = 0.1
"""What method-1 smoothing puts in place of a count of zero (Chen & Cherry 2014; NLTK's default)."""


def self_bleu(texts: Sequence[TextOrTokens], max_order: int = 4, tokenizer: Tokenizer = "words") -> float:
    """Mean BLEU of each text against all other texts, in [0, 1]; higher is less diverse.

    BLEU with uniform weights on orders 1 to ``max_order``, method-1 smoothing and the brevity penalty of the closest
    reference length (the shorter one of a tie): NLTK's ``sentence_bleu``. A text that shares no word with the others,
    or is empty, scores 0.

    Args:
        texts: at least two; strings, or lists of tokens (not tokenised again).
        max_order: longest n-gram.
        tokenizer: for strings; see ``tokenise``.

    Raises:
        ValueError: fewer than two texts, no tokens, or an order below 1.

    Source: Zhu et al. 2018 (Texygen, arXiv 1802.01886) for the measure; Papineni et al. 2002 for BLEU. Guo et al.
    report 1 - Self-BLEU, x100; their order and number of texts are unknown, and the value grows with both.

    >>> self_bleu(["a b c d", "a b c d", "x y z w"])
    0.6666666666666666
    """
    return float(np.mean(self_bleu_scores(texts, max_order, tokenizer)))


def self_bleu_scores(texts: Sequence[TextOrTokens], max_order: int = 4, tokenizer: Tokenizer = "words") -> np.ndarray:
    """BLEU of each text against all others, float64 [texts]; arguments and errors of ``self_bleu``."""
    return prepare_self_bleu(TextCollection(texts), max_order, tokenizer).scores()


def prepare_self_bleu(
    collection: TextCollection,
    max_order: int = 4,
    tokenizer: Tokenizer = "words",
    tokens_per_text: int | None = None,
) -> SelfBleu:
    """``self_bleu`` of the collection and of any part of it."""
    if isinstance(max_order, bool) or max_order != int(max_order) or max_order < 1:
        raise ValueError(f"max_order must be a whole number of at least 1, not {max_order}.")
    if len(collection) < 2:
        raise ValueError("Self-BLEU compares each text with the others, so that it needs at least two texts, not one.")
    statistic = SelfBleu(
        token_arrays(collection, tokenizer, tokens_per_text).lengths,
        [
            shared_counts(ngram_arrays(collection, order, tokenizer, tokens_per_text), len(collection))
            for order in range(1, int(max_order) + 1)
        ],
    )
    statistic.options = {
        "max_order": int(max_order),
        "tokenizer": tokenizer_name(collection, tokenizer),
        "tokens_per_text": tokens_per_text,
    }
    return statistic


@dataclass(frozen=True)
class SharedCounts:
    """N-grams that more than one text has, sorted by n-gram and, within it, by falling count.

    Attributes:
        ngrams: number of the n-gram, int64 [entries].
        owners: number of the text, int64 [entries].
        counts: how often the text has it, int64 [entries].
    """

    ngrams: np.ndarray
    owners: np.ndarray
    counts: np.ndarray

    def inside(self, chosen: np.ndarray) -> SharedCounts:
        """The entries of chosen texts; ``chosen`` is bool [texts]."""
        kept = np.flatnonzero(chosen[self.owners])
        return SharedCounts(self.ngrams[kept], self.owners[kept], self.counts[kept])

    def matches(self, texts: int) -> np.ndarray:
        """Clipped counts summed for each text, float64 [texts]: occurrences matched by the best other text."""
        if len(self.ngrams) == 0:
            return np.zeros(texts)
        begins = np.concatenate([[True], self.ngrams[1:] != self.ngrams[:-1]])
        first = np.flatnonzero(begins)
        sizes = np.diff(np.append(first, len(begins)))
        largest_of_others = np.repeat(self.counts[first], sizes)
        several = first[sizes > 1]
        # the text with the largest count meets the second largest, which is equal to it in a tie
        largest_of_others[first] = 0
        largest_of_others[several] = self.counts[several + 1]
        return np.bincount(self.owners, np.minimum(self.counts, largest_of_others), minlength=texts)


def shared_counts(grams: NgramArrays, texts: int) -> SharedCounts:
    """Count n-grams per text and keep those that more than one text has."""
    keys = np.sort(grams.ids * np.int64(texts) + grams.owners)
    begins = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.empty(0, np.int64)
    counts = np.diff(np.append(begins, len(keys)))
    ngrams, owners = np.divmod(keys[begins], texts)
    shared = np.bincount(ngrams, minlength=1)[ngrams] > 1
    ngrams, owners, counts = ngrams[shared], owners[shared], counts[shared]
    largest = int(counts.max()) if len(counts) else 0
    order = np.argsort(ngrams * np.int64(largest + 1) + (largest - counts), kind="stable")
    return SharedCounts(ngrams[order], owners[order], counts[order])


class SelfBleu(Statistic):
    """Self-BLEU from counts of shared n-grams.

    Args:
        lengths: tokens of each text, int64 [texts].
        orders: shared n-grams of order 1, 2, ...
    """

    def __init__(self, lengths: np.ndarray, orders: Sequence[SharedCounts]) -> None:
        self._lengths, self._orders = lengths, orders
        self.n_texts, self.n_tokens = len(lengths), int(lengths.sum())

    def value(self, subset: np.ndarray | None = None) -> float:
        """Mean score of the subset, whose texts are compared with each other alone.

        Raises:
            ValueError: fewer than two texts.
        """
        return float(np.mean(self.scores(subset)))

    def per_text(self) -> np.ndarray:
        """Score of each text against all others."""
        return self.scores()

    def scores(self, subset: np.ndarray | None = None) -> np.ndarray:
        """Score of each text of the subset, in the order of the texts, float64."""
        chosen = np.ones(self.n_texts, dtype=bool)
        if subset is not None:
            chosen = np.zeros(self.n_texts, dtype=bool)
            chosen[subset] = True
        inside = np.flatnonzero(chosen)
        if len(inside) < 2:
            raise ValueError("Self-BLEU needs at least two texts in each subset: give at least four texts.")
        lengths = self._lengths[inside]
        log_precision = np.zeros(len(inside))
        shares_a_word = np.zeros(len(inside), dtype=bool)
        for order, entries in enumerate(self._orders, start=1):
            part = entries if subset is None else entries.inside(chosen)
            matched = part.matches(self.n_texts)[inside]
            if order == 1:
                shares_a_word = matched > 0
            possible = np.maximum(1, lengths - order + 1)
            log_precision += np.log(np.where(matched > 0, matched, EPSILON) / possible)
        bleu = brevity_penalty(lengths) * np.exp(log_precision / len(self._orders))
        return np.where(shares_a_word, bleu, 0.0)


def brevity_penalty(lengths: np.ndarray) -> np.ndarray:
    """min(1, exp(1 - r/c)) of each text; c is its length, r the closest length of another (of two, the shorter).

    Args:
        lengths: tokens of each of at least two texts.
    """
    distinct, which, copies = np.unique(lengths, return_inverse=True, return_counts=True)
    none = np.iinfo(np.int64).max // 4
    below = np.concatenate([[-none], distinct[:-1]])
    above = np.concatenate([distinct[1:], [none]])
    neighbour = np.where(distinct - below <= above - distinct, below, above)
    closest = np.where(copies > 1, distinct, neighbour)
    with np.errstate(divide="ignore", invalid="ignore"):
        penalty = np.where(distinct > closest, 1.0, np.exp(1 - closest / distinct))
    return np.where(distinct == 0, 0.0, penalty)[which]


MEASURE = MeasureEntry(prepare_self_bleu, unit="share", bounds=(0, 1), more_diverse="lower")
