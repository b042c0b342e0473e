"""Least squares with replaced and accumulated labels: closed forms, recursions, and plain simulations beside them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcollapse.regression import accumulation
from modelcollapse.regression.linear.refitted_labels import simulate_recursions, simulate_subsample
from modelcollapse.runtime.seeds import generator

RECURSIVE = ("replace", "accumulate", "replace_growing")


def error_of(values: np.ndarray) -> float:
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))


@pytest.mark.parametrize(
    ("dimension", "samples", "first", "replace", "accumulate"),
    [
        (10, 32, 0.4762, 47.6, 0.779),
        (10, 100, 0.1124, 11.2, 0.184),
        (10, 1000, 0.01011, 1.011, 0.0165),
        (32, 100, 0.4776, 47.8, 0.781),
        (100, 316, 0.4651, 46.5, 0.760),
        (100, 1000, 0.1112, 11.1, 0.182),
    ],
)
def test_numbers_of_the_sheet(dimension, samples, first, replace, accumulate):
    assert accumulation.first_test_error(dimension, samples) == pytest.approx(first, rel=1e-3)
    assert accumulation.expected_test_error("replace", 100, dimension, samples) == pytest.approx(replace, rel=5e-3)
    assert accumulation.expected_test_error("accumulate", 100, dimension, samples) == pytest.approx(
        accumulate, rel=5e-3
    )


def test_multipliers_and_their_limits():
    np.testing.assert_allclose(accumulation.multipliers("accumulate", 4), [1, 1.25, 1.361111, 1.423611], atol=1e-6)
    assert accumulation.multipliers("replace_growing", 10)[-1] == pytest.approx(2.929, abs=1e-3)
    drawn = accumulation.multipliers("accumulate_subsample", 100)
    np.testing.assert_allclose(
        drawn[[0, 1, 2, 3, 4, 9, 19, 99]], [1, 1.75, 2.083, 2.271, 2.391, 2.649, 2.789, 2.905], atol=6e-4
    )
    for regime, limit in {"accumulate": math.pi**2 / 6, "accumulate_subsample": math.pi**2 / 2 - 2}.items():
        far = accumulation.multipliers(regime, 200_000)[-1]
        assert limit - 1e-4 < far < limit


@given(st.integers(1, 60), st.integers(1, 30), st.integers(2, 500), st.floats(0, 100))
def test_regimes_are_ordered_and_errors_scale_with_the_noise(iteration, dimension, beyond, noise_variance):
    def error(regime, variance=noise_variance):
        return accumulation.expected_test_error(regime, iteration, dimension, dimension + beyond, variance)

    assert error("accumulate") <= error("replace_growing") * (1 + 1e-12) <= error("replace") * (1 + 1e-9)
    assert error("accumulate") <= error("accumulate_subsample") * (1 + 1e-12)
    assert error("replace") == pytest.approx(noise_variance * error("replace", 1.0))


@pytest.mark.parametrize("regime", RECURSIVE)
@given(st.integers(1, 5), st.integers(0, 6), st.integers(1, 6), st.integers(0, 10_000))
def test_theorem_1_by_refitting_the_whole_stack(regime, dimension, beyond, iterations, seed):
    random = np.random.default_rng(seed)
    # columns of unequal scale: a covariance other than the identity
    design = random.standard_normal((dimension + 2 + beyond, dimension)) * np.linspace(1, 2, dimension)
    truth = random.standard_normal(dimension)
    blocks = [i if regime == "replace_growing" else 1 for i in range(1, iterations + 1)]
    noise = [random.standard_normal((count, len(design))) for count in blocks]
    recursion = accumulation.fit_by_recursion(regime, design, noise, truth)
    np.testing.assert_allclose(recursion, accumulation.fit_by_stacking(regime, design, noise, truth), atol=1e-9)


@pytest.mark.parametrize("regime", RECURSIVE)
def test_expectation_given_the_design_by_simulation(regime):
    random, replicates = generator("given design"), 4000
    root = np.array([[1.0, 0.0], [0.8, 0.5]])
    design, truth = random.standard_normal((7, 2)) @ root.T, np.array([1.0, -2.0])
    covariance = root @ root.T
    errors = []
    for _ in range(replicates):
        blocks = [i if regime == "replace_growing" else 1 for i in (1, 2, 3)]
        noise = [np.sqrt(0.5) * random.standard_normal((count, 7)) for count in blocks]
        distance = accumulation.fit_by_recursion(regime, design, noise, truth)[-1] - truth
        errors.append(distance @ covariance @ distance)
    trace = np.trace(covariance @ np.linalg.inv(design.T @ design))
    exact = 0.5 * trace * accumulation.multipliers(regime, 3)[-1]
    assert abs(np.mean(errors) - exact) < 4 * error_of(np.array(errors))


def test_recursions_have_the_closed_forms():
    paths = simulate_recursions(5, 16, 20, 20_000, generator("recursions"), (1, 2, 10, 20))
    for regime in RECURSIVE:
        for row, iteration in enumerate(paths.iterations):
            errors = paths.errors[regime][row, :, 0]
            exact = accumulation.expected_test_error(regime, int(iteration), 5, 16)
            assert abs(errors.mean() - exact) < 4.5 * error_of(errors), (regime, iteration)
    assert abs(paths.given_design.mean() - 5 / 10) < 4.5 * error_of(paths.given_design)


def test_streams_of_a_design_are_its_noise_anew():
    paths = simulate_recursions(3, 9, 1, 4000, generator("streams"), streams=2)
    first, second = paths.errors["replace"][0].T
    assert not np.allclose(first, second)
    # given the design both have the same expectation
    for errors in (first, second):
        ratio = errors / paths.given_design
        assert abs(ratio.mean() - 1) < 4.5 * error_of(ratio)


def subsample_plainly(dimension: int, samples: int, iterations: int, random: np.random.Generator) -> float:
    """One chain as a reader would write it: rows and labels in lists, NumPy's choice and least squares."""
    design, truth = random.standard_normal((samples, dimension)), random.standard_normal(dimension)
    rows, labels, parameter = np.empty((0, dimension)), np.empty(0), truth
    for _ in range(iterations):
        rows = np.concatenate([rows, design])
        labels = np.concatenate([labels, design @ parameter + random.standard_normal(samples)])
        chosen = random.choice(len(rows), samples, replace=False)
        parameter = np.linalg.lstsq(rows[chosen], labels[chosen], rcond=None)[0]
    return float(np.sum((parameter - truth) ** 2))


