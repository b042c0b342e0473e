"""Seconds of the 1-D Gaussian table (M = 100, 100 refits, 4e5 chains), and of drawing every point, extrapolated.

Usage: OMP_NUM_THREADS=1 python benchmarks/gaussian_table.py
"""

from __future__ import annotations

import time

import numpy as np

from modelcollapse.densities.gaussian import closed_forms as gaussian
from modelcollapse.densities.gaussian.refitted_chains import simulate_refits, simulate_refits_with_points
from modelcollapse.runtime.seeds import generator

SAMPLES, FITS, CHAINS, CHAINS_WITH_POINTS = 100, 100, 400_000, 4000


def main() -> None:
    """Print both times and the table's row."""
    sizes = [SAMPLES] * FITS
    start = time.process_time()
    paths = simulate_refits(sizes, CHAINS, generator("benchmark"))
    seconds = time.process_time() - start
    start = time.process_time()
    simulate_refits_with_points(sizes, CHAINS_WITH_POINTS, generator("benchmark"))
    plain = (time.process_time() - start) * CHAINS / CHAINS_WITH_POINTS
    risk = gaussian.wasserstein2_squared(paths.mean[0], np.sqrt(paths.variance[0]))
    print(
        f"mean and variance drawn: {seconds:.1f} s; every point drawn: {plain:.0f} s (from {CHAINS_WITH_POINTS} chains)"
    )
    print(f"E[W2^2] simulated {risk.mean():.4f}, exact {gaussian.expected_risk(sizes):.4f}")


if __name__ == "__main__":
    main()
