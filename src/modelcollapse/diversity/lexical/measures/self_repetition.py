"""Self-repetition: how much of a text's longer phrases other texts of the set use too."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from modelcollapse.diversity.collection import TextCollection, TextOrTokens
from modelcollapse.diversity.lexical.tokenisation import Tokenizer, ngram_arrays, token_arrays, tokenizer_name
from modelcollapse.diversity.measure_entry import MeasureEntry
from modelcollapse.diversity.statistic import Statistic


def self_repetition(texts: Sequence[TextOrTokens], n: int = 4, tokenizer: Tokenizer = "words") -> float:
    """Mean over texts of ln(1 + sum over its distinct n-grams of the number of other texts that have it), >= 0.

    Higher is less diverse. It grows with the number of texts and with their length.

    Args:
        n: order of the n-grams.
        texts, tokenizer: see ``type_token_ratio``. The package ``diversity`` uses ``tokenizer="whitespace"``.

    Raises:
        ValueError: fewer than two texts, no tokens, or n below 1.

    Source: Salkar et al. 2022 (AACL) in the form of Shaib et al. 2024 (arXiv 2403.00553); equality with their package is
    tested.

    >>> round(self_repetition(["a b c d", "a b c d", "e f g h"]), 4)
    0.4621
    """
    return prepare_self_repetition(TextCollection(texts), n, tokenizer).value()


def prepare_self_repetition(
    collection: TextCollection, n: int = 4, tokenizer: Tokenizer = "words", tokens_per_text: int | None = None
) -> SelfRepetition:
    """``self_repetition`` of the collection and of any part of it."""
    if len(collection) < 2:
        raise ValueError("Self-repetition compares each text with the others: it needs at least two texts, not one.")
    grams = ngram_arrays(collection, n, tokenizer, tokens_per_text)
    keys = np.unique(grams.ids * np.int64(len(collection)) + grams.owners)
    statistic = SelfRepetition(keys // len(collection), keys % len(collection), len(collection))
    statistic.n_tokens = int(token_arrays(collection, tokenizer, tokens_per_text).starts[-1])
    statistic.options = {
        "n": int(n),
        "tokenizer": tokenizer_name(collection, tokenizer),
        "tokens_per_text": tokens_per_text,
    }
    return statistic


class SelfRepetition(Statistic):
    """Self-repetition from which text has which n-gram.

    Args:
        ngrams, owners: one entry per distinct (n-gram, text), sorted by n-gram, int64 [entries].
        texts: number of texts.
    """

    def __init__(self, ngrams: np.ndarray, owners: np.ndarray, texts: int) -> None:
        # n-grams of a single text add nothing in any subset
        shared = np.bincount(ngrams, minlength=1)[ngrams] > 1
        self._ngrams, self._owners = np.unique(ngrams[shared], return_inverse=True)[1], owners[shared]
        self.n_texts = texts

    def value(self, subset: np.ndarray | None = None) -> float:
        """Mean over the subset, whose texts are compared with each other alone."""
        ngrams, owners, texts = self._ngrams, self._owners, np.arange(self.n_texts)
        if subset is not None:
            inside = np.zeros(self.n_texts, dtype=bool)
            inside[subset] = True
            kept = inside[owners]
            ngrams, owners, texts = ngrams[kept], owners[kept], np.flatnonzero(inside)
        others = np.bincount(ngrams, minlength=1)[ngrams] - 1
        return float(np.mean(np.log1p(np.bincount(owners, others, minlength=self.n_texts)[texts])))


MEASURE = MeasureEntry(prepare_self_repetition, unit="ln(1 + repetitions)", bounds=(0, math.inf), more_diverse="lower")