@pytest.mark.parametrize("iterations", [2, 7])
def test_draws_have_the_law_of_a_plain_simulation(iterations):
    random = generator("plain", iterations)
    plain = np.array([subsample_plainly(2, 12, iterations, random) for _ in range(2500)])
    paths = simulate_subsample(2, 12, iterations, 10_000, generator("fast", iterations), (iterations,))
    fast = paths.errors["accumulate_subsample"][0, :, 0]
    assert abs(plain.mean() - fast.mean()) < 4.5 * math.hypot(error_of(plain), error_of(fast))


def test_draws_tend_to_their_limit_for_many_samples_per_dimension():
    paths = simulate_subsample(4, 400, 12, 200, generator("limit"), (1, 2, 5, 12), streams=20)
    exact = accumulation.multipliers("accumulate_subsample", 12)
    for row, iteration in enumerate(paths.iterations):
        per_design = paths.errors["accumulate_subsample"][row].mean(axis=1) / accumulation.first_test_error(4, 400)
        # a few samples per dimension inflate the error by about d/T
        assert abs(per_design.mean() - exact[iteration - 1]) < 4.5 * error_of(per_design) + 0.04


def test_a_draw_with_fewer_rows_than_dimensions_takes_the_fit_of_least_norm():
    paths = simulate_subsample(3, 5, 40, 300, generator("singular"))
    assert np.all(np.isfinite(paths.errors["accumulate_subsample"]))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: accumulation.expected_test_error("mix", 1, 2, 9),
            "expected one of replace, accumulate, accumulate_subsample",
        ),
        (lambda: accumulation.expected_test_error("replace", 1, 10, 11), "at least 12 samples"),
        (lambda: accumulation.expected_test_error("replace", 1, 2, 9, -1.0), "not negative"),
        (lambda: accumulation.expected_test_error("replace", 1, 2, 9, math.nan), "not negative"),
        (lambda: accumulation.expected_test_error("replace", 0, 2, 9), "count from 1"),
        (lambda: accumulation.expected_test_error("replace", 1.5, 2, 9), "whole number"),
        (lambda: accumulation.expected_test_error("replace", 1, 0, 9), "dimension must be"),
        (lambda: accumulation.fit_by_recursion("accumulate_subsample", np.eye(3), [], np.zeros(3)), "no recursion"),
        (lambda: accumulation.fit_by_recursion("replace", np.ones((4, 2)), [], np.zeros(2)), "full column rank"),
        (
            lambda: accumulation.fit_by_recursion("replace", np.eye(3), [np.zeros((2, 3))], np.zeros(3)),
            "expected \\(1, 3\\)",
        ),
        (lambda: simulate_recursions(3, 4, 5, 5, generator("x")), "at least 5 samples"),
        (lambda: simulate_recursions(3, 9, 5, 0, generator("x")), "designs and streams"),
        (lambda: simulate_subsample(3, 9, 5, 5, generator("x"), (6,)), "between 1 and 5"),
    ],
)
def test_impossible_input_is_refused_in_a_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()
