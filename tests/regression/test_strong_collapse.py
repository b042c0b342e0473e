"""Theorems 1 and 2 against the fixed point of the paper, closed forms, independent numbers and simulated designs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import fsolve

from modelcollapse.regression.ridge import effective_ridge as fixed_point
from modelcollapse.regression.ridge import projected_ridge as projections
from modelcollapse.regression.ridge.designs import (
    ProjectionDesign,
    nested_moments,
    plain_ridge_error,
    ridge_parts,
    wishart,
)
from modelcollapse.regression.ridge.effective_ridge import effective_ridge
from modelcollapse.regression.ridge.exact_forms import (
    crossover_samples,
    exact_ridgeless,
    floor,
    isotropic_random_projections_ridgeless,
    isotropic_ridgeless,
)
from modelcollapse.regression.ridge.projected_ridge import projected_ridge
from modelcollapse.regression.ridge.spectra import isotropic, label_shift, named_spectrum, power_law, signal_prior
from modelcollapse.regression.strong_collapse import random_projections, ridge
from modelcollapse.runtime.seeds import generator

PARTS = ("bias", "variance", "zeta")


def close(found, expected, rel=1e-8):
    for part in PARTS:
        np.testing.assert_allclose(getattr(found, part), getattr(expected, part), rtol=rel, atol=1e-12)


def test_the_normalisation_gives_the_quality_and_the_signal():
    spectrum = power_law(40)
    random = generator("normalisation")
    shift = np.sqrt(label_shift(spectrum, 0.5)) * random.standard_normal((40_000, 40))
    truth = np.sqrt(signal_prior(spectrum, 2.0)) * random.standard_normal((40_000, 40))
    assert np.mean(shift**2 @ spectrum) == pytest.approx(0.5, rel=0.01)
    assert np.mean(truth**2 @ spectrum) == pytest.approx(2.0, rel=0.03)


def test_expected_numbers_of_the_isotropic_table():
    error = ridge(isotropic(100), [200, 1e3, 1e4, 1e7], 0.01, 1.0, 0.25, 0.0).total
    np.testing.assert_allclose(error, [0.26, 0.02898, 2.725e-3, 1.026e-4], rtol=2e-4)


def test_expected_numbers_of_the_width_table():
    widths = [25, 100, 250, 400, 475, 600, 1000, 2500, 10000]
    error = random_projections(isotropic(600), 500, widths, 0.1, 1.0, 0.1, 1e-6).total
    expected = [1.0197, 1.0929, 1.3667, 2.4464, 7.7951, 2.9154, 1.4832, 1.2146, 1.1439]
    np.testing.assert_allclose(error, expected, atol=6e-5)


def test_the_best_width_shrinks_as_quality_falls():
    widths = np.array([50, 100, 200, 300, 400, 450, 490, 500, 510, 550, 600, 800, 1200, 2400, 6000])
    best = [
        widths[np.argmin(random_projections(power_law(600), 500, widths, 0.5, quality, 0.01, 1e-3).total)]
        for quality in (0.0, 0.1, 0.5, 1.0)
    ]
    assert best[:2] == [6000, 2400]
    assert best[2] in (550, 600, 800)
    assert best[3] in (300, 400)


@pytest.mark.parametrize(("samples", "width"), [(150, 40), (150, 400), (60, 100), (400, 30)])
def test_random_projections_solve_the_papers_fixed_point(samples, width):
    """Definition 2: e, tau and u, omega from their own four equations."""
    spectrum, penalty = power_law(80), 0.02
    d = spectrum.size
    psi, gamma = width / samples, width / d

    def equations(logs):
        e, tau = np.exp(logs)
        inverse = 1 / (gamma * tau * e * spectrum + penalty)
        first = 1 / e - 1 - psi * tau * np.mean(spectrum * inverse)
        return [first, 1 / tau - 1 - np.mean(e * spectrum * inverse)]

    point = projected_ridge(spectrum, samples, width, penalty)
    theta = float(point.theta)
    df1 = np.sum(spectrum / (spectrum + theta))
    e, tau = np.exp(fsolve(equations, np.log([1 - df1 / samples, 1 - df1 / width]), xtol=1e-13))
    assert theta == pytest.approx(penalty / (gamma * tau * e), rel=1e-8)
    squared = 1 / (gamma * tau * e * spectrum + penalty) ** 2

    def linear(values):
        u, omega = values
        lifted = (1 + u) * spectrum
        right_u = psi * e**2 * np.mean(spectrum * (gamma * tau**2 * lifted + omega) * squared)
        right_omega = tau**2 * np.mean((gamma * omega * (e * spectrum) ** 2 + penalty**2 * lifted) * squared)
        return [u - right_u, omega - right_omega]

    u, omega = fsolve(linear, [float(point.u), float(point.omega) * gamma * tau**2], xtol=1e-13)
    assert float(point.u) == pytest.approx(u, rel=1e-7)
    assert float(point.omega) == pytest.approx(omega / (gamma * tau**2), rel=1e-7)


@given(
    n=st.integers(2, 500),
    p2=st.floats(0, 1),
    penalty=st.floats(1e-6, 10),
    quality=st.floats(0, 3),
    name=st.sampled_from(["isotropic", "power_law"]),
)
@settings(max_examples=60, deadline=None)
def test_infinite_width_is_the_classical_model(n, p2, penalty, quality, name):
    spectrum = named_spectrum(name, 50)
    width = 1e11
    wide = random_projections(spectrum, n, width, p2, quality, 0.3, penalty * width / 50)
    close(wide, ridge(spectrum, n, p2, quality, 0.3, penalty), rel=1e-5)


@given(n=st.integers(1, 300), m=st.integers(1, 300), p2=st.floats(0, 1), penalty=st.floats(0, 5))
@settings(max_examples=80, deadline=None)
def test_parts_are_finite_and_not_negative_or_refused(n, m, p2, penalty):
    spectrum = power_law(60)
    if penalty == 0 and min(m, 60) == n:
        with pytest.raises(ValueError, match="diverges"):
            random_projections(spectrum, n, m, p2, 1.0, 1.0, penalty)
        return
    found = random_projections(spectrum, n, m, p2, 1.0, 1.0, penalty)
    for part in PARTS:
        assert np.isfinite(getattr(found, part))
        assert getattr(found, part) >= 0


@given(n=st.integers(3, 200), p2=st.floats(0, 1), penalty=st.floats(1e-4, 2))
@settings(max_examples=40, deadline=None)
def test_no_synthetic_data_and_perfect_ones_add_nothing_and_zeta_has_its_floor(n, p2, penalty):
    spectrum = power_law(40)
    assert ridge(spectrum, n, p2, 0.0, 1.0, penalty).zeta == 0
    assert ridge(spectrum, n, 0.0, 1.0, 1.0, penalty).zeta == 0
    kappa = float(effective_ridge(spectrum, n, penalty))
    bound = p2**2 * np.sum(label_shift(spectrum) * spectrum**3 / (spectrum + kappa) ** 2)
    assert ridge(spectrum, n, p2, 1.0, 1.0, penalty).zeta >= bound * (1 - 1e-12)


def test_effective_ridge_is_the_root_for_a_whole_grid():
    spectrum = power_law(70)
    n, penalty = np.meshgrid([10.0, 69.0, 71.0, 1e4], [0.0, 1e-9, 1e-2, 10.0])
    kappa = effective_ridge(spectrum, n, penalty)
    df1 = np.sum(spectrum / (spectrum + kappa[..., None]), axis=-1)
    np.testing.assert_allclose(kappa - penalty, kappa * df1 / n, rtol=1e-9, atol=1e-14)
    assert np.all(kappa >= penalty)
    assert np.all(kappa[0, n[0] > 70] == 0)
    assert np.all(kappa[0, n[0] < 70] > 0)


@pytest.mark.parametrize("width", [None, 30, 200])
def test_a_grid_gives_what_single_calls_give(width):
    spectrum = power_law(50)
    n, p2 = np.meshgrid([20, 80, 300], [0.1, 0.9])
    model = ridge if width is None else random_projections
    sizes = (lambda count: (count,)) if width is None else (lambda count: (count, width))
    grid = model(spectrum, *sizes(n), p2, 0.7, 0.2, 0.05, 1.5, synthetic_noise_variance=0.4)
    for place in np.ndindex(n.shape):
        one = model(spectrum, *sizes(n[place]), p2[place], 0.7, 0.2, 0.05, 1.5, synthetic_noise_variance=0.4)
        assert isinstance(one.total, float)
        assert grid.total[place] == pytest.approx(one.total, rel=1e-10)


@pytest.mark.parametrize("samples", [40, 99, 101, 5000])
def test_closed_form_of_the_classical_model(samples):
    close(
        isotropic_ridgeless(100, samples, 0.3, 0.7, 0.2, 1.3),
        ridge(isotropic(100), samples, 0.3, 0.7, 0.2, 0.0, 1.3),
        1e-7,
    )


@pytest.mark.parametrize(("samples", "width"), [(80, 30), (80, 95), (80, 500), (300, 50), (300, 150), (300, 100)])
def test_closed_form_of_random_projections(samples, width):
    mixture = (0.3, 0.7, 0.2)
    found = isotropic_random_projections_ridgeless(100, samples, width, *mixture, 1.3)
    close(found, random_projections(isotropic(100), samples, width, *mixture, 0.0, 1.3), 1e-7)


def test_exact_mean_of_least_squares_whatever_the_covariance():
    d, n, n2, replicates = 6, 14, 5, 12_000
    spectrum = power_law(d)
    found = []
    for replicate in range(replicates):
        synthetic, total = nested_moments(generator("exact", replicate), [n2], n, spectrum)
        (parts,) = ridge_parts(total, synthetic, n, spectrum, 0.0)
        found.append((parts.variance, parts.zeta))
    mean, error = np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(replicates)
    exact = exact_ridgeless(d, n, n2, 1.0, 1.0)
    assert np.all(np.abs(mean - (exact.variance, exact.zeta)) < 4 * error)
    limit = isotropic_ridgeless(d, n, n2 / n, 1.0, 1.0)
    assert np.all(np.abs(mean - (limit.variance, limit.zeta)) > 4 * error)


def test_exact_mean_has_its_limits():
    assert exact_ridgeless(10, 100, 100, 1.0, 0.0).zeta == pytest.approx(1.0)
    assert exact_ridgeless(10, 100, 0, 1.0, 0.5).total == pytest.approx(0.5 * 10 / 89)
    big, share = 10**7, 0.2
    close(exact_ridgeless(50, big, share * big, 1.0, 1.0), isotropic_ridgeless(50, big, share, 1.0, 1.0), 1e-5)


def test_floor_and_crossover():
    n = crossover_samples(100, 0.01, 1.0, 0.25)
    assert n == pytest.approx(2.5e5)
    ratio = isotropic_ridgeless(100, n, 0.01, 1.0, 0.25).total / isotropic_ridgeless(100, n, 0.0, 1.0, 0.25).total
    assert ratio == pytest.approx(2 + 0.01 * 0.99 / 0.25, rel=1e-3)
    assert isotropic_ridgeless(100, 1e12, 0.3, 0.5, 0.25).total == pytest.approx(floor(0.3, 0.5), rel=1e-6)
    with pytest.raises(ValueError, match="no floor"):
        crossover_samples(100, 0.0, 1.0, 0.25)


def test_bartletts_wishart_has_the_moments_of_drawn_samples():
    drawn = np.array([wishart(generator("wishart", k), 12, 4) for k in range(6000)])
    np.testing.assert_allclose(drawn.mean(axis=0), 12 * np.eye(4), atol=0.3)
    # Var(W_ij) = n (1 + [i = j])
    np.testing.assert_allclose(drawn.var(axis=0), 12 * (1 + np.eye(4)), rtol=0.12)
    few = wishart(generator("few"), 3, 5)
    assert np.linalg.matrix_rank(few) == 3


@pytest.mark.parametrize(("name", "samples", "penalty"), [("isotropic", 60, 0.1), ("power_law", 240, 0.02)])
def test_averaged_designs_agree_with_theorem_1(name, samples, penalty):
    spectrum, n2 = named_spectrum(name, 120), samples // 2
    found = []
    for replicate in range(60):
        synthetic, total = nested_moments(generator(name, replicate), [n2], samples, spectrum)
        (parts,) = ridge_parts(total, synthetic, samples, spectrum, penalty)
        found.append((parts.bias, parts.variance, parts.zeta))
    theory = ridge(spectrum, samples, 0.5, 1.0, 1.0, penalty)
    mean, error = np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(60)
    expected = np.array([theory.bias, theory.variance, theory.zeta])
    assert np.all(np.abs(mean - expected) < 4 * error + 0.02 * expected)


@pytest.mark.parametrize("width", [40, 100, 400])
def test_averaged_designs_agree_with_theorem_2_at_every_width(width):
    spectrum = power_law(100)
    found = []
    for replicate in range(60):
        random = generator("projections", width, replicate)
        ((parts, _),) = ProjectionDesign.draw(random, 80, spectrum).parts(random, width, [0.02], [40, 8])
        found.append((parts.bias, parts.variance, parts.zeta))
    theory = random_projections(spectrum, 80, width, 0.5, 1.0, 1.0, 0.02)
    mean, error = np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(60)
    expected = np.array([theory.bias, theory.variance, theory.zeta])
    assert np.all(np.abs(mean - expected) < 4 * error + 0.02 * expected)


def test_the_average_over_signal_shift_and_noise_is_exact_on_one_design():
    """Hand-made estimator on a fixed design, labels redrawn: its mean error is the design's parts."""
    spectrum, n, n2, penalty, quality, noise = power_law(8), 12, 5, 0.05, 0.6, 0.3
    random = generator("one design")
    features = random.standard_normal((n, 8)) * np.sqrt(spectrum)
    (parts,) = ridge_parts(features.T @ features, [features[-n2:].T @ features[-n2:]], n, spectrum, penalty)
    fit = np.linalg.solve(features.T @ features + n * penalty * np.eye(8), features.T)
    errors = []
    for _ in range(20_000):
        truth = np.sqrt(signal_prior(spectrum)) * random.standard_normal(8)
        shift = np.sqrt(label_shift(spectrum, quality)) * random.standard_normal(8)
        labels = features @ truth + np.sqrt(noise) * random.standard_normal(n)
        labels[-n2:] += features[-n2:] @ shift
        errors.append(spectrum @ (fit @ labels - truth) ** 2)
    expected = parts.bias + noise * parts.variance + quality * parts.zeta
    assert np.mean(errors) == pytest.approx(expected, abs=4 * np.std(errors) / np.sqrt(len(errors)))


