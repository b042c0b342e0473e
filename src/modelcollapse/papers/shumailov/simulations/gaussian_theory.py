"""Refitted Gaussians beside their closed forms (claims T3 to T7, and the 1-D loops of SI Fig. 3 to 5).

Every experiment writes ``outputs["table"]``, Parquet with the columns of ``SUMMARY_SCHEMA``; a generation is a number of
fits made.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from modelcollapse.densities.gaussian import closed_forms as gaussian
from modelcollapse.densities.gaussian import multivariate as gaussian_multivariate
from modelcollapse.densities.gaussian.refitted_chains import Paths, simulate_fixed_draw, simulate_pool, simulate_refits
from modelcollapse.runtime.seeds import generator
from modelcollapse.simulation.rows import SummaryRows
from modelcollapse.simulation.summaries import (
    Simulated,
    mean_of,
    quantile_of,
    root_mean_square_of,
    standard_deviation_of,
    variance_over_chains,
)

if TYPE_CHECKING:
    from modelcollapse.papers.shumailov.settings import TheorySettings

UNBIASED = {20: (1, 2, 5, 10, 20, 50), **dict.fromkeys((100, 300, 1000), (1, 2, 5, 10, 20, 50, 100))}
"""Generations recorded for each constant sample size."""
GROWTH = {"constant": 0.0, "linear": 1.0, "superlinear": 1.5}
"""Exponents p of M_i = M_0 (i+1)^p."""
GROWTH_FIRST, GROWTH_GENERATIONS = 1000, 256
LARGEST_POOL = 500_000
"""Points per chain up to which the fixed-size draw, which must keep them all, is simulated."""
DIMENSIONS = {
    "d=3, M=50": (3, 50, (1, 2, 5, 10, 20, 40, 100, 200)),
    "d=10, M=100": (10, 100, (1, 2, 5, 10, 20, 40, 100)),
}
SINGLE_FITS = (10, 30, 100, 500, 1000, 10**4, 10**5, 10**6, 10**7)


def simulate_unbiased(settings: TheorySettings, outputs: Mapping[str, Path]) -> None:
    """Unbiased refits on constant sample sizes (T3, T4)."""
    rows = SummaryRows("shumailov", "gaussian_unbiased")
    for samples, record in UNBIASED.items():
        name = f"M={samples}"
        random = generator("theory", rows.experiment, settings.seed, name)
        paths = simulate_refits([samples] * record[-1], settings.replicates, random, record)
        _add_risk(rows, name, samples, paths, lambda n, size=samples: np.full(n, size))
        for row, n in enumerate(record):
            _add_spread(rows, name, samples, n, paths.variance[row])
    rows.write(outputs["table"], settings)


def simulate_growth(settings: TheorySettings, outputs: Mapping[str, Path]) -> None:
    """Unbiased refits on sample sizes that are constant, grow linearly, or grow superlinearly (T5)."""
    rows = SummaryRows("shumailov", "gaussian_growth")
    record = _powers_of_two(GROWTH_GENERATIONS)
    for name, exponent in GROWTH.items():
        random = generator("theory", rows.experiment, settings.seed, name)
        sizes = gaussian.growing_sample_sizes(GROWTH_FIRST, GROWTH_GENERATIONS, exponent)
        paths = simulate_refits(sizes, max(100, settings.replicates // 10), random, record)
        _add_risk(rows, name, GROWTH_FIRST, paths, lambda n, sizes=sizes: sizes[:n])
    rows.write(outputs["table"], settings)


def _add_risk(rows: SummaryRows, name: str, samples: int, paths: Paths, sizes) -> None:
    """The moments for which the theorem has formulas; ``sizes(n)`` are the sizes of the first n fits."""
    for row, generation in enumerate(paths.generations):
        n = int(generation)
        mean, variance, used = paths.mean[row], paths.variance[row], sizes(n)
        risk = gaussian.wasserstein2_squared(mean, np.sqrt(variance))
        published = gaussian.expected_risk_paper(used)
        rows.add(name, samples, n, "expected_risk", mean_of(risk), gaussian.expected_risk(used), published)
        exact = gaussian.variance_of_sample(used)
        # E[X^2] given a chain is variance + mean^2: the points themselves need not be drawn
        constant = used[0] == used[-1]
        published = 1 + n / samples if constant else float("nan")
        rows.add(name, samples, n, "variance_of_sample", mean_of(variance + mean**2), exact, published)
        rows.add(name, samples, n, "variance_of_mean", mean_of(mean**2), gaussian.variance_of_mean(used))
        rows.add(name, samples, n, "variance_of_risk", variance_over_chains(risk))


def _add_spread(rows: SummaryRows, name: str, samples: int, n: int, variance: np.ndarray, ddof: int = 1) -> None:
    """The mean variance and the typical one, which part company."""
    sizes = np.full(n, samples)
    exact = gaussian.expected_variance(sizes, 1.0, ddof)
    rows.add(name, samples, n, "expected_variance", mean_of(variance), exact)
    exact = gaussian.expected_log_variance(sizes, 1.0, ddof)
    rows.add(name, samples, n, "expected_log_variance", mean_of(np.log(variance)), exact)
    exact = gaussian.median_variance(samples, n, 1.0, ddof)
    rows.add(name, samples, n, "median_variance", quantile_of(variance), exact)


def simulate_loop(settings: TheorySettings, outputs: Mapping[str, Path]) -> None:
    """The notebook's loop: ``ddof=0``, a long way (SI Fig. 3). The first chain is also reported on its own."""
    rows = SummaryRows("shumailov", "gaussian_loop")
    record = _spaced(settings.loop_generations)
    for samples in settings.loop_samples:
        name = f"M={samples}"
        random = generator("theory", rows.experiment, settings.seed, name)
        sizes = [samples] * settings.loop_generations
        paths = simulate_refits(sizes, settings.loop_replicates, random, record, ddof=0)
        for row, n in enumerate(record):
            mean, sd = paths.mean[row], np.sqrt(paths.variance[row])
            _add_spread(rows, name, samples, n, paths.variance[row], ddof=0)
            for label, probability in (("median_sd", 0.5), ("sd_quantile_05", 0.05), ("sd_quantile_95", 0.95)):
                exact = np.sqrt(gaussian.variance_quantile(probability, sizes[:n], 1.0, 0))
                rows.add(name, samples, n, label, quantile_of(sd, probability), exact)
            exact = np.sqrt(gaussian.variance_of_mean(sizes[:n], 1.0, 0))
            rows.add(name, samples, n, "rms_mean_error", root_mean_square_of(mean), exact)
            rows.add(name, samples, n, "median_absolute_mean_error", quantile_of(np.abs(mean)))
            rows.add(name, samples, n, "median_absolute_sd_error", quantile_of(np.abs(sd - 1)))
            single = {"single_run_absolute_mean_error": abs(mean[0]), "single_run_absolute_sd_error": abs(sd[0] - 1)}
            for label, value in single.items():
                rows.add(name, samples, n, label, Simulated(value, float("nan"), 1))
    rows.write(
        outputs["table"],
        settings,
        note="ddof=0; means of the variance are carried by rare chains once generations exceed samples",
    )


