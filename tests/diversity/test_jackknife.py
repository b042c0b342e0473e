"""The delete-half jackknife against closed forms and against the spread over fresh samples."""

from __future__ import annotations

import numpy as np
import pytest

from modelcollapse.diversity.collection import TextCollection
from modelcollapse.diversity.jackknife import MeasuredValue, half_samples, jackknife, jackknife_difference
from modelcollapse.diversity.lexical.measures.self_bleu import prepare_self_bleu
from modelcollapse.diversity.lexical.measures.self_repetition import prepare_self_repetition
from modelcollapse.diversity.lexical.per_text import RatioOfSums
from modelcollapse.diversity.lexical.pooled import prepare_distinct_n, prepare_hapax_share
from modelcollapse.diversity.vendi import prepare_ngram_vendi_score


def mean_of(values):
    return RatioOfSums(np.asarray(values, dtype=float), np.ones(len(values)), "nothing")


def topical_texts(random, count=120, words=25):
    """Texts about one of thirty topics each: words of a text are more alike than those of different texts."""
    shares = 1 / np.arange(1, 201)
    texts = []
    for _ in range(count):
        common = random.choice(200, words, p=shares / shares.sum())
        topic = 200 + 20 * random.integers(30) + random.integers(0, 20, words)
        texts.append([str(word) for word in np.where(random.random(words) < 0.7, common, topic)])
    return texts


@pytest.mark.parametrize("count", [50, 51])
def test_the_error_of_a_mean_is_the_textbooks(count):
    values = np.random.default_rng(0).exponential(size=count)
    estimate = jackknife(mean_of(values), 4000)
    assert estimate.value == pytest.approx(values.mean())
    # without replacement the variance of a half's mean is s^2 (1/m - 1/n), so that m/(n-m) of it is s^2/n
    assert estimate.standard_error == pytest.approx(values.std(ddof=1) / np.sqrt(count), rel=0.05)
    low, high = estimate.interval(0.95)
    assert (low + high) / 2 == pytest.approx(estimate.value)
    assert high - low == pytest.approx(2 * 2.01 * estimate.standard_error, rel=0.01)


def test_pairs_cancel_what_they_share():
    random = np.random.default_rng(1)
    shared, noise = random.normal(size=80), random.normal(scale=0.1, size=80)
    first, second = mean_of(shared), mean_of(shared + 0.5 + noise)
    paired = jackknife_difference(first, second, paired=True, count=3000)
    assert paired.value == pytest.approx(0.5 + noise.mean())
    assert paired.standard_error == pytest.approx(noise.std(ddof=1) / np.sqrt(80), rel=0.06)
    unpaired = jackknife_difference(first, second, count=3000)
    expected = np.sqrt((shared.var(ddof=1) + (shared + noise).var(ddof=1)) / 80)
    assert unpaired.value == pytest.approx(paired.value)
    assert unpaired.standard_error == pytest.approx(expected, rel=0.06)


@pytest.mark.parametrize(
    "prepare",
    [
        lambda texts, seed: prepare_distinct_n(texts, 1, 1000, seed),
        lambda texts, seed: prepare_distinct_n(texts, 2, 1000, seed),
        lambda texts, seed: prepare_hapax_share(texts, 1000, seed),
        lambda texts, seed: prepare_self_bleu(texts, 2),
        lambda texts, seed: prepare_self_repetition(texts, 2),
        lambda texts, seed: prepare_ngram_vendi_score(texts, (1,)),
    ],
    ids=["type_token_ratio", "distinct_2", "hapax_share", "self_bleu", "self_repetition", "vendi"],
)
def test_the_error_is_the_spread_over_fresh_samples(prepare):
    estimates = [
        jackknife(prepare(TextCollection(topical_texts(np.random.default_rng([7, sample]))), sample), 40, sample)
        for sample in range(60)
    ]
    spread = np.std([estimate.value for estimate in estimates], ddof=1)
    claimed = np.sqrt(np.mean([estimate.standard_error**2 for estimate in estimates]))
    # the spread of 60 values is itself uncertain by 9 %
    assert 0.7 < claimed / spread < 1.4


def test_half_samples_are_distinct_halves_that_a_seed_repeats():
    halves = half_samples(11, 30, seed=4)
    assert all(len(set(half.tolist())) == 5 and half.max() < 11 for half in halves)
    assert len({tuple(half.tolist()) for half in halves}) > 20
    assert all(np.array_equal(one, other) for one, other in zip(halves, half_samples(11, 30, seed=4), strict=True))
    assert not np.array_equal(halves[0], half_samples(11, 30, seed=5)[0])


def test_no_half_samples_give_the_value_alone():
    estimate = jackknife(mean_of([1.0, 2.0]), 0)
    assert estimate.value == 1.5 and np.isnan(estimate.standard_error)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: jackknife(mean_of([1.0, 2.0, 3.0])), "at least 4 texts, not 3"),
        (lambda: jackknife(mean_of(np.arange(9)), 1), "at least two half-samples"),
        (lambda: jackknife_difference(mean_of(np.arange(5)), mean_of(np.arange(6))), "same number from both"),
        (lambda: MeasuredValue(1.0, 0.1, 9).interval(95), "between 0 and 1"),
    ],
)
def test_impossible_input_is_refused_in_a_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()
