"""CPU seconds of replaced and accumulated data, beside refitting the whole pool every time as the papers' code does.

Usage: OMP_NUM_THREADS=1 python benchmarks/accumulation.py [--grid] [--figure docs/accumulation_cost.svg]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from modelcollapse.densities import kde
from modelcollapse.densities.gaussian.accumulated import simulate_regime
from modelcollapse.densities.point_clouds import draw_points
from modelcollapse.papers.gerstgrasser.settings import KdeChainSettings, LinearSettings
from modelcollapse.papers.gerstgrasser.simulations.kde_chains import simulate_chain
from modelcollapse.papers.gerstgrasser.simulations.linear_grid import simulate_grid
from modelcollapse.regression import accumulation
from modelcollapse.regression.linear.refitted_labels import simulate_recursions, simulate_subsample
from modelcollapse.runtime.seeds import generator

ITERATIONS = (10, 20, 50, 100, 200)
SLOW_UP_TO = 100
"""Iterations up to which the whole pool is refitted."""
DIMENSION, SAMPLES, CHAINS = 10, 100, 20


def main() -> None:
    """Print the table of costs per iteration; with ``--grid`` also the sequel's whole linear grid."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grid", action="store_true", help="also run the sequel's linear grid")
    parser.add_argument("--figure", type=Path, help="SVG of the cost per iteration")
    options, _ = parser.parse_known_args()
    if options.grid:
        print_grid()
    costs = {name: cost_per_iteration(run, chains, most) for name, (run, chains, most) in CASES.items()}
    print(
        "| milliseconds per iteration and chain, run of n iterations |" + "|".join(f" {n} " for n in ITERATIONS) + "|"
    )
    print("|---|" + "--:|" * len(ITERATIONS))
    for name, cost in costs.items():
        print(f"| {name} |" + "|".join(f" {cost[n]:.3f} " if n in cost else " " for n in ITERATIONS) + "|")
    if options.figure:
        draw(costs, options.figure)


def print_grid() -> None:
    """The sequel's grid: d x T x noise variance, 4 regimes, 100 iterations, 100 seeds."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = seconds_of(lambda: simulate_grid(LinearSettings(), {"table": Path(folder) / "grid.parquet"}))
    print(
        f"The sequel's linear grid, 57 settings x 4 regimes x 100 seeds x 100 iterations: {seconds:.1f} CPU seconds.\n"
    )


def seconds_of(run: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    run()
    return time.process_time() - start


def cost_per_iteration(run: Callable[[int], object], chains: int, most: int) -> dict[int, float]:
    """Milliseconds per iteration and chain of runs of different lengths."""
    run(ITERATIONS[0])
    return {n: 1000 * seconds_of(lambda n=n: run(n)) / n / chains for n in ITERATIONS if n <= most}


def refit_linear(iterations: int) -> None:
    """Accumulate by the pseudo-inverse of the whole stack."""
    random = generator("benchmark", "linear")
    design = random.standard_normal((SAMPLES, DIMENSION))
    noise = [random.standard_normal((1, SAMPLES)) for _ in range(iterations)]
    accumulation.fit_by_stacking("accumulate", design, noise, np.zeros(DIMENSION))


def refit_gaussian(iterations: int) -> None:
    """Accumulate by mean and covariance of all points."""
    random = generator("benchmark", "gaussian")
    mean, covariance, pool = np.zeros(DIMENSION), np.eye(DIMENSION), np.empty((0, DIMENSION))
    for _ in range(iterations):
        pool = np.concatenate([pool, random.multivariate_normal(mean, covariance, SAMPLES)])
        mean, covariance = pool.mean(axis=0), np.cov(pool.T, ddof=0)


def refit_kde(iterations: int) -> None:
    """Accumulate and score the test set under all points, at every iteration."""
    random = generator("benchmark", "kde")
    test, pool = draw_points("circles", 500, random), draw_points("circles", SAMPLES, random)
    for _ in range(iterations):
        kde.log_kernel_sum(test, pool, 0.1)
        new = pool[random.integers(0, len(pool), SAMPLES)] + 0.1 * random.standard_normal((SAMPLES, 2))
        pool = np.concatenate([pool, new])


def _kde_chain(iterations: int) -> None:
    simulate_chain("accumulate", KdeChainSettings(data="circles", bandwidth=0.1, iterations=iterations), 0)


def _recursions(iterations: int) -> None:
    simulate_recursions(DIMENSION, SAMPLES, iterations, CHAINS, generator("benchmark"))


def _subsample(iterations: int) -> None:
    simulate_subsample(DIMENSION, SAMPLES, iterations, CHAINS, generator("benchmark"))


def _gaussian(iterations: int) -> None:
    simulate_regime("accumulate", DIMENSION, SAMPLES, iterations, CHAINS, generator("benchmark"))


CASES: dict[str, tuple[Callable[[int], object], int, int]] = {
    "linear, replace + accumulate + growing": (_recursions, CHAINS, ITERATIONS[-1]),
    "linear, accumulate_subsample": (_subsample, CHAINS, ITERATIONS[-1]),
    "linear, accumulate: whole stack refitted": (refit_linear, 1, SLOW_UP_TO),
    "Gaussian, accumulate": (_gaussian, CHAINS, ITERATIONS[-1]),
    "Gaussian, accumulate: all points refitted": (refit_gaussian, 1, SLOW_UP_TO),
    "KDE, accumulate": (_kde_chain, 1, ITERATIONS[-1]),
    "KDE, accumulate: all points scored": (refit_kde, 1, SLOW_UP_TO),
}
"""Name -> what runs that many iterations, chains side by side, and the longest run."""


def draw(costs: dict[str, dict[int, float]], path: Path) -> None:
    """Cost per iteration by the length of the run: flat here, rising where the pool is refitted."""
    from modelcollapse.presentation.style import MARKERS, PALETTE, legend_below, new_figure, plt

    figure, ((axis,),) = new_figure(1, 1, width=7.0, height=4.2)
    for place, (name, cost) in enumerate(costs.items()):
        line = "--" if ":" in name else "-"
        axis.plot(cost.keys(), cost.values(), line, marker=MARKERS[place], color=PALETTE[place], label=name)
    axis.set(xscale="log", yscale="log", xlabel="iterations of the run")
    axis.set_ylabel("CPU milliseconds per iteration and chain")
    legend_below(figure, axis, columns=2)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plt.close(figure)


if __name__ == "__main__":
    main()
