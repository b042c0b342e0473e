"""Theorem 3.1 in several dimensions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.linalg import sqrtm
from scipy.stats import kstest

from modelcollapse.densities.gaussian import closed_forms as gaussian
from modelcollapse.densities.gaussian import multivariate as gaussian_multivariate
from modelcollapse.runtime.seeds import generator

COVARIANCE = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.3], [0.0, 0.3, 0.7]])


def test_formulas_of_the_sheet():
    assert gaussian_multivariate.expected_trace(np.eye(3)) == 3
    assert gaussian_multivariate.expected_squared_mean_error(np.eye(3), 50, 40) == pytest.approx(2.40)
    assert gaussian_multivariate.expected_log_determinant(np.eye(3), 50, 40) == pytest.approx(-5.01, abs=0.005)


def test_one_dimension_is_the_one_dimensional_case():
    drift = gaussian_multivariate.log_determinant_drift(1, 30)
    assert drift == pytest.approx(gaussian.expected_log_variance([30]))
    distance = gaussian_multivariate.wasserstein2_squared([2.0], [[9.0]], np.zeros(1), np.eye(1))
    assert distance == pytest.approx(float(gaussian.wasserstein2_squared(2.0, 3.0)))


def test_simulation_agrees_with_the_formulas():
    replicates = 20_000
    paths = gaussian_multivariate.simulate_multivariate_refits(COVARIANCE, 50, 40, replicates, generator("d"), [20, 40])
    for row, n in enumerate((20, 40)):
        trace = np.sum(paths.factor[row] ** 2, axis=(1, 2))
        error = np.sum(paths.mean[row] ** 2, axis=1)
        expected = [
            (trace, gaussian_multivariate.expected_trace(COVARIANCE)),
            (error, gaussian_multivariate.expected_squared_mean_error(COVARIANCE, 50, n)),
            (paths.log_determinant[row], gaussian_multivariate.expected_log_determinant(COVARIANCE, 50, n)),
        ]
        for values, exact in expected:
            assert abs(values.mean() - exact) < 4 * values.std() / math.sqrt(replicates)
        covariance = paths.factor[row] @ paths.factor[row].swapaxes(1, 2)
        np.testing.assert_allclose(np.linalg.slogdet(covariance)[1], paths.log_determinant[row], atol=1e-8)


def test_bartlett_has_the_law_of_drawing_the_points():
    random, replicates = generator("points"), 3000
    root = np.linalg.cholesky(COVARIANCE)
    points = random.standard_normal((replicates, 6, 3)) @ root.T
    centred = points - points.mean(axis=1, keepdims=True)
    covariance = centred.swapaxes(1, 2) @ centred / 5
    paths = gaussian_multivariate.simulate_multivariate_refits(COVARIANCE, 6, 1, replicates, generator("bartlett"))
    fast = paths.factor[0] @ paths.factor[0].swapaxes(1, 2)
    for i, j in [(0, 0), (0, 1), (1, 2), (2, 2)]:
        assert kstest(fast[:, i, j], covariance[:, i, j]).pvalue > 0.001
    assert kstest(paths.mean[0][:, 1], points.mean(axis=1)[:, 1]).pvalue > 0.001


def test_both_conclusions_of_the_theorem():
    paths = gaussian_multivariate.simulate_multivariate_refits(np.eye(2), 10, 200, 2000, generator("t"), [50, 200])
    trace = np.median(np.sum(paths.factor**2, axis=(2, 3)), axis=1)
    assert trace[1] < 1e-3 * trace[0] < 1e-1
    drift = gaussian_multivariate.log_determinant_drift(2, 10)
    assert np.median(paths.log_determinant, axis=1) == pytest.approx([50 * drift, 200 * drift], rel=0.05)
    exact = [gaussian_multivariate.expected_squared_mean_error(np.eye(2), 10, n) for n in (50, 200)]
    assert exact == pytest.approx([10, 40])


def test_wasserstein_distance_against_matrix_square_roots():
    other = np.array([[1.0, -0.2, 0.1], [-0.2, 0.5, 0.0], [0.1, 0.0, 3.0]])
    root = sqrtm(COVARIANCE)
    cross = np.trace(sqrtm(root @ other @ root)).real
    exact = 1.0 + np.trace(other) + np.trace(COVARIANCE) - 2 * cross
    distance = gaussian_multivariate.wasserstein2_squared([1.0, 0, 0], other, np.zeros(3), COVARIANCE)
    assert distance == pytest.approx(exact)
    same = gaussian_multivariate.wasserstein2_squared(np.zeros(3), COVARIANCE, np.zeros(3), COVARIANCE)
    assert same == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: gaussian_multivariate.log_determinant_drift(3, 3), "more than 3 points"),
        (lambda: gaussian_multivariate.expected_trace([[1.0, 2.0]]), "square"),
        (lambda: gaussian_multivariate.expected_trace([[1.0, 2.0], [2.0, 1.0]]), "positive definite"),
        (lambda: gaussian_multivariate.expected_trace([[math.nan]]), "finite"),
        (lambda: gaussian_multivariate.expected_squared_mean_error(np.eye(2), 10, -1), "not negative"),
        (lambda: gaussian_multivariate.simulate_multivariate_refits(np.eye(2), 2, 5, 5, generator("x")), "more than 2"),
        (lambda: gaussian_multivariate.simulate_multivariate_refits(np.eye(2), 9, 5, 0, generator("x")), "one chain"),
    ],
)
def test_impossible_input_is_refused_in_a_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()
