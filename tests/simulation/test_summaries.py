"""Estimates over chains and their standard errors."""

from __future__ import annotations

import numpy as np
import pytest

from modelcollapse.runtime.seeds import generator
from modelcollapse.simulation.summaries import (
    mean_of,
    quantile_of,
    root_mean_square_of,
    share_of,
    standard_deviation_of,
    variance_over_chains,
    without_chance,
)


def test_standard_errors_are_the_spread_of_the_estimates():
    random = generator("errors")
    samples = random.exponential(size=(2000, 400))
    for estimate in (mean_of, quantile_of, root_mean_square_of):
        results = [estimate(sample) for sample in samples]
        spread = np.std([result.value for result in results])
        assert np.mean([result.standard_error for result in results]) == pytest.approx(spread, rel=0.15)
    assert share_of(25, 100).standard_error == pytest.approx(np.sqrt(0.25 * 0.75 / 100))


def test_values_are_those_of_numpy():
    sample = generator("values").exponential(size=50)
    assert mean_of(sample).value == pytest.approx(np.mean(sample))
    assert quantile_of(sample, 0.05).value == pytest.approx(np.quantile(sample, 0.05))
    assert root_mean_square_of(sample).value == pytest.approx(np.sqrt(np.mean(sample**2)))
    assert standard_deviation_of(sample).value == pytest.approx(np.std(sample, ddof=1))
    assert variance_over_chains(sample).value == pytest.approx(np.var(sample, ddof=1))
    assert mean_of(sample).replicates == 50


def test_what_no_chance_is_involved_in_has_no_error():
    assert (without_chance(3).value, without_chance(3).standard_error) == (3.0, 0.0)
    assert root_mean_square_of(np.zeros(5)).standard_error == 0.0
