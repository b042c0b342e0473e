"""Discrete laws of the three regimes against their closed forms, and the exact time to total collapse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcollapse.densities import discrete, discrete_regimes
from modelcollapse.densities.gaussian.regime_moments import REGIMES
from modelcollapse.runtime.seeds import generator

LAW = np.array([0.5, 0.3, 0.15, 0.05])


def error_of(values: np.ndarray) -> float:
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))


@pytest.mark.parametrize("samples", [3, 25])
@pytest.mark.parametrize("regime", REGIMES)
def test_simulations_have_the_exact_moments(regime, samples):
    paths = discrete_regimes.simulate_regime(regime, LAW, samples, 9, 8000, generator("discrete", regime, samples))
    for row, fit in enumerate(paths.iterations):
        for values, exact in (
            (paths.diversity[row], discrete_regimes.expected_diversity(regime, LAW, samples, int(fit))),
            (paths.squared_error[row], discrete_regimes.expected_squared_error(regime, LAW, samples, int(fit))),
        ):
            assert abs(values.mean() - exact) < 5 * error_of(values)
    assert (paths.entropy[:, :] <= np.log(4) + 1e-12).all() and paths.support.max() <= 4


def test_replacing_is_the_wright_fisher_chain():
    exact = [discrete_regimes.expected_diversity("replace", LAW, 30, n) for n in (1, 7)]
    assert exact == pytest.approx([discrete.expected_diversity(LAW, 30, n) for n in (1, 7)])


def test_accumulating_never_loses_a_state_again():
    paths = discrete_regimes.simulate_regime("accumulate", LAW, 6, 10, 4000, generator("support"))
    assert (np.diff(paths.support, axis=0) >= 0).all() and (paths.support[-1] == paths.support[0]).all()
    exact = discrete_regimes.expected_accumulated_support(LAW, 6)
    assert abs(paths.support[-1].mean() - exact) < 5 * error_of(paths.support[-1])


@given(st.floats(0.02, 0.98), st.integers(2, 60))
def test_absorption_of_two_states_is_that_of_the_chain(probability, samples):
    exact = discrete.mean_absorption_time(probability, samples)
    assert discrete_regimes.mean_absorption_time(np.array([probability, 1 - probability]), samples) == pytest.approx(
        exact
    )


def test_absorption_of_many_states_by_simulation():
    paths = discrete.simulate_discrete(LAW, 12, 2000, 6000, generator("absorption"))
    exact = discrete_regimes.mean_absorption_time(LAW, 12)
    assert abs(paths.absorption_time.mean() - exact) < 5 * error_of(paths.absorption_time)


def test_absorption_tends_to_the_diffusion_and_to_the_sequels_times():
    uniform = np.full(10, 0.1)
    assert discrete_regimes.approximate_absorption_time(2, 1000) == pytest.approx(2000 * np.log(2))
    ratio = discrete_regimes.mean_absorption_time(uniform, 3000) / discrete_regimes.approximate_absorption_time(
        10, 3000
    )
    assert ratio == pytest.approx(1, abs=2e-3)
    # means of 100 chains, whose times spread by about 60 %
    for samples, reported in ((10, 17), (100, 204), (1000, 1801)):
        assert discrete_regimes.mean_absorption_time(uniform, samples) == pytest.approx(reported, rel=0.15)
    assert discrete_regimes.mean_absorption_time(np.array([1.0, 0.0]), 9) == 0
    assert discrete_regimes.approximate_absorption_time(1, 9) == 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: discrete_regimes.simulate_regime("mix", LAW, 5, 5, 5, generator("x")), "expected one of replace"),
        (lambda: discrete_regimes.simulate_regime("replace", LAW, 1, 5, 5, generator("x")), "N >= 2"),
        (lambda: discrete_regimes.simulate_regime("replace", LAW, 5, 5, 5, generator("x"), (9,)), "between 1 and 5"),
        (lambda: discrete_regimes.expected_diversity("replace", np.array([0.5, 0.4]), 5, 5), "sum to 1"),
        (lambda: discrete_regimes.mean_absorption_time(LAW, 10**6), "1 to 20000 samples"),
        (lambda: discrete_regimes.approximate_absorption_time(0, 5), "at least 1"),
    ],
)
def test_impossible_input_is_refused_in_a_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()
