"""Discrete laws of the three regimes beside their closed forms, and the time to total collapse (claim 28).

Every experiment writes ``outputs["table"]``, Parquet with the columns of ``SUMMARY_SCHEMA``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from modelcollapse.densities import discrete, discrete_regimes
from modelcollapse.densities.gaussian.regime_moments import REGIMES
from modelcollapse.papers.gerstgrasser.simulations.iterations import recorded
from modelcollapse.runtime.progress import progress
from modelcollapse.runtime.seeds import generator
from modelcollapse.simulation.rows import SummaryRows
from modelcollapse.simulation.summaries import mean_of, quantile_of

if TYPE_CHECKING:
    from modelcollapse.papers.gerstgrasser.settings import DiscreteRegimesSettings

LONGEST = 40
"""Generations per sample after which a chain counts as never absorbed: about e^-40 of them last so long."""


def simulate_law(settings: DiscreteRegimesSettings, outputs: Mapping[str, Path]) -> None:
    """Diversity, distance to the real law, entropy and support of the three regimes."""
    rows = SummaryRows("gerstgrasser", "discrete_law")
    law, fits = _uniform(settings.states), settings.iterations
    for samples in (size for size in settings.samples if size <= settings.largest_pool):
        for regime in REGIMES:
            # one stream for all regimes: chains share their first sample
            random = generator("accumulation", rows.experiment, settings.seed, samples)
            paths = discrete_regimes.simulate_regime(
                regime, law, samples, fits, settings.chains, random, recorded(fits)
            )
            setting = f"N={samples}, {regime}"
            for row, fit in enumerate(paths.iterations):
                n = int(fit)
                exact = discrete_regimes.expected_diversity(regime, law, samples, n)
                rows.add(setting, samples, n, "diversity", mean_of(paths.diversity[row]), exact)
                exact = discrete_regimes.expected_squared_error(regime, law, samples, n)
                rows.add(setting, samples, n, "squared_error", mean_of(paths.squared_error[row]), exact)
                rows.add(setting, samples, n, "entropy", mean_of(paths.entropy[row]))
                rows.add(setting, samples, n, "median_entropy", quantile_of(paths.entropy[row]))
                support = _support(regime, law, samples, n)
                rows.add(setting, samples, n, "support", mean_of(paths.support[row]), support)
    rows.write(outputs["table"], settings)


def simulate_absorption(settings: DiscreteRegimesSettings, outputs: Mapping[str, Path]) -> None:
    """Generations until one state is left when data are replaced, beside the exact mean and its diffusion limit."""
    rows = SummaryRows("gerstgrasser", "discrete_absorption")
    law = _uniform(settings.states)
    for samples in progress(settings.samples, description="sample sizes"):
        random = generator("accumulation", rows.experiment, settings.seed, samples)
        paths = discrete.simulate_discrete(law, samples, LONGEST * samples, settings.absorption_chains, random)
        times = paths.absorption_time[paths.absorption_time >= 0]
        if len(times) < settings.absorption_chains:
            raise RuntimeError(
                f"{settings.absorption_chains - len(times)} chains of {samples} points were not absorbed."
            )
        limit = discrete_regimes.approximate_absorption_time(settings.states, samples)
        known = samples <= discrete_regimes.LARGEST_EXACT
        exact = discrete_regimes.mean_absorption_time(law, samples) if known else limit
        rows.add(f"N={samples}", samples, 1, "absorption_time", mean_of(times), exact, limit)
        rows.add(f"N={samples}", samples, 1, "median_absorption_time", quantile_of(times))
    rows.write(outputs["table"], settings)


def _uniform(states: int) -> np.ndarray:
    return np.full(states, 1 / states)


def _support(regime: str, law: np.ndarray, samples: int, fit: int) -> float:
    """Exact expected support, where a formula exists and is cheap."""
    if regime == "accumulate" or fit == 1:
        return discrete_regimes.expected_accumulated_support(law, samples)
    if regime == "replace" and samples <= 1000:
        # uniform: one state's probability of being lost is that of all
        return float(len(law) * (1 - discrete.probability_lost(float(law[0]), samples, fit)))
    return float("nan")
