"""Seconds of the mixture recursion per sample size, and of scikit-learn on the same task in the same run.

Usage: OMP_NUM_THREADS=1 python benchmarks/mixture.py [--generations 2050]
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from sklearn.mixture import GaussianMixture

from modelcollapse.densities.mixture.mixture_chains import refit_chains
from modelcollapse.densities.mixture.settings import MixtureSettings

SIZES = [
    # samples, chains, share of the generations that is run (the rest is extrapolated)
    (500, 20, 1.0),
    (1000, 20, 1.0),
    (10_000, 2, 0.1),
    (50_000, 1, 0.02),
    (200_000, 1, 0.01),
]


def seconds_of(settings: MixtureSettings) -> float:
    """CPU seconds of all chains."""
    start = time.process_time()
    refit_chains(settings)
    return time.process_time() - start


def seconds_of_scikit_learn(samples: int, generations: int) -> float:
    """CPU seconds of one chain as in the authors' notebook."""
    start = time.process_time()
    points = np.random.default_rng(0).standard_normal((samples, 2))
    for generation in range(generations + 1):
        model = GaussianMixture(2, tol=1e-5, max_iter=2000, random_state=generation).fit(points)
        points = model.sample(samples)[0]
    return time.process_time() - start


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generations", type=int, default=2050)
    generations = parser.parse_args().generations
    print("samples  chains  generations  seconds  seconds per chain of all generations")
    for samples, chains, share in SIZES:
        steps = max(5, int(generations * share))
        seconds = seconds_of(MixtureSettings(samples=samples, generations=steps, seeds=chains))
        per_chain = seconds / chains * generations / steps
        print(f"{samples:7d}  {chains:6d}  {steps:11d}  {seconds:7.1f}  {per_chain:7.1f}", flush=True)
    seconds = seconds_of_scikit_learn(1000, generations)
    print(
        f"scikit-learn, 1000 samples, 1 chain, {generations} generations: {seconds:.1f} s (3 chains: {3 * seconds:.1f})"
    )


if __name__ == "__main__":
    main()