def simulate_pools(settings: TheorySettings, outputs: Mapping[str, Path]) -> None:
    """Training on the last sample, on a fixed-size draw from all samples, and on all samples (T7; SI Fig. 4 and 5)."""
    rows = SummaryRows("shumailov", "gaussian_pool")
    record, last = _spaced(settings.loop_generations), settings.loop_generations
    for samples in settings.loop_samples:
        for regime in ("replace", "fixed_draw", "pool"):
            if regime == "fixed_draw" and samples * last > LARGEST_POOL:
                continue
            name = f"{regime}, M={samples}"
            random = generator("theory", rows.experiment, settings.seed, name)
            if regime == "replace":
                paths = simulate_refits([samples] * last, settings.pool_replicates, random, record, ddof=0)
            elif regime == "fixed_draw":
                paths = simulate_fixed_draw(samples, last, settings.pool_replicates, random, record)
            else:
                paths = simulate_pool(samples, last, settings.pool_replicates, random, record)
            for row, n in enumerate(record):
                _add_pool(rows, name, regime, samples, n, paths.mean[row], paths.variance[row])
    rows.write(outputs["table"], settings, note="ddof=0; the fixed-size draw has no closed form here")


def _add_pool(
    rows: SummaryRows, name: str, regime: str, samples: int, n: int, mean: np.ndarray, variance: np.ndarray
) -> None:
    expected, squared_error = float("nan"), float("nan")
    if regime == "replace":
        sizes = np.full(n, samples)
        expected = gaussian.expected_variance(sizes, 1.0, 0)
        squared_error = gaussian.variance_of_mean(sizes, 1.0, 0)
    elif regime == "pool":
        expected = gaussian.accumulate_variance_ratio(samples, n)
        squared_error = gaussian.accumulate_squared_mean_error(samples, n)
    sd = np.sqrt(variance)
    rows.add(name, samples, n, "rms_mean_error", root_mean_square_of(mean), np.sqrt(squared_error))
    rows.add(name, samples, n, "rms_sd_error", root_mean_square_of(sd - 1))
    rows.add(name, samples, n, "mean_sd", mean_of(sd))
    rows.add(name, samples, n, "sd_of_sd", standard_deviation_of(sd))
    rows.add(name, samples, n, "expected_variance", mean_of(variance), expected)


