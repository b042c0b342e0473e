"""Intervals against closed forms and simulated coverage; decisions against their definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from modelcollapse.evidence.decisions import Decision, conjunction, decide_difference, decide_equivalence, holm
from modelcollapse.evidence.estimates import fixed
from modelcollapse.evidence.intervals import (
    bootstrap_interval,
    chi_square_distance,
    delete_half_standard_error,
    document_contrast,
    first_step,
    quantile_estimate,
    seed_contrast,
    simulation_estimate,
    slope_over_generations,
    two_sample_contrast,
)


def test_the_crossed_interval_covers_95_percent_where_seeds_alone_cover_77():
    random, trials, seeds, documents = np.random.default_rng(3), 1500, 5, 100
    # documents contribute 2.9 times the variance that seeds do
    seed_spread, document_spread = 0.02, 0.02 * math.sqrt(2.9 * documents / seeds)
    crossed, alone = 0, 0
    for _ in range(trials):
        values = random.normal(0, seed_spread, (seeds, 1)) + random.normal(0, document_spread, documents)
        low_high = document_contrast(values).interval(), seed_contrast(values.mean(axis=1)).interval()
        crossed += low_high[0].low <= 0 <= low_high[0].high
        alone += low_high[1].low <= 0 <= low_high[1].high
    assert crossed / trials == pytest.approx(0.95, abs=0.02)
    assert alone / trials == pytest.approx(0.77, abs=0.04)


def test_one_value_per_seed_gives_students_interval():
    values = [0.1, 0.3, 0.2, 0.5, 0.4]
    interval = seed_contrast(values).interval()
    low, high = stats.t.interval(0.95, 4, loc=np.mean(values), scale=stats.sem(values))
    assert (interval.low, interval.high) == (pytest.approx(low), pytest.approx(high))
    assert seed_contrast(values).p_above(0.0) == pytest.approx(
        stats.ttest_1samp(values, 0, alternative="greater").pvalue
    )


def test_independent_chains_give_welchs_test():
    first, second = [1.0, 2.0, 4.0, 3.0], [0.0, 0.1, 0.3, 0.2, 0.25]
    expected = stats.ttest_ind(first, second, equal_var=False, alternative="greater")
    contrast = two_sample_contrast(first, second)
    assert contrast.p_above(0.0) == pytest.approx(expected.pvalue)
    assert contrast.degrees_of_freedom == pytest.approx(expected.df)


def test_token_weights_weigh_documents():
    values, tokens = np.array([[1.0, 3.0], [2.0, 4.0]]), [1, 3]
    contrast = document_contrast(values, tokens)
    assert contrast.value == pytest.approx(3.0)
    assert contrast.per_replicate == {"0": pytest.approx(2.5), "1": pytest.approx(3.5)}
    with pytest.raises(ValueError, match="2 positive numbers"):
        document_contrast(values, [1, 0])


def test_one_seed_says_nothing():
    estimate = seed_contrast([0.3])
    assert (estimate.interval().low, estimate.interval().high) == (-math.inf, math.inf)
    assert decide_difference(estimate, "above", 0.02).outcome == "inconclusive"


def test_a_jump_after_generation_0_is_no_trend():
    jump = np.array([[0.0, 1.0, 1.0, 1.0, 1.0]] * 5) + np.random.default_rng(0).normal(0, 0.001, (5, 1))
    assert slope_over_generations(jump[:, 1:], [1, 2, 3, 4]).value == pytest.approx(0.0, abs=1e-12)
    assert first_step(jump, range(5)) == pytest.approx(np.ones(5))
    with pytest.raises(ValueError, match="generations >= 1"):
        slope_over_generations(jump, range(5))
    with pytest.raises(ValueError, match="at least 3 generations"):
        slope_over_generations(jump[:, 1:3], [1, 2])


def test_a_slope_with_documents_is_the_slope_of_the_means():
    values = np.random.default_rng(1).normal(size=(5, 4, 30)) + np.arange(4)[:, None] * 0.7
    estimate = slope_over_generations(values, [1, 2, 3, 4])
    by_hand = [np.polyfit([1, 2, 3, 4], seed.mean(axis=1), 1)[0] for seed in values]
    assert list(estimate.per_replicate.values()) == pytest.approx(by_hand)


def test_the_jackknife_finds_the_standard_error_of_a_mean_and_repeats_itself():
    values = np.random.default_rng(2).normal(size=400)
    found = delete_half_standard_error(lambda rows: float(values[rows].mean()), 400, half_samples=2000)
    assert found == pytest.approx(stats.sem(values), rel=0.08)
    assert found == delete_half_standard_error(lambda rows: float(values[rows].mean()), 400, half_samples=2000)


def test_halves_are_drawn_without_replacement():
    sizes = []
    delete_half_standard_error(lambda rows: float(sizes.append(len(set(rows.tolist()))) or 0), 41)
    assert set(sizes) == {20} and len(sizes) == 200
    with pytest.raises(ValueError, match="200 half-samples"):
        delete_half_standard_error(lambda rows: 0.0, 40, half_samples=50)


def test_a_bootstrap_over_few_seeds_is_refused():
    with pytest.raises(ValueError, match="bootstrap over 5 seeds is refused"):
        bootstrap_interval(np.arange(5.0))
    interval = bootstrap_interval(np.random.default_rng(0).normal(size=50))
    assert interval.low < interval.high


def test_the_median_of_20_chains_lies_between_the_6th_and_the_15th():
    interval = quantile_estimate(np.arange(1.0, 21.0)).interval()
    # exact 95 % interval of the median for n = 20: coverage 95.9 %
    assert (interval.low, interval.high) == (6.0, 15.0)
    few = quantile_estimate([1.0, 2.0, 3.0]).interval()
    assert (few.low, few.high) == (-math.inf, math.inf)


def test_the_interval_of_a_quantile_is_the_inversion_of_its_test():
    estimate = quantile_estimate(np.random.default_rng(4).normal(size=23))
    interval = estimate.interval()
    assert estimate.p_above(interval.low - 1e-9) <= 0.025 < estimate.p_above(interval.low + 1e-9)
    assert estimate.p_below(interval.high + 1e-9) <= 0.025 < estimate.p_below(interval.high - 1e-9)


def test_chi_square_distance_knows_that_noise_is_positive():
    random, q = np.random.default_rng(5), np.array([0.5, 0.3, 0.2])
    same = chi_square_distance(random.multinomial(40_000, q) / 40_000, q, 40_000)
    other = chi_square_distance([0.4, 0.3, 0.3], q, 40_000)
    few = chi_square_distance(random.multinomial(100, q) / 100, q, 100)
    assert same.value > 0
    outcomes = [decide_equivalence(estimate, 0.05).outcome for estimate in (same, other, few)]
    assert outcomes == ["holds", "fails", "inconclusive"]
    assert other.p_above(0.0) == pytest.approx(
        stats.chisquare(40_000 * np.array([0.4, 0.3, 0.3]), 40_000 * q).pvalue, abs=1e-12
    )


@pytest.mark.parametrize(
    ("value", "error", "outcome"),
    [(0.1, 0.01, "holds"), (-0.1, 0.01, "fails"), (0.0, 0.001, "fails"), (0.0, 0.1, "inconclusive")],
)
def test_a_difference_holds_fails_or_stays_open(value, error, outcome):
    """A precise null contradicts a claimed difference; a noisy one says nothing."""
    decision = decide_difference(simulation_estimate(value, error, 1000), "above", 0.02)
    assert decision.outcome == outcome
    assert (decision.minimum_detectable_effect is not None) == (outcome == "inconclusive")


def test_a_significant_difference_below_the_margin_does_not_hold():
    assert decide_difference(simulation_estimate(0.015, 0.004, 1000), "above", 0.02).outcome == "inconclusive"


def test_the_minimum_detectable_effect_is_found_with_80_percent_power():
    noise = simulation_estimate(0.0, 0.1, 1000)
    effect = noise.minimum_detectable_effect()
    drawn = np.random.default_rng(6).normal(effect, 0.1, 4000)
    found = np.mean([simulation_estimate(x, 0.1, 1000).interval().low > 0 for x in drawn])
    assert found == pytest.approx(0.8, abs=0.02)


def test_a_difference_is_found_by_chance_in_5_percent_at_most():
    random = np.random.default_rng(7)
    outcomes = [decide_difference(seed_contrast(random.normal(0, 1, 5)), "above", 0.0).outcome for _ in range(2000)]
    assert outcomes.count("holds") / 2000 == pytest.approx(0.025, abs=0.012)


def test_conjunctions_need_every_part_and_one_of_many_failures_may_be_chance():
    holds, other = Decision("holds", 0.01), Decision("holds", 0.03)
    assert conjunction([holds, other]) == Decision("holds", 0.03)
    assert conjunction([holds, Decision("inconclusive", 0.4, 0.2)]) == Decision("inconclusive", 0.4, 0.2)
    assert conjunction([holds, Decision("fails", 0.001)]).outcome == "fails"
    assert conjunction([holds, Decision("fails", 0.04)]).outcome == "inconclusive"
    assert conjunction([holds, Decision("fails", None)]).outcome == "fails"
    with pytest.raises(ValueError, match="at least one part"):
        conjunction([])


def test_a_number_without_chance_is_decided_by_its_value():
    assert decide_equivalence(fixed(0.019), 0.02).outcome == "holds"
    assert decide_equivalence(fixed(0.021), 0.02).outcome == "fails"


def test_holm_on_the_textbook_case():
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([1.2])
