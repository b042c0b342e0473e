"""Measures that are sums over texts, against plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcollapse.diversity import (
    moving_average_type_token_ratio,
    repeated_ngram_share,
    self_repetition,
    unknown_word_share,
    vocabulary_of,
)
from modelcollapse.diversity.collection import TextCollection
from modelcollapse.diversity.lexical.measures.self_repetition import prepare_self_repetition
from modelcollapse.diversity.lexical.per_text import (
    prepare_moving_average_type_token_ratio,
    prepare_repeated_ngram_share,
    prepare_unknown_word_share,
)
from modelcollapse.recursion.repetition import repeated_share

token_lists = st.lists(st.lists(st.sampled_from("abcd"), max_size=9), min_size=2, max_size=6).filter(any)


def windows(lists, width):
    return [tokens[i : i + width] for tokens in lists for i in range(len(tokens) - width + 1)]


def ngrams(tokens, n):
    return [tuple(gram) for gram in windows([tokens], n)]


@settings(deadline=None)
@given(token_lists, st.integers(1, 5), st.randoms())
def test_moving_average_is_the_mean_over_all_windows(lists, width, random):
    every = windows(lists, width)
    if not every:
        with pytest.raises(ValueError, match="shorter than the window"):
            moving_average_type_token_ratio(lists, width)
        return
    value = moving_average_type_token_ratio(lists, width)
    assert value == pytest.approx(np.mean([len(set(window)) / width for window in every]))
    assert 1 / width <= value <= 1
    assert moving_average_type_token_ratio(random.sample(lists, len(lists)) * 2, width) == pytest.approx(value)


@settings(deadline=None)
@given(token_lists, st.integers(1, 4))
def test_repeated_share_is_that_of_the_recursion(lists, n):
    expected = [repeated_share(np.array([ord(token) for token in tokens]), n) for tokens in lists]
    assert repeated_ngram_share(lists, n) == pytest.approx(np.mean(expected))


@settings(deadline=None)
@given(token_lists, st.integers(1, 3), st.randoms())
def test_self_repetition_counts_other_texts(lists, n, random):
    sets = [set(ngrams(tokens, n)) for tokens in lists]
    shared = [sum(len(one & other) for j, other in enumerate(sets) if j != i) for i, one in enumerate(sets)]
    value = self_repetition(lists, n)
    assert value == pytest.approx(np.mean(np.log1p(shared)))
    assert self_repetition(random.sample(lists, len(lists)), n) == pytest.approx(value)
    assert self_repetition(lists * 2, n) >= value


def test_unknown_words_are_those_outside_the_vocabulary():
    known = vocabulary_of(["The cat sat.", "the end"], minimum_count=2)
    assert known == {"the"}
    assert unknown_word_share(["The cat", "the the"], known) == 1 / 4
    assert unknown_word_share(["a b"], ["a", "b"]) == 0
    assert unknown_word_share(["a b"], {"c"}) == 1


@pytest.mark.parametrize(
    "prepare",
    [
        lambda texts: prepare_moving_average_type_token_ratio(texts, 3),
        lambda texts: prepare_repeated_ngram_share(texts, 2),
        lambda texts: prepare_self_repetition(texts, 2),
        lambda texts: prepare_unknown_word_share(texts, {"1", "2"}),
    ],
    ids=["moving average", "repeated", "self-repetition", "unknown"],
)
def test_subsets_are_the_texts_themselves(prepare):
    random = np.random.default_rng(3)
    lists = [[str(token) for token in random.integers(0, 6, random.integers(0, 20))] for _ in range(25)]
    statistic = prepare(TextCollection(lists))
    for _ in range(5):
        subset = random.choice(25, 8, replace=False)
        assert statistic.value(subset) == pytest.approx(
            prepare(TextCollection([lists[index] for index in subset])).value()
        )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: moving_average_type_token_ratio(["a b"], 0), "window must be"),
        (lambda: moving_average_type_token_ratio(["a b"]), "shorter than the window of 50 tokens"),
        (lambda: repeated_ngram_share(["a b"], 0), "order of an n-gram"),
        (lambda: repeated_ngram_share([]), "no texts"),
        (lambda: self_repetition(["a b c d"]), "at least two texts"),
        (lambda: unknown_word_share(["a"]), "pass vocabulary="),
        (lambda: unknown_word_share(["a"], "the"), "pass vocabulary="),
        (lambda: unknown_word_share(["a"], set()), "pass vocabulary="),
    ],
)
def test_impossible_input_is_refused_in_a_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()
