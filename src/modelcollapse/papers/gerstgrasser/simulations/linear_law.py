"""Replaced and accumulated labels beside their closed forms (Gerstgrasser et al., claims 12 to 16).

Every experiment writes ``outputs["table"]``, Parquet with the columns of ``SUMMARY_SCHEMA``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from modelcollapse.papers.gerstgrasser.simulations.iterations import recorded
from modelcollapse.regression import accumulation
from modelcollapse.regression.linear.refitted_labels import ErrorPaths, simulate_recursions, simulate_subsample
from modelcollapse.runtime.seeds import generator
from modelcollapse.simulation.rows import SummaryRows
from modelcollapse.simulation.summaries import mean_of, quantile_of, without_chance

if TYPE_CHECKING:
    from modelcollapse.papers.gerstgrasser.settings import LinearSettings

IDENTITY_RUNS, IDENTITY_ITERATIONS = 100, 10
IDENTITY_SETTINGS = {"d=10, T=32": (10, 32, 0.0), "d=10, T=32, power law": (10, 32, 1.0), "d=32, T=100": (32, 100, 0.0)}
"""Dimension, samples, and the exponent a of the covariance's eigenvalues i^-a."""
LAW_SETTINGS = ((10, 32), (10, 100), (10, 1000), (32, 100), (32, 1000), (100, 316), (100, 1000))
SUBSAMPLE_SETTINGS = ((10, 32), (10, 100), (10, 316), (10, 1000))


def check_identity(settings: LinearSettings, outputs: Mapping[str, Path]) -> None:
    """Theorem 1: largest difference between the recursion and refitting the whole stack, over runs and iterations."""
    rows = SummaryRows("gerstgrasser", "linear_identity")
    for name, (dimension, samples, exponent) in IDENTITY_SETTINGS.items():
        scale = np.arange(1, dimension + 1) ** (-exponent / 2)
        for regime in ("replace", "accumulate", "replace_growing"):
            random = generator("accumulation", rows.experiment, settings.seed, name, regime)
            largest = 0.0
            for _ in range(IDENTITY_RUNS):
                design = random.standard_normal((samples, dimension)) * scale
                truth = random.standard_normal(dimension)
                blocks = range(1, IDENTITY_ITERATIONS + 1) if regime == "replace_growing" else [1] * IDENTITY_ITERATIONS
                noise = [random.standard_normal((count, samples)) for count in blocks]
                recursion = accumulation.fit_by_recursion(regime, design, noise, truth)
                stacked = accumulation.fit_by_stacking(regime, design, noise, truth)
                largest = max(largest, float(np.max(np.abs(recursion - stacked))))
            rows.add(
                f"{name}, {regime}", samples, IDENTITY_ITERATIONS, "largest_difference", without_chance(largest), 0.0
            )
    rows.write(outputs["table"], settings)


def simulate_law(settings: LinearSettings, outputs: Mapping[str, Path]) -> None:
    """The three regimes with a closed form, with enough chains for a 2 % equivalence."""
    rows = SummaryRows("gerstgrasser", "linear_law")
    for dimension, samples in LAW_SETTINGS:
        name = f"d={dimension}, T={samples}"
        random = generator("accumulation", rows.experiment, settings.seed, name)
        designs = max(100, settings.coordinates // dimension)
        record = recorded(settings.iterations)
        paths = simulate_recursions(dimension, samples, settings.iterations, designs, random, record)
        add_errors(rows, name, dimension, samples, paths)
        averaged = mean_of(paths.given_design)
        rows.add(name, samples, 1, "averaged_over_noise", averaged, accumulation.first_test_error(dimension, samples))
    rows.write(outputs["table"], settings)


def simulate_draws(settings: LinearSettings, outputs: Mapping[str, Path]) -> None:
    """accumulate_subsample by samples per dimension: its limit for many, and how far a few are from it."""
    rows = SummaryRows("gerstgrasser", "linear_subsample")
    for dimension, samples in SUBSAMPLE_SETTINGS:
        name = f"d={dimension}, T={samples}"
        random = generator("accumulation", rows.experiment, settings.seed, name)
        paths = simulate_subsample(
            dimension,
            samples,
            settings.iterations,
            settings.subsample_designs,
            random,
            recorded(settings.iterations),
            settings.subsample_streams,
        )
        add_errors(rows, name, dimension, samples, paths)
    rows.write(outputs["table"], settings)


def add_errors(
    rows: SummaryRows, name: str, dimension: int, samples: int, paths: ErrorPaths, noise_variance: float = 1.0
) -> None:
    """Mean, median and multiplier of every regime and iteration; a replicate is a design.

    The exact column of accumulate_subsample is its limit for many samples per dimension.
    """
    first = accumulation.first_test_error(dimension, samples, noise_variance)
    for regime, errors in paths.errors.items():
        setting = f"{name}, {regime}"
        exact = accumulation.multipliers(regime, int(paths.iterations[-1]))
        for row, iteration in enumerate(paths.iterations):
            n = int(iteration)
            per_design = noise_variance * errors[row].mean(axis=1)
            rows.add(setting, samples, n, "test_error", mean_of(per_design), first * exact[n - 1])
            rows.add(setting, samples, n, "multiplier", mean_of(per_design / first), exact[n - 1])
            rows.add(setting, samples, n, "median_test_error", quantile_of(noise_variance * errors[row][:, 0]))
