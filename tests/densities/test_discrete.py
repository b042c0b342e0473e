"""The Wright-Fisher chain against its exact laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, chi2

from modelcollapse.densities import discrete
from modelcollapse.runtime.seeds import generator


def test_transition_matrix_is_binomial():
    matrix = discrete.transition_matrix(7)
    np.testing.assert_allclose(matrix[3], binom.pmf(np.arange(8), 7, 3 / 7), rtol=1e-12)
    assert matrix[0, 0] == 1 and matrix[7, 7] == 1


def test_expected_support_of_the_sheets_zipf_law():
    law = discrete.zipf(50)
    assert discrete.expected_support(law, 100) == pytest.approx(31.77, abs=0.005)
    assert discrete.expected_support(law, 100) == pytest.approx(np.sum(1 - (1 - law) ** 100))
    assert discrete.expected_support(law, 100, 0) == 50


def test_the_sheets_values_at_generation_100():
    assert discrete.expected_diversity(discrete.zipf(50), 100, 100) == pytest.approx(0.3366, abs=5e-5)
    assert discrete.approximate_absorption_time(0.5, 100) == pytest.approx(138.6, abs=0.05)
    # an independent simulation gave 137.1
    assert discrete.mean_absorption_time(0.5, 100) == pytest.approx(137.1, rel=0.01)


@given(st.floats(0.01, 0.99), st.integers(1, 30), st.integers(0, 50))
def test_losses_grow_towards_the_probability_of_not_being_the_last_state(probability, samples, generation):
    now, later = (discrete.probability_lost(probability, samples, n) for n in (generation, generation + 1))
    assert now <= later + 1e-12
    assert discrete.probability_lost(probability, samples, 5000) == pytest.approx(1 - probability, abs=1e-6)
    assert discrete.probability_lost(probability, samples, 1) == pytest.approx((1 - probability) ** samples)


def test_absorption_time_of_the_smallest_chains():
    assert discrete.mean_absorption_time(0.3, 1) == 1
    # M=2: the heterozygote is left with probability 1/2 each generation, so 1 + P(reaching it) * 2
    assert discrete.mean_absorption_time(0.3, 2) == pytest.approx(1 + 2 * 0.3 * 0.7 * 2)
    assert discrete.mean_absorption_time(0.0, 50) == 0


def test_simulated_chains_follow_the_exact_laws():
    law, samples, replicates = discrete.zipf(8), 30, 4000
    paths = discrete.simulate_discrete(law, samples, 3000, replicates, generator("wf"), record=[0, 1, 5, 20])
    assert np.all(paths.absorbed_in >= 0)
    assert paths.support[0].tolist() == [8] * replicates
    for row, generation in enumerate(paths.generations):
        for values, exact in (
            (paths.support[row], discrete.expected_support(law, samples, int(generation))),
            (paths.diversity[row], discrete.expected_diversity(law, samples, int(generation))),
        ):
            assert abs(values.mean() - exact) <= 4 * values.std() / math.sqrt(replicates) + 1e-9
    lost = discrete.probability_lost_in_one_step(law, samples)
    assert np.all(np.abs(paths.lost_in_one_step / replicates - lost) < 4 * np.sqrt(lost * (1 - lost) / replicates))
    counts = np.bincount(paths.absorbed_in, minlength=8)
    # each probability is a martingale
    expected = law * replicates
    assert chi2.sf(np.sum((counts - expected) ** 2 / expected), 7) > 0.001


def test_simulated_absorption_time_of_two_states():
    paths = discrete.simulate_discrete(np.array([0.2, 0.8]), 20, 2000, 4000, generator("time"))
    times = paths.absorption_time
    exact = discrete.mean_absorption_time(0.2, 20)
    assert abs(times.mean() - exact) < 4 * times.std() / math.sqrt(4000)


def test_a_delta_is_absorbed_from_the_start_and_a_short_run_is_not():
    paths = discrete.simulate_discrete(np.array([0.0, 1.0]), 10, 5, 3, generator("delta"))
    assert paths.absorbed_in.tolist() == [1, 1, 1] and paths.absorption_time.tolist() == [0, 0, 0]
    paths = discrete.simulate_discrete(np.full(4, 0.25), 1000, 2, 3, generator("short"))
    assert paths.absorbed_in.tolist() == [-1, -1, -1]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: discrete.expected_support([0.5, 0.6], 10), "sum to 1"),
        (lambda: discrete.expected_support([1.5, -0.5], 10), "not negative"),
        (lambda: discrete.expected_diversity([math.nan, 1.0], 10, 1), "probabilities"),
        (lambda: discrete.expected_diversity([1.0], 0, 1), "at least 1"),
        (lambda: discrete.probability_lost(1.2, 10, 1), "between 0 and 1"),
        (lambda: discrete.probability_lost(0.2, 10, -1), "not negative"),
        (lambda: discrete.mean_absorption_time(math.nan, 10), "between 0 and 1"),
        (lambda: discrete.zipf(0), "at least one state"),
        (lambda: discrete.simulate_discrete([1.0], 10, 1, 0, generator("x")), "at least one chain"),
        (lambda: discrete.simulate_discrete([1.0], 10, 1, 1, generator("x"), record=[2]), "between 0 and 1"),
    ],
)
def test_impossible_input_is_refused_in_a_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()
