"""The sequel's grid of multivariate Gaussians: every seed's fit (Kazdan et al., arXiv 2410.16713, section 2)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from modelcollapse.densities.gaussian.accumulated import simulate_regime
from modelcollapse.densities.gaussian.regime_moments import REGIMES, expected_moments
from modelcollapse.papers.gerstgrasser.simulations.iterations import recorded
from modelcollapse.runtime.progress import progress
from modelcollapse.runtime.seeds import generator
from modelcollapse.simulation.rows import write_results

if TYPE_CHECKING:
    from modelcollapse.papers.gerstgrasser.settings import GaussianRegimesSettings


def simulate_grid(settings: GaussianRegimesSettings, outputs: Mapping[str, Path]) -> None:
    """Simulate the grid (maximum likelihood, as released) and write ``table``.

    One row per setting, regime, iteration and seed: dimension, samples, regime, iteration, seed, trace_ratio,
    squared_mean_error, log_determinant (-inf where N <= d), and the exact expectations of the first two.
    """
    cases = [(d, size, regime) for d in settings.dimensions for size in settings.samples for regime in REGIMES]
    frames = [
        _frame(*case, settings) for case in progress(cases, description="settings") if _affordable(case, settings)
    ]
    table = pd.concat(frames, ignore_index=True)
    write_results(table, outputs["table"], "gerstgrasser", "gaussian_grid", settings)


def _affordable(case: tuple[int, int, str], settings: GaussianRegimesSettings) -> bool:
    dimension, samples, regime = case
    return regime != "accumulate_subsample" or settings.iterations * samples * dimension <= settings.largest_pool


def _frame(dimension: int, samples: int, regime: str, settings: GaussianRegimesSettings) -> pd.DataFrame:
    # one stream for all regimes: replaced and accumulated chains of a seed share their first fit and their noise
    random = generator("accumulation", "gaussian_grid", settings.seed, dimension, samples)
    record = recorded(settings.iterations)
    paths = simulate_regime(regime, dimension, samples, settings.iterations, settings.seeds, random, record)
    moments, at = expected_moments(regime, samples, settings.iterations), paths.iterations - 1
    return pd.DataFrame(
        {
            "dimension": np.int32(dimension),
            "samples": np.int32(samples),
            "regime": regime,
            "iteration": np.repeat(paths.iterations, settings.seeds).astype(np.int32),
            "seed": np.tile(np.arange(settings.seeds, dtype=np.int32), len(record)),
            "trace_ratio": paths.trace_ratio.ravel(),
            "squared_mean_error": paths.squared_mean_error.ravel(),
            "log_determinant": paths.log_determinant.ravel(),
            "exact_trace_ratio": np.repeat(moments.variance[at], settings.seeds),
            "exact_squared_mean_error": np.repeat(dimension * moments.squared_mean_error[at], settings.seeds),
        }
    )
