"""Ratios of types in the pool: exact small cases, rarefaction against enumeration and against draws."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcollapse.diversity import distinct_n, hapax_share, type_token_ratio
from modelcollapse.diversity.collection import TextCollection
from modelcollapse.diversity.lexical.pooled import (
    expected_hapaxes,
    expected_types,
    prepare_distinct_n,
    prepare_hapax_share,
)

token_lists = st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=8), min_size=2, max_size=6)


def test_by_hand():
    assert type_token_ratio(["The cat sat.", "THE dog, sat"]) == 4 / 6
    assert type_token_ratio([["The", "the"], ["THE"]]) == 1
    assert distinct_n(["a b a b", "b a"], 2) == 2 / 4
    assert hapax_share(["a a b c"]) == 2 / 3


@settings(deadline=None)
@given(token_lists, st.integers(1, 3), st.randoms(use_true_random=False), st.integers(0, 3))
def test_bounds_order_and_duplicates(lists, n, random, seed):
    running = sum(max(0, len(tokens) - n + 1) for tokens in lists)
    if running < 2:
        return
    value = distinct_n(lists, n)
    assert 0 < value <= 1
    shuffled = random.sample(lists, len(lists))
    assert distinct_n(shuffled, n) == value
    assert distinct_n(shuffled, n, running - 1, seed) == distinct_n(lists, n, running - 1, seed)
    assert hapax_share(shuffled) == hapax_share(lists)
    assert distinct_n(lists * 2, n) == pytest.approx(value / 2)
    assert hapax_share(lists * 2) == 0


@settings(deadline=None)
@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), st.data())
def test_rarefaction_equals_the_mean_over_all_draws(counts, data):
    pool = np.repeat(np.arange(len(counts)), counts)
    drawn = data.draw(st.integers(1, len(pool)))
    draws = [np.bincount(pool[list(chosen)]) for chosen in combinations(range(len(pool)), drawn)]
    spectrum = np.bincount(counts)
    assert expected_types(spectrum, drawn) == pytest.approx(np.mean([np.sum(draw > 0) for draw in draws]))
    assert expected_hapaxes(spectrum, drawn) == pytest.approx(np.mean([np.sum(draw == 1) for draw in draws]))


def test_draws_scatter_around_the_expectation_with_the_stated_variance():
    random = np.random.default_rng(1)
    texts = [[str(token) for token in random.zipf(1.5, 30)] for _ in range(60)]
    draws = np.array([type_token_ratio(texts, 600, seed) for seed in range(300)])
    statistic = prepare_distinct_n(TextCollection(texts), 1, 600)
    assert draws.mean() == pytest.approx(statistic.value(np.arange(60)), abs=4 * draws.std() / np.sqrt(300))
    assert statistic.sampling_variance == pytest.approx(draws.var(), rel=0.6)
    assert len(set(draws)) > 20 and type_token_ratio(texts, 600, 5) == draws[5]
    shares = [hapax_share(texts, 600, seed) for seed in range(100)]
    hapax = prepare_hapax_share(TextCollection(texts), 600)
    assert np.mean(shares) == pytest.approx(hapax.value(np.arange(60)), abs=0.01)


def test_all_tokens_are_the_whole_pool():
    texts = ["a b c", "a b d"]
    assert type_token_ratio(texts, 6, seed=3) == type_token_ratio(texts) == 4 / 6


def test_subsets_are_the_texts_themselves():
    random = np.random.default_rng(2)
    texts = [[str(token) for token in random.integers(0, 20, random.integers(2, 9))] for _ in range(12)]
    subset = np.array([1, 4, 5, 11])
    part = [texts[index] for index in subset]
    for n in (1, 2):
        assert prepare_distinct_n(TextCollection(texts), n).value(subset) == pytest.approx(distinct_n(part, n))
    assert prepare_hapax_share(TextCollection(texts)).value(subset) == pytest.approx(hapax_share(part))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: type_token_ratio([]), "no texts"),
        (lambda: type_token_ratio(["one"]), "always 1"),
        (lambda: type_token_ratio(["a b"], 3), "A budget of 3 is larger than the text, which has 2 tokens"),
        (lambda: distinct_n(["a b c"], 2, 3), "which has 2 2-grams"),
        (lambda: type_token_ratio(["a b"], 0), "n_tokens must be"),
        (lambda: type_token_ratio(["a b"], 1.5), "n_tokens must be"),
        (lambda: distinct_n(["a b"], 3), "Choose a smaller n"),
        (lambda: hapax_share(["a b c"], 9), "larger than the text"),
        (lambda: prepare_distinct_n(TextCollection([["a", "b"], []])).value(np.array([1])), "Drop empty texts"),
        (lambda: prepare_distinct_n(TextCollection([["a", "b"], []])).values([np.array([1])]), "Drop empty texts"),
    ],
)
def test_impossible_input_is_refused_in_a_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()