def simulate_dimensions(settings: TheorySettings, outputs: Mapping[str, Path]) -> None:
    """Theorem 3.1 in several dimensions, from N(0, I) (T6)."""
    rows = SummaryRows("shumailov", "gaussian_multivariate")
    for name, (dimension, samples, record) in DIMENSIONS.items():
        random = generator("theory", rows.experiment, settings.seed, name)
        start = np.eye(dimension)
        paths = gaussian_multivariate.simulate_multivariate_refits(
            start, samples, record[-1], settings.multivariate_replicates, random, record
        )
        for row, n in enumerate(record):
            factor, mean, log_determinant = paths.factor[row], paths.mean[row], paths.log_determinant[row]
            trace = np.sum(factor**2, axis=(1, 2))
            exact = gaussian_multivariate.expected_trace(start)
            rows.add(name, samples, n, "expected_trace", mean_of(trace), exact)
            rows.add(name, samples, n, "median_trace", quantile_of(trace))
            exact = gaussian_multivariate.expected_squared_mean_error(start, samples, n)
            rows.add(name, samples, n, "squared_mean_error", mean_of(np.sum(mean**2, axis=1)), exact)
            exact = gaussian_multivariate.expected_log_determinant(start, samples, n)
            rows.add(name, samples, n, "expected_log_determinant", mean_of(log_determinant), exact)
            rows.add(name, samples, n, "median_determinant", quantile_of(np.exp(log_determinant)))
            covariance = factor @ factor.swapaxes(1, 2)
            risk = gaussian_multivariate.wasserstein2_squared(mean, covariance, np.zeros(dimension), start)
            rows.add(name, samples, n, "expected_risk", mean_of(risk))
    rows.write(outputs["table"], settings)


def simulate_single_fits(settings: TheorySettings, outputs: Mapping[str, Path]) -> None:
    """One fit on n points: mean and standard deviation over repeats of the fitted parameters (``ddof=0``)."""
    rows = SummaryRows("shumailov", "single_fit")
    for samples in SINGLE_FITS:
        name = f"M={samples}"
        random = generator("theory", rows.experiment, settings.seed, name)
        paths = simulate_refits([samples], settings.loop_replicates, random, ddof=0)
        sd, mean = np.sqrt(paths.variance[0]), paths.mean[0]
        rows.add(name, samples, 1, "mean_of_sd", mean_of(sd), gaussian.expected_fitted_sd(samples))
        rows.add(name, samples, 1, "sd_of_sd", standard_deviation_of(sd), gaussian.sd_of_fitted_sd(samples))
        rows.add(name, samples, 1, "mean_of_mean", mean_of(mean), 0.0)
        rows.add(name, samples, 1, "sd_of_mean", standard_deviation_of(mean), 1 / np.sqrt(samples))
    rows.write(
        outputs["table"],
        settings,
        note="the notebook's figure titled mu_hat shows numpy.std of each fit: compare with mean_of_sd",
    )


def _spaced(last: int) -> list[int]:
    """About 25 generations from 1 to ``last``, evenly spaced on a log scale."""
    return sorted({round(float(n)) for n in np.geomspace(1, last, 25)})


def _powers_of_two(last: int) -> list[int]:
    """1, 2, 4, ... up to ``last``, and ``last``."""
    return sorted({2**power for power in range(last.bit_length()) if 2**power <= last} | {last})
