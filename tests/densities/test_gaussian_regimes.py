"""Gaussians of the three regimes: exact moments against drawing every point, and the fast simulations against both."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from modelcollapse.densities.gaussian import closed_forms as gaussian
from modelcollapse.densities.gaussian.accumulated import simulate_regime, wishart_factor
from modelcollapse.densities.gaussian.regime_moments import (
    REGIMES,
    expected_moments,
    expected_squared_mean_error,
    expected_variance_ratio,
)
from modelcollapse.runtime.seeds import generator


def error_of(values: np.ndarray) -> float:
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))


def fit_plainly(regime: str, samples: int, fits: int, chains: int, ddof: int, random: np.random.Generator):
    """One-dimensional chains by drawing every point; the last fit's mean and variance."""
    mean, sd, pool = np.zeros(chains), np.ones(chains), np.empty((chains, 0))
    for _ in range(fits):
        new = mean[:, None] + sd[:, None] * random.standard_normal((chains, samples))
        pool = np.concatenate([pool, new], axis=1)
        used = new if regime == "replace" else pool
        if regime == "accumulate_subsample":
            used = random.permuted(pool, axis=1)[:, :samples]
        mean, sd = used.mean(axis=1), used.std(axis=1, ddof=ddof)
    return mean, sd**2


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("regime", REGIMES)
def test_moments_by_drawing_every_point(regime, ddof):
    for samples, fits in ((4, 3), (9, 8)):
        mean, variance = fit_plainly(regime, samples, fits, 20_000, ddof, generator("plain", regime, ddof, samples))
        exact = expected_moments(regime, samples, fits, ddof)
        assert abs(variance.mean() - exact.variance[-1]) < 4.5 * error_of(variance)
        assert abs(np.mean(mean**2) - exact.squared_mean_error[-1]) < 4.5 * error_of(mean**2)


def test_numbers_of_the_sheet():
    expected = {10: (2.7e-5, 0.8443, 0.7411), 100: (0.3660, 0.9837, 0.9713), 1000: (0.9048, 0.9984, 0.9971)}
    for samples, (replace, accumulate, drawn) in expected.items():
        assert expected_variance_ratio("replace", samples, 100) == pytest.approx(replace, rel=0.02)
        assert expected_variance_ratio("accumulate", samples, 100) == pytest.approx(accumulate, abs=2e-4)
        assert expected_variance_ratio("accumulate_subsample", samples, 100) == pytest.approx(drawn, abs=2e-4)


def sine_limit(samples: int) -> float:
    """sin(pi/sqrt N) / (pi/sqrt N), Euler's product: what accumulating leaves of the variance."""
    return float(np.sinc(1 / np.sqrt(samples)))


@given(st.integers(2, 2000), st.integers(1, 300))
def test_products_and_sums(samples, fits):
    accumulate = expected_moments("accumulate", samples, fits)
    assert accumulate.variance[-1] == pytest.approx(gaussian.accumulate_variance_ratio(samples, fits), rel=1e-10)
    assert accumulate.variance[-1] > sine_limit(samples)
    replace = expected_moments("replace", samples, fits)
    np.testing.assert_allclose(replace.variance, (1 - 1 / samples) ** np.arange(1, fits + 1), rtol=1e-9)
    for regime in REGIMES:
        moments = expected_moments(regime, samples, fits)
        np.testing.assert_allclose(moments.variance + moments.squared_mean_error, 1, rtol=1e-9)
    unbiased = expected_moments("accumulate", samples, fits, ddof=1)
    later = np.arange(2, fits + 1)
    assert unbiased.variance[-1] == pytest.approx(np.prod(1 - 1 / (later * (later * samples - 1))), rel=1e-10)
    assert expected_squared_mean_error("replace", samples, fits, 1) == pytest.approx(fits / samples)


@given(st.integers(2, 500))
@settings(max_examples=20)
def test_the_accumulated_variance_tends_to_the_sine(samples):
    far = expected_variance_ratio("accumulate", samples, 4000)
    assert far == pytest.approx(sine_limit(samples), rel=3e-4)


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize(("dimension", "samples"), [(3, 10), (4, 5), (5, 4), (2, 30)])
def test_many_dimensions_have_the_moments_of_one(regime, dimension, samples):
    paths = simulate_regime(regime, dimension, samples, 6, 6000, generator("d", regime, dimension), (1, 2, 6))
    moments = expected_moments(regime, samples, 6)
    for row, fit in enumerate(paths.iterations):
        trace, squared = paths.trace_ratio[row], paths.squared_mean_error[row]
        assert abs(trace.mean() - moments.variance[fit - 1]) < 5 * error_of(trace)
        assert abs(squared.mean() - dimension * moments.squared_mean_error[fit - 1]) < 5 * error_of(squared)
    assert np.isinf(paths.log_determinant).all() == (samples <= dimension)


@pytest.mark.parametrize("ddof", [0, 1])
def test_running_scatter_has_the_law_of_drawing_every_point(ddof):
    random, samples, fits, chains = generator("law", ddof), 6, 4, 4000
    pool, factor, mean = np.empty((chains, 0, 2)), np.broadcast_to(np.eye(2), (chains, 2, 2)), np.zeros((chains, 2))
    for fit in range(1, fits + 1):
        new = mean[:, None] + random.standard_normal((chains, samples, 2)) @ factor.swapaxes(1, 2)
        pool = np.concatenate([pool, new], axis=1)
        mean = pool.mean(axis=1)
        centred = pool - mean[:, None]
        covariance = centred.swapaxes(1, 2) @ centred / (fit * samples - ddof)
        factor = np.linalg.cholesky(covariance)
    paths = simulate_regime("accumulate", 2, samples, fits, chains, generator("fast", ddof), (fits,), ddof)
    assert kstest(paths.log_determinant[0], np.linalg.slogdet(covariance)[1]).pvalue > 1e-3
    assert kstest(paths.squared_mean_error[0], np.sum(mean**2, axis=1)).pvalue > 1e-3


@pytest.mark.parametrize(("dimension", "freedom"), [(3, 7), (3, 3), (4, 2)])
def test_the_wishart_factor_also_where_it_is_singular(dimension, freedom):
    random = generator("wishart", dimension, freedom)
    factor = wishart_factor(dimension, freedom, 5000, random)
    assert factor.shape == (5000, dimension, min(dimension, freedom))
    points = random.standard_normal((5000, dimension, freedom))
    for matrices in ((factor, points),):
        fast, plain = (m @ m.swapaxes(1, 2) for m in matrices)
    for i, j in ((0, 0), (0, 1), (dimension - 1, dimension - 1)):
        assert kstest(fast[:, i, j], plain[:, i, j]).pvalue > 1e-3


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: expected_moments("mix", 10, 3), "expected one of replace, accumulate, accumulate_subsample"),
        (lambda: expected_moments("replace", 1, 3), "at least 2"),
        (lambda: expected_moments("replace", 10, 0), "count from 1"),
        (lambda: expected_moments("replace", 10, 3, 2), "ddof must be"),
        (lambda: simulate_regime("mix", 2, 10, 3, 5, generator("x")), "expected one of"),
        (lambda: simulate_regime("replace", 0, 10, 3, 5, generator("x")), "at least one dimension"),
        (lambda: simulate_regime("replace", 2, 10, 3, 5, generator("x"), (4,)), "between 1 and 3"),
    ],
)
def test_impossible_input_is_refused_in_a_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()
