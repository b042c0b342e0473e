"""Kernel density estimates refitted on their own samples, against direct sums, enumeration and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp
from sklearn.neighbors import KernelDensity

from modelcollapse.densities import kde
from modelcollapse.densities.gaussian.regime_moments import REGIMES
from modelcollapse.densities.point_clouds import DIMENSIONS, draw_points
from modelcollapse.runtime.seeds import generator


@pytest.mark.parametrize("bandwidth", [0.2, 1.0, "scott", "silverman"])
@pytest.mark.parametrize("data", DIMENSIONS)
def test_densities_are_those_of_scikit_learn(data, bandwidth):
    random = generator("sklearn", data)
    points, test = draw_points(data, 700, random), draw_points(data, 40, random)
    width, dimension = kde.bandwidth_of(bandwidth, 700, DIMENSIONS[data]), DIMENSIONS[data]
    ours = kde.log_density(kde.log_kernel_sum(test, points, width), 700, dimension, width)
    direct = logsumexp(-((test[:, None] - points) ** 2).sum(axis=2) / (2 * width**2), axis=1)
    np.testing.assert_allclose(ours, kde.log_density(direct, 700, dimension, width), atol=1e-5)
    # scikit-learn's sums lose digits where no point is near
    near = direct > -20
    theirs = KernelDensity(bandwidth=bandwidth).fit(points).score_samples(test)
    np.testing.assert_allclose(ours[near], theirs[near], atol=1e-4)


def test_far_points_do_not_underflow():
    total = kde.log_kernel_sum(np.array([[1000.0, 0.0]]), np.array([[0.0, 0.0], [1.0, 0.0]]), 0.5)
    assert total[0] == pytest.approx(-2 * 999.0**2, rel=1e-9)


@given(st.integers(1, 40), st.floats(0.01, 3))
def test_a_fixed_bandwidth_adds_variance_without_bound(iterations, bandwidth):
    steps = np.arange(1, iterations + 1)
    added = {regime: kde.expected_added_variance(regime, bandwidth, 10, 2, iterations) for regime in REGIMES}
    np.testing.assert_allclose(added["replace"], bandwidth**2 * steps)
    for regime in ("accumulate", "accumulate_subsample"):
        np.testing.assert_allclose(added[regime], bandwidth**2 * np.cumsum(1 / steps))


@given(st.integers(1, 30))
def test_the_number_of_kernels_is_the_number_of_records(iterations):
    law = kde.kernels_of_a_draw("accumulate", iterations)
    assert law.sum() == pytest.approx(1)
    assert law @ np.arange(iterations + 1) == pytest.approx(np.sum(1 / np.arange(1, iterations + 1)))
    np.testing.assert_array_equal(kde.kernels_of_a_draw("replace", iterations), np.eye(iterations + 1)[iterations])


def test_the_number_of_kernels_by_following_ancestors():
    random, counts = generator("ancestors"), []
    for _ in range(20_000):
        batch, kernels = 6, 0
        while batch >= 1:
            # a draw of fit t comes from batch 1..t; batch j was drawn from fit j-1, batch 1 is real
            batch, kernels = int(random.integers(1, batch + 1)) - 1, kernels + 1
        counts.append(kernels)
    shares = np.bincount(counts, minlength=7) / len(counts)
    np.testing.assert_allclose(shares, kde.kernels_of_a_draw("accumulate", 6), atol=0.015)


def test_scotts_rule_keeps_the_accumulated_variance_finite():
    scott = kde.expected_added_variance("accumulate", "scott", 100, 2, 40_000)
    doubling = (scott[-1] - scott[19_999]) / (scott[19_999] - scott[9_999])
    assert doubling == pytest.approx(2 ** (-1 / 3), rel=1e-3)
    constant = kde.expected_added_variance("accumulate_subsample", "scott", 100, 2, 100)
    np.testing.assert_allclose(constant, 100 ** (-1 / 3) * np.cumsum(1 / np.arange(1, 101)))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: kde.bandwidth_of("wide", 10, 2), "a number, scott or silverman"),
        (lambda: kde.bandwidth_of(0.0, 10, 2), "positive number"),
        (lambda: kde.bandwidth_of(float("nan"), 10, 2), "positive number"),
        (lambda: kde.bandwidth_of(0.1, 0, 2), "needs points"),
        (lambda: kde.expected_added_variance("mix", 0.1, 10, 2, 5), "expected one of replace"),
        (lambda: draw_points("blobs", 10, generator("x")), "expected one of circles"),
        (lambda: draw_points("moons", 1, generator("x")), "at least 2 points"),
    ],
)
def test_impossible_input_is_refused_in_a_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()
