"""One-dimensional Gaussians of the three regimes beside their exact moments, with many chains (claims 17 and 18)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from modelcollapse.densities.gaussian import closed_forms as gaussian
from modelcollapse.densities.gaussian.refitted_chains import Paths, simulate_fixed_draw, simulate_pool, simulate_refits
from modelcollapse.densities.gaussian.regime_moments import REGIMES, expected_moments
from modelcollapse.papers.gerstgrasser.simulations.iterations import recorded
from modelcollapse.runtime.progress import progress
from modelcollapse.runtime.seeds import generator
from modelcollapse.simulation.rows import SummaryRows
from modelcollapse.simulation.summaries import mean_of, quantile_of, variance_over_chains

if TYPE_CHECKING:
    from modelcollapse.papers.gerstgrasser.settings import GaussianRegimesSettings

ESTIMATORS = {"maximum likelihood": 0, "unbiased": 1}
"""Names of the variance estimators, and their ddof."""


def simulate_law(settings: GaussianRegimesSettings, outputs: Mapping[str, Path]) -> None:
    """Simulate and write ``table`` with the columns of ``SUMMARY_SCHEMA``; settings are "N=.., regime, estimator"."""
    rows = SummaryRows("gerstgrasser", "gaussian_law")
    cases = [(size, name) for size in settings.samples for name in ESTIMATORS]
    for size, name in progress(cases, description="sample sizes and estimators"):
        for regime in REGIMES:
            _add_regime(rows, regime, size, name, settings)
    rows.write(outputs["table"], settings)


def _add_regime(
    rows: SummaryRows, regime: str, samples: int, estimator: str, settings: GaussianRegimesSettings
) -> None:
    ddof, fits = ESTIMATORS[estimator], settings.iterations
    random = generator("accumulation", rows.experiment, settings.seed, samples, estimator, regime)
    record = recorded(fits)
    if regime == "replace":
        paths = simulate_refits([samples] * fits, settings.chains, random, record, ddof)
    elif regime == "accumulate":
        paths = simulate_pool(samples, fits, settings.chains, random, record, ddof)
    else:
        chains = int(np.clip(settings.drawn_points // (samples * fits), 100, settings.chains))
        paths = simulate_fixed_draw(samples, fits, chains, random, record, ddof)
    moments = expected_moments(regime, samples, fits, ddof)
    setting = f"N={samples}, {regime}, {estimator}"
    for row, fit in enumerate(record):
        _add_fit(rows, setting, regime, samples, fit, ddof, paths, row)
        variance, squared = mean_of(paths.variance[row]), mean_of(paths.mean[row] ** 2)
        rows.add(setting, samples, fit, "expected_variance", variance, moments.variance[fit - 1])
        rows.add(setting, samples, fit, "squared_mean_error", squared, moments.squared_mean_error[fit - 1])


def _add_fit(
    rows: SummaryRows, setting: str, regime: str, samples: int, fit: int, ddof: int, paths: Paths, row: int
) -> None:
    """Logarithms and medians: the typical chain. They are known exactly for replaced data."""
    sizes, known = np.full(fit, samples), regime == "replace" or fit == 1
    logarithm = gaussian.expected_log_variance(sizes, 1.0, ddof) if known else np.nan
    median = gaussian.median_variance(samples, fit, 1.0, ddof) if known else np.nan
    logs = np.log(paths.variance[row])
    rows.add(setting, samples, fit, "expected_log_variance", mean_of(logs), logarithm)
    rows.add(setting, samples, fit, "variance_of_log_variance", variance_over_chains(logs))
    rows.add(setting, samples, fit, "median_variance", quantile_of(paths.variance[row]), median)
    rows.add(setting, samples, fit, "median_squared_mean_error", quantile_of(paths.mean[row] ** 2))