def test_plain_simulations_agree_with_theory():
    spectrum = power_law(40)
    errors = [
        plain_ridge_error(generator("plain", k), 100, 30, spectrum, 0.5, 0.2, 0.05, 1.0, width=60) for k in range(600)
    ]
    expected = random_projections(spectrum, 100, 60, 0.3, 0.5, 0.2, 0.05).total
    assert np.mean(errors) == pytest.approx(expected, abs=4 * np.std(errors) / np.sqrt(600) + 0.03 * expected)


SPECTRUM = isotropic(30)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ridge(SPECTRUM, 30, 0.5, 1, 1, 0.0), "diverges"),
        (lambda: random_projections(SPECTRUM, 20, 20, 0.5, 1, 1, 0.0), "diverges"),
        (lambda: random_projections(SPECTRUM, 30, 90, 0.5, 1, 1, 0.0), "diverges"),
        (lambda: isotropic_ridgeless(30, [20, 30], 0.5, 1, 1), "diverges"),
        (lambda: isotropic_random_projections_ridgeless(30, 20, 20, 0.5, 1, 1), "diverges"),
        (lambda: exact_ridgeless(30, 31, 3, 1, 1), "more than 31 samples"),
        (lambda: exact_ridgeless(30, 100, 101, 1, 1), "more synthetic samples"),
        (lambda: ridge(SPECTRUM, 10, 1.1, 1, 1, 1), "between 0 and 1"),
        (lambda: ridge(SPECTRUM, 10, -0.1, 1, 1, 1), "between 0 and 1"),
        (lambda: ridge(SPECTRUM, 10, 0.5, -1, 1, 1), "quality must be not negative"),
        (lambda: ridge(SPECTRUM, 10, 0.5, 1, -1, 1), "noise_variance must be not negative"),
        (lambda: ridge(SPECTRUM, 10, 0.5, 1, 1, -1e-9), "ridge must be not negative"),
        (lambda: ridge(SPECTRUM, 10, 0.5, 1, 1, np.nan), "ridge must be"),
        (lambda: ridge(SPECTRUM, 0, 0.5, 1, 1, 1), "samples must be at least 1"),
        (lambda: random_projections(SPECTRUM, 10, 0, 0.5, 1, 1, 1), "width must be at least 1"),
        (lambda: ridge([1.0, 0.0], 10, 0.5, 1, 1, 1), "Eigenvalue 1 of the spectrum"),
        (lambda: ridge([1.0, -2.0], 10, 0.5, 1, 1, 1), "Eigenvalue 1 of the spectrum"),
        (lambda: ridge([], 10, 0.5, 1, 1, 1), "list of eigenvalues"),
        (lambda: ridge(SPECTRUM, 10, 0.5, 1, 1, 1, shift=[1.0]), "shift must be 30"),
        (lambda: ridge(SPECTRUM, 10, 0.5, 1, 1, 1, prior=-SPECTRUM), "prior must be 30"),
        (lambda: named_spectrum("flat", 3), "isotropic, power_law"),
    ],
)
def test_impossible_values_are_refused_with_their_reason(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_fixed_point_that_is_not_reached_is_an_error(monkeypatch):
    monkeypatch.setattr(fixed_point, "MOST_STEPS", 2)
    monkeypatch.setattr(projections, "MOST_STEPS", 2)
    with pytest.raises(ValueError, match="not found in 2 steps at n = 25"):
        ridge(power_law(30), 25, 0.5, 1, 1, 1e-9)
    with pytest.raises(ValueError, match="not found in 2 steps at n = 25"):
        random_projections(power_law(30), 25, 40, 0.5, 1, 1, 1e-9)
