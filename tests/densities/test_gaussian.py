"""The 1-D Gaussian formulas against independent truth: simulation with points, chi-square laws, the paper's numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, kstest

from modelcollapse.densities.gaussian import closed_forms as gaussian
from modelcollapse.densities.gaussian.refitted_chains import (
    simulate_fixed_draw,
    simulate_pool,
    simulate_refits,
    simulate_refits_with_points,
)
from modelcollapse.runtime.seeds import generator

SHEET = [
    # M, fits, exact E[W2^2], 3/2 k/M, 1 + k/M
    (100, 10, 0.1499, 0.1500, 1.1),
    (1000, 100, 0.1494, 0.1500, 1.1),
    (100, 100, 1.4463, 1.500, 2.0),
    (20, 50, 3.4638, 3.750, 3.5),
]


@pytest.mark.parametrize(("samples", "fits", "exact", "published", "spread"), SHEET)
def test_the_sheets_table_of_formulas(samples, fits, exact, published, spread):
    sizes = [samples] * fits
    assert gaussian.expected_risk(sizes) == pytest.approx(exact, abs=6e-5)
    assert gaussian.expected_risk_paper(sizes) == pytest.approx(published)
    assert gaussian.variance_of_sample(sizes) == pytest.approx(spread)


@pytest.mark.parametrize(
    ("samples", "fits", "replicates"), [(100, 10, 40_000), (1000, 100, 10_000), (100, 100, 40_000)]
)
@pytest.mark.parametrize("ddof", [0, 1])
def test_simulation_agrees_with_the_formulas(samples, fits, replicates, ddof):
    paths = simulate_refits([samples] * fits, replicates, generator("test", samples, fits, ddof), ddof=ddof)
    mean, variance = paths.mean[0], paths.variance[0]
    sizes = [samples] * fits
    risk = gaussian.wasserstein2_squared(mean, np.sqrt(variance))
    expected = [
        (risk, gaussian.expected_risk(sizes, ddof=ddof)),
        (variance, gaussian.expected_variance(sizes, ddof=ddof)),
        (mean**2, gaussian.variance_of_mean(sizes, ddof=ddof)),
        (variance + mean**2, gaussian.variance_of_sample(sizes, ddof=ddof)),
        (np.sqrt(variance), gaussian.expected_sd(sizes, ddof=ddof)),
        (np.log(variance), gaussian.expected_log_variance(sizes, ddof=ddof)),
    ]
    for values, exact in expected:
        assert abs(values.mean() - exact) < 4 * values.std() / math.sqrt(replicates)
    for probability in (0.05, 0.5, 0.95):
        quantile = gaussian.variance_quantile(probability, sizes, ddof=ddof)
        assert np.mean(variance <= quantile) == pytest.approx(probability, abs=4 * 0.5 / math.sqrt(replicates))


@pytest.mark.parametrize("ddof", [0, 1])
def test_drawing_two_numbers_has_the_law_of_drawing_the_points(ddof):
    sizes = [5, 8, 13]
    fast = simulate_refits(sizes, 6000, generator("fast", ddof), ddof=ddof, variance=2.0)
    slow = simulate_refits_with_points(sizes, 6000, generator("slow", ddof), ddof=ddof, variance=2.0)
    assert kstest(fast.mean[0], slow.mean[-1]).pvalue > 0.001
    assert kstest(fast.variance[0], slow.variance[-1]).pvalue > 0.001


def test_unequal_sizes_and_another_variance():
    sizes = [10, 40, 20]
    assert gaussian.variance_of_mean(sizes, 4.0) == pytest.approx(4 * (0.1 + 0.025 + 0.05))
    c4 = math.prod(float(gaussian.c4(size)) for size in sizes)
    assert gaussian.expected_risk(sizes, 4.0) == pytest.approx(4 * (0.175 + 2 * (1 - c4)))


@given(st.lists(st.integers(2, 10_000), max_size=20), st.floats(0.01, 100))
def test_risk_is_non_negative_scales_with_the_variance_and_grows(sizes, variance):
    risk = gaussian.expected_risk(sizes, variance)
    assert risk == pytest.approx(variance * gaussian.expected_risk(sizes))
    assert 0 <= risk < gaussian.expected_risk([*sizes, 50], variance)


def test_the_first_order_form_is_within_two_percent_where_claim_t4_says_so():
    for samples in (100, 300, 1000, 10_000):
        for fits in range(1, samples // 10 + 1, 9):
            exact, published = (
                formula([samples] * fits) for formula in (gaussian.expected_risk, gaussian.expected_risk_paper)
            )
            assert published == pytest.approx(exact, rel=0.02)


def test_c4_known_values_and_continuity_where_the_series_begins():
    assert gaussian.c4(2) == pytest.approx(math.sqrt(2 / math.pi))
    assert gaussian.c4(10) == pytest.approx(0.9726592741, abs=1e-10)
    for size in (99, 100, 101, 102):
        direct = math.sqrt(2 / (size - 1)) * math.exp(math.lgamma(size / 2) - math.lgamma((size - 1) / 2))
        assert gaussian.c4(size) == pytest.approx(direct, rel=1e-12)


@pytest.mark.parametrize("samples", [2, 3, 10, 1000])
def test_quantiles_after_one_fit_are_those_of_the_chi_square(samples):
    for probability in (0.01, 0.5, 0.95):
        exact = chi2.ppf(probability, samples - 1) / (samples - 1)
        assert gaussian.variance_quantile(probability, [samples]) == pytest.approx(exact, rel=1e-8)


def test_the_typical_variance_collapses_at_the_sheets_rate():
    assert gaussian.expected_log_variance([100]) == pytest.approx(-1 / 99, rel=0.01)
    assert gaussian.expected_log_variance([100], ddof=0) == pytest.approx(-2 / 100, rel=0.02)
    assert gaussian.median_variance(100, 500) == pytest.approx(math.exp(-500 / 99), rel=0.03)


def test_the_notebooks_loop_has_the_sheets_medians():
    for samples, median, low, high in [
        (100, 4.5e-5, 1.1e-6, 1.5e-3),
        (500, 0.136, 0.027, 0.68),
        (1000, 0.362, 0.115, 1.14),
        (10_000, 0.909, 0.63, 1.28),
    ]:
        sizes = np.full(1000, samples)
        quantiles = [math.sqrt(gaussian.variance_quantile(p, sizes, ddof=0)) for p in (0.05, 0.5, 0.95)]
        # the reference values come from 2,000 chains: an error of about 4 % of the spread of ln sigma
        tolerance = 0.16 * math.sqrt(500 / samples)
        assert np.abs(np.log(np.array([low, median, high]) / quantiles)).max() < tolerance


def test_single_fits_have_the_notebooks_mean_and_spread():
    saved = {
        10: (0.9206, 0.2212),
        30: (0.9831, 0.1320),
        100: (0.9916, 0.0676),
        500: (0.9978, 0.0310),
        1000: (0.9995, 0.0222),
    }
    for samples, (mean, sd) in saved.items():
        spread = gaussian.sd_of_fitted_sd(samples)
        assert abs(gaussian.expected_fitted_sd(samples) - mean) < 4 * spread / math.sqrt(1000)
        assert sd == pytest.approx(spread, rel=4 / math.sqrt(2000))
    assert gaussian.sd_of_fitted_sd(10**7) == pytest.approx(1 / math.sqrt(2 * 10**7), rel=1e-6)


def test_growth_of_the_sample_size_decides_on_a_finite_risk():
    sums = {
        p: [float(np.sum(1 / gaussian.growing_sample_sizes(100, n, p))) for n in (100, 200, 400)]
        for p in (0.0, 1.0, 1.5)
    }
    increments = {p: (late - middle) / (middle - early) for p, (early, middle, late) in sums.items()}
    assert increments[0.0] == pytest.approx(2)
    assert increments[1.0] == pytest.approx(1, abs=0.01)
    assert increments[1.5] == pytest.approx(2**-0.5, abs=0.01)


def test_pooling_follows_the_product_and_its_limit():
    assert gaussian.accumulate_variance_ratio(10, 0) == 1
    assert gaussian.accumulate_variance_ratio(10, 1) == pytest.approx(0.9)
    limit = math.sin(math.pi / math.sqrt(10)) / (math.pi / math.sqrt(10))
    assert gaussian.accumulate_variance_ratio(10, 100_000) == pytest.approx(limit, rel=1e-5)
    paths = simulate_pool(10, 50, 20_000, generator("pool"))
    exact = gaussian.accumulate_variance_ratio(10, 50)
    assert abs(paths.variance[0].mean() - exact) < 4 * paths.variance[0].std() / math.sqrt(20_000)
    squares = paths.mean[0] ** 2
    assert abs(squares.mean() - (1 - exact)) < 4 * squares.std() / math.sqrt(20_000)


@pytest.mark.parametrize("ddof", [0, 1])
def test_the_pools_recursion_has_the_law_of_keeping_every_point(ddof):
    random, fitted = generator("pool points", ddof), []
    for _ in range(1500):
        mean, sd, pool = 0.0, 1.0, np.empty(0)
        for _ in range(4):
            pool = np.concatenate([pool, mean + sd * random.standard_normal(6)])
            mean, sd = pool.mean(), pool.std(ddof=ddof)
        fitted.append((mean, sd**2))
    paths = simulate_pool(6, 4, 6000, generator("pool recursion", ddof), ddof=ddof)
    assert kstest(paths.mean[0], np.array(fitted)[:, 0]).pvalue > 0.001
    assert kstest(paths.variance[0], np.array(fitted)[:, 1]).pvalue > 0.001


def test_a_fixed_size_draw_has_the_law_of_a_random_subset_of_all_points():
    random, fitted = generator("draw points"), []
    for _ in range(1500):
        mean, sd, pool = 0.0, 1.0, np.empty(0)
        for _ in range(12):
            pool = np.concatenate([pool, mean + sd * random.standard_normal(5)])
            drawn = random.choice(pool, 5, replace=False)
            mean, sd = drawn.mean(), drawn.std()
        fitted.append((mean, sd))
    paths = simulate_fixed_draw(5, 12, 4000, generator("draw"))
    assert kstest(paths.mean[0], np.array(fitted)[:, 0]).pvalue > 0.001
    assert kstest(np.sqrt(paths.variance[0]), np.array(fitted)[:, 1]).pvalue > 0.001


def test_all_data_drift_less_than_a_draw_and_a_draw_less_than_the_last_sample():
    errors = [
        np.mean(simulate(generator(name)).mean[0] ** 2)
        for name, simulate in {
            "pool": lambda random: simulate_pool(100, 200, 200, random),
            "draw": lambda random: simulate_fixed_draw(100, 200, 200, random),
            "replace": lambda random: simulate_refits([100] * 200, 200, random, ddof=0),
        }.items()
    ]
    assert errors == sorted(errors)


def test_recorded_generations_belong_to_the_same_chains():
    paths = simulate_refits([50] * 5, 10, generator("record"), record=[0, 2, 5])
    assert paths.generations.tolist() == [0, 2, 5]
    assert np.all(paths.mean[0] == 0) and np.all(paths.variance[0] == 1)
    again = simulate_refits([50] * 5, 10, generator("record"), record=[5])
    np.testing.assert_array_equal(again.mean[0], paths.mean[2])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: gaussian.expected_risk([1]), "at least 2"),
        (lambda: gaussian.expected_risk([100, math.nan]), "at least 2"),
        (lambda: gaussian.expected_risk([2.5]), "whole number"),
        (lambda: gaussian.expected_risk(100), "list of whole numbers"),
        (lambda: gaussian.expected_risk([100], -1.0), "positive number"),
        (lambda: gaussian.expected_risk([100], math.nan), "positive number"),
        (lambda: gaussian.expected_risk([100], ddof=2), "ddof"),
        (lambda: gaussian.expected_risk_paper([100], 0.0), "positive number"),
        (lambda: gaussian.accumulate_variance_ratio(0, 3), "at least 1"),
        (lambda: gaussian.accumulate_variance_ratio(10, -1), "at least 0"),
        (lambda: gaussian.variance_quantile(1.0, [10]), "between"),
        (lambda: gaussian.growing_sample_sizes(100, 5, -1.0), "exponent"),
        (lambda: gaussian.wasserstein2_squared(np.zeros(1), -np.ones(1)), "negative"),
        (lambda: simulate_refits([10], 0, generator("x")), "chains"),
        (lambda: simulate_refits([10], 5, generator("x"), record=[2]), "between 0 and 1"),
        (lambda: simulate_pool(1, 5, 5, generator("x")), "at least 2"),
        (lambda: simulate_fixed_draw(5, 5, 5, generator("x"), ddof=3), "ddof"),
    ],
)
def test_impossible_input_is_refused_in_a_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()
