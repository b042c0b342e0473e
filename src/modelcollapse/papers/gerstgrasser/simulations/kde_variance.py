"""The variance that kernel density estimates add, beside its exact growth (claim 20)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from modelcollapse.densities import kde
from modelcollapse.densities.gaussian.regime_moments import REGIMES
from modelcollapse.densities.point_clouds import DIMENSIONS, draw_points
from modelcollapse.papers.gerstgrasser.simulations.iterations import recorded
from modelcollapse.runtime.progress import progress
from modelcollapse.runtime.seeds import generator
from modelcollapse.simulation.draws import draw_without_replacement
from modelcollapse.simulation.rows import SummaryRows
from modelcollapse.simulation.summaries import mean_of, quantile_of

if TYPE_CHECKING:
    from modelcollapse.papers.gerstgrasser.settings import KdeVarianceSettings

DATA = "circles"
BANDWIDTHS: tuple[float | str, ...] = (0.1, 0.5, "scott")
"""Silverman's rule is Scott's in two dimensions."""
CHAINS_AT_ONCE = 100


def simulate_variances(settings: KdeVarianceSettings, outputs: Mapping[str, Path]) -> None:
    """Simulate and write ``table`` with the columns of ``SUMMARY_SCHEMA``; settings are "h=.., regime"."""
    rows = SummaryRows("gerstgrasser", "kde_variance")
    cases = [(rule, regime) for rule in BANDWIDTHS for regime in REGIMES]
    # all bandwidths and regimes start from the same real samples
    start = generator("accumulation", rows.experiment, settings.seed, "real")
    real = np.array([draw_points(DATA, settings.samples, start) for _ in range(settings.chains)])
    for rule, regime in progress(cases, description="bandwidths and regimes"):
        random = generator("accumulation", rows.experiment, settings.seed, str(rule), regime)
        parts = [
            list(added_variances(regime, rule, real[first : first + CHAINS_AT_ONCE], settings.iterations, random))
            for first in range(0, settings.chains, CHAINS_AT_ONCE)
        ]
        added = np.concatenate(parts, axis=1)
        exact = kde.expected_added_variance(regime, rule, settings.samples, DIMENSIONS[DATA], settings.iterations)
        for row, fit in enumerate(recorded(settings.iterations)):
            setting = f"h={rule}, {regime}"
            rows.add(setting, settings.samples, fit, "added_variance", mean_of(added[row]), exact[fit - 1])
            rows.add(setting, settings.samples, fit, "median_added_variance", quantile_of(added[row]))
    rows.write(outputs["table"], settings)


def added_variances(
    regime: str, rule: float | str, points: np.ndarray, fits: int, random: np.random.Generator
) -> Iterator[np.ndarray]:
    """Second moment per dimension of the fitted density minus that of its own real sample, [chains], at recorded fits.

    Its expectation is ``kde.expected_added_variance`` exactly, also given the real samples ``points`` [chains, N, d].
    """
    chains, size, dimension = points.shape
    widths = kde.bandwidths(regime, rule, size, dimension, fits)
    pool = np.empty((chains, (1 if regime == "replace" else fits) * size, dimension))
    pool[:, :size] = points
    real = np.mean(points**2, axis=(1, 2))
    squares, chain = real * size, np.arange(chains)[:, None]
    for fit in range(1, fits + 1):
        held = size if regime == "replace" else fit * size
        if regime == "accumulate_subsample":
            rows = draw_without_replacement(held, size, chains, random)
            second_moment = np.mean(pool[chain, rows] ** 2, axis=(1, 2))
            parents = np.take_along_axis(rows, random.integers(0, size, (chains, size)), axis=1)
        else:
            second_moment = squares / held
            parents = random.integers(0, held, (chains, size))
        if fit in recorded(fits):
            yield second_moment + widths[fit - 1] ** 2 - real
        if fit == fits:
            return
        new = pool[chain, parents] + widths[fit - 1] * random.standard_normal((chains, size, dimension))
        new_squares = np.mean(new**2, axis=(1, 2)) * size
        squares = new_squares if regime == "replace" else squares + new_squares
        pool[:, (0 if regime == "replace" else held) :][:, :size] = new
