"""Self-BLEU against NLTK's sentence_bleu of each text against all others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

from modelcollapse.diversity import self_bleu
from modelcollapse.diversity.collection import TextCollection
from modelcollapse.diversity.lexical.measures.self_bleu import brevity_penalty, prepare_self_bleu, self_bleu_scores

METHOD_1 = SmoothingFunction().method1


def by_nltk(lists, order):
    weights = (1 / order,) * order
    return [
        sentence_bleu(lists[:i] + lists[i + 1 :], lists[i], weights, smoothing_function=METHOD_1)
        for i in range(len(lists))
    ]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abcde"), max_size=9), min_size=2, max_size=7).filter(any), st.integers(1, 5))
def test_equal_to_nltk(lists, order):
    np.testing.assert_allclose(self_bleu_scores(lists, order), by_nltk(lists, order), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "lists",
    [
        [["a"], ["a"], ["b"]],
        [["a"], ["a", "b"], ["a", "b", "c"]],
        [list("abcd")] * 3,
        [list("abcd"), list("efgh"), list("ijkl")],
        [list("aaaa"), list("aa"), list("aaaaaaaa")],
        [list("abcd"), list("abcdefghi"), list("abcdefghij")],
        [list("ab"), [], list("abab")],
        [list("abcabcabc"), list("abc") * 5, list("cba")],
    ],
    ids=["one token", "1 to 3", "copies", "no overlap", "one word", "lengths 4, 9, 10", "empty text", "repetition"],
)
def test_adversarial_sets(lists):
    for order in (1, 2, 3, 4, 5):
        np.testing.assert_allclose(self_bleu_scores(lists, order), by_nltk(lists, order), rtol=0, atol=1e-12)
        assert self_bleu(lists, order) == pytest.approx(np.mean(by_nltk(lists, order)), abs=1e-12)


def test_longer_texts_with_zipfian_words():
    random = np.random.default_rng(0)
    lists = [[str(word) for word in random.zipf(1.4, random.integers(5, 40))] for _ in range(40)]
    np.testing.assert_allclose(self_bleu_scores(lists), by_nltk(lists, 4), rtol=0, atol=1e-12)


def test_subsets_compare_with_each_other_alone():
    random = np.random.default_rng(1)
    lists = [[str(word) for word in random.zipf(1.5, random.integers(0, 15))] for _ in range(30)]
    statistic = prepare_self_bleu(TextCollection(lists))
    for _ in range(20):
        subset = random.choice(30, 9, replace=False)
        assert statistic.value(subset) == pytest.approx(np.mean(by_nltk([lists[i] for i in subset], 4)), abs=1e-12)


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from("abcde"), max_size=6), min_size=2, max_size=6).filter(any), st.randoms())
def test_bounds_order_and_duplicates(lists, random):
    value = self_bleu(lists)
    assert 0 <= value <= 1
    assert self_bleu(random.sample(lists, len(lists))) == pytest.approx(value, abs=1e-12)
    # each text then has its copy: precision 1 where it is long enough, and no brevity penalty
    assert self_bleu(lists * 2) >= value - 1e-12


def test_strings_are_tokenised_and_lists_are_not():
    assert self_bleu(["A b, c d.", "a B c d"]) == pytest.approx(1.0)
    assert self_bleu([["A", "b"], ["a", "B"]]) == 0


@settings(deadline=None)
@given(st.lists(st.integers(0, 12), min_size=2, max_size=8))
def test_brevity_penalty_takes_the_closest_other_length(lengths):
    expected = []
    for index, length in enumerate(lengths):
        others = lengths[:index] + lengths[index + 1 :]
        closest = min(others, key=lambda other: (abs(other - length), other))
        expected.append(0.0 if length == 0 else min(1.0, np.exp(1 - closest / length)))
    np.testing.assert_allclose(brevity_penalty(np.array(lengths)), expected, atol=1e-15)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: self_bleu([]), "no texts"),
        (lambda: self_bleu(["one text"]), "at least two texts"),
        (lambda: self_bleu(["", "."]), "No text has a token"),
        (lambda: self_bleu(["a", "b"], 0), "max_order"),
        (lambda: prepare_self_bleu(TextCollection(["a", "b", "c"])).value(np.array([1])), "at least four texts"),
    ],
)
def test_impossible_input_is_refused_in_a_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()
