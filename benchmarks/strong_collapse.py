"""Seconds of a theory curve of 1,000 points (d = 600, power law), beside a root finder called point by point; of a design
whose features are drawn and fitted, beside one drawn through Wishart matrices; of averaged and plain simulations.

Usage: OMP_NUM_THREADS=1 python benchmarks/strong_collapse.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq

from modelcollapse.regression.ridge.designs import nested_moments, plain_ridge_error, ridge_parts
from modelcollapse.regression.ridge.effective_ridge import effective_ridge
from modelcollapse.regression.ridge.spectra import isotropic, power_law
from modelcollapse.regression.strong_collapse import random_projections, ridge
from modelcollapse.runtime.seeds import generator

POINTS, DIMENSION, SAMPLES = 1000, 600, 500
RIDGE, QUALITY, NOISE = 1e-3, 0.5, 0.01
REPLICATES = 40


def seconds(call: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    call()
    return time.process_time() - start


def by_root_finder(spectrum: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The effective ridge of Theorem 1, one call of Brent's method per point."""

    def excess(kappa: float, n: float) -> float:
        return kappa * (1 - np.sum(spectrum / (spectrum + kappa)) / n) - RIDGE

    return np.array([brentq(excess, RIDGE, 10 + RIDGE, args=(n,), xtol=1e-15) for n in sizes])


def main() -> None:
    """Print a table."""
    spectrum, grid = power_law(DIMENSION), np.linspace(10, 5000, POINTS)
    mixture = (0.5, QUALITY, NOISE, RIDGE)
    rows = [
        ("Theorem 1, 1,000 n", seconds(lambda: ridge(spectrum, grid, *mixture))),
        ("Theorem 2, 1,000 widths", seconds(lambda: random_projections(spectrum, SAMPLES, grid, *mixture))),
        (
            "Theorem 2, 1,000 widths, no ridge",
            seconds(lambda: random_projections(spectrum, SAMPLES, grid, 0.5, 0.5, 0.01, 0)),
        ),
        ("fixed point alone, 1,000 n", seconds(lambda: effective_ridge(spectrum, grid, RIDGE))),
        ("  the same by scipy.optimize.brentq", seconds(lambda: by_root_finder(spectrum, grid))),
    ]
    gap = np.max(np.abs(effective_ridge(spectrum, grid, RIDGE) / by_root_finder(spectrum, grid) - 1))
    d, n = 100, 100_000

    def drawn() -> None:
        features = generator("benchmark").standard_normal((n, d))
        part = features[: n // 2]
        ridge_parts(features.T @ features, [part.T @ part], n, isotropic(d), 0.0)

    def by_wishart() -> None:
        synthetic, total = nested_moments(generator("benchmark"), [n // 2], n, isotropic(d))
        ridge_parts(total, synthetic, n, isotropic(d), 0.0)

    rows += [
        ("one design, d = 100, n = 100,000, by Bartlett", seconds(by_wishart)),
        ("  the same, features drawn", seconds(drawn)),
    ]
    for name, call in (("averaged", averaged), ("plain", plain)):
        start = time.process_time()
        values = [call(k) for k in range(REPLICATES)]
        spent = (time.process_time() - start) / REPLICATES
        relative = np.std(values) / np.mean(values)
        # simulations for a standard error of 0.5 %
        needed = (relative / 0.005) ** 2
        rows.append((f"mean error to 0.5 %, d = 200, n = 300, {name} ({needed:.0f} simulations)", spent * needed))
    print("| what | CPU seconds |\n|---|--:|")
    for what, spent in rows:
        print(f"| {what} | {spent:.3g} |")
    print(f"\nlargest relative difference of both fixed points: {gap:.1e}")


def averaged(replicate: int) -> float:
    """Error of one design, averaged over signal, shift and noise."""
    spectrum = isotropic(200)
    synthetic, total = nested_moments(generator("benchmark", replicate), [150], 300, spectrum)
    (parts,) = ridge_parts(total, synthetic, 300, spectrum, 0.05)
    return parts.bias + QUALITY * parts.zeta + NOISE * parts.variance


def plain(replicate: int) -> float:
    """Error of one plain simulation."""
    return plain_ridge_error(generator("plain", replicate), 300, 150, isotropic(200), QUALITY, NOISE, 0.05, 1.0)


if __name__ == "__main__":
    main()
