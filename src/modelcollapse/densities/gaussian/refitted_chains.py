"""Simulations of a Gaussian refitted on its own samples, many chains at once.

The mean and the variance of M Gaussian points are independent, normal and chi-square: drawing these two numbers is
exact and replaces drawing the points. Only a fixed-size draw from the pool of all points needs the points themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelcollapse.densities.gaussian.closed_forms import check_sizes, check_variance

CHAINS_AT_ONCE = 4096
"""Chains that are advanced together: their state stays in the cache."""
POINTS_AT_ONCE = 1 << 23
"""Points of the pools that are held together (64 MB)."""


@dataclass(frozen=True)
class Paths:
    """States of r chains at recorded generations (number of fits made)."""

    generations: np.ndarray
    """[t]."""
    mean: np.ndarray
    """[t, r]."""
    variance: np.ndarray
    """[t, r]."""


def simulate_refits(
    sample_sizes: Sequence[int] | np.ndarray,
    replicates: int,
    random: np.random.Generator,
    record: Sequence[int] | None = None,
    ddof: int = 1,
    variance: float = 1.0,
) -> Paths:
    """Refit on the last generation's sample only, starting from N(0, variance).

    Args:
        sample_sizes: points of each fit in turn.
        replicates: number of chains.
        random: the stream.
        record: numbers of fits after which the state is kept; default: after the last.
        ddof: 1 for the unbiased variance, 0 for maximum likelihood.
        variance: of generation 0.

    Raises:
        ValueError: impossible sizes, replicates, ddof, variance or generations to record.
    """
    sizes = check_sizes(sample_sizes, 1)
    check_variance(variance)
    kept = _check(len(sizes), replicates, record, ddof)
    means, variances = np.empty((len(kept), replicates)), np.empty((len(kept), replicates))
    for start in range(0, replicates, CHAINS_AT_ONCE):
        part = slice(start, min(start + CHAINS_AT_ONCE, replicates))
        chains = part.stop - part.start
        mean, sd = np.zeros(chains), np.full(chains, np.sqrt(variance))
        if 0 in kept:
            means[kept.index(0), part], variances[kept.index(0), part] = mean, variance
        for fit, size in enumerate(sizes, 1):
            mean += random.standard_normal(chains) * (sd / np.sqrt(size))
            sd *= np.sqrt(2 * random.standard_gamma((size - 1) / 2, chains) / (size - ddof))
            if fit in kept:
                row = kept.index(fit)
                means[row, part], variances[row, part] = mean, sd * sd
    return Paths(np.array(kept), means, variances)


def simulate_refits_with_points(
    sample_sizes: Sequence[int], replicates: int, random: np.random.Generator, ddof: int = 1, variance: float = 1.0
) -> Paths:
    """``simulate_refits`` by drawing every point: slow, and obviously right. Every generation is kept."""
    sizes = check_sizes(sample_sizes, 1).astype(int)
    kept = _check(len(sizes), replicates, None, ddof)
    mean, sd = np.zeros(replicates), np.full(replicates, np.sqrt(check_variance(variance)))
    means, variances = [mean], [sd**2]
    for size in sizes:
        points = mean[:, None] + sd[:, None] * random.standard_normal((replicates, size))
        mean, sd = points.mean(axis=1), points.std(axis=1, ddof=ddof)
        means.append(mean)
        variances.append(sd**2)
    return Paths(np.arange(kept[-1] + 1), np.array(means), np.array(variances))


def simulate_pool(
    samples: int,
    iterations: int,
    replicates: int,
    random: np.random.Generator,
    record: Sequence[int] | None = None,
    ddof: int = 0,
) -> Paths:
    """Refit on all points drawn so far, those of generation 0 = N(0, 1) included (SI Fig. 5).

    Every fit adds ``samples`` new points of the last fit. Exact: count, mean and sum of squares of the pool are updated
    by the mean and the sum of squares of the new points.
    """
    size = float(check_sizes(samples))
    kept = _check(iterations, replicates, record, ddof)
    means, variances = np.empty((len(kept), replicates)), np.empty((len(kept), replicates))
    pool_mean, pool_squares = np.zeros(replicates), np.zeros(replicates)
    mean, fitted_variance = np.zeros(replicates), np.ones(replicates)
    if 0 in kept:
        means[kept.index(0)], variances[kept.index(0)] = mean, fitted_variance
    for fit in range(1, iterations + 1):
        new_mean = mean + np.sqrt(fitted_variance / size) * random.standard_normal(replicates)
        new_squares = fitted_variance * 2 * random.standard_gamma((size - 1) / 2, replicates)
        distance = new_mean - pool_mean
        pool_squares += new_squares + distance**2 * (size * (fit - 1) / fit)
        pool_mean = pool_mean + distance / fit
        mean, fitted_variance = pool_mean, pool_squares / (size * fit - ddof)
        if fit in kept:
            means[kept.index(fit)], variances[kept.index(fit)] = mean, fitted_variance
    return Paths(np.array(kept), means, variances)


def simulate_fixed_draw(
    samples: int,
    iterations: int,
    replicates: int,
    random: np.random.Generator,
    record: Sequence[int] | None = None,
    ddof: int = 0,
) -> Paths:
    """Refit on ``samples`` points drawn without replacement from all points so far (SI Fig. 4, described there only).

    Every fit adds ``samples`` new points to the pool, which starts with those of N(0, 1).
    """
    size = int(check_sizes(samples))
    kept = _check(iterations, replicates, record, ddof)
    together = max(1, POINTS_AT_ONCE // (size * max(iterations, 1)))
    means, variances = np.empty((len(kept), replicates)), np.empty((len(kept), replicates))
    for start in range(0, replicates, together):
        part = slice(start, min(start + together, replicates))
        chains = part.stop - part.start
        pool = np.empty((chains, size * max(iterations, 1)))
        mean, sd = np.zeros(chains), np.ones(chains)
        if 0 in kept:
            means[kept.index(0), part], variances[kept.index(0), part] = mean, sd
        for fit in range(1, iterations + 1):
            held = size * fit
            pool[:, held - size : held] = mean[:, None] + sd[:, None] * random.standard_normal((chains, size))
            drawn = pool[:, :size] if fit == 1 else _draw(pool, held, size, random)
            mean, sd = drawn.mean(axis=1), drawn.std(axis=1, ddof=ddof)
            if fit in kept:
                means[kept.index(fit), part], variances[kept.index(fit), part] = mean, sd**2
    return Paths(np.array(kept), means, variances)


def _draw(pool: np.ndarray, held: int, size: int, random: np.random.Generator) -> np.ndarray:
    """``size`` different points of the first ``held`` of each row: a uniform subset.

    Indices that repeat are drawn again until none does. Every subset is equally likely, since the rule treats all
    indices alike.
    """
    if held <= 8 * size:
        order = np.argpartition(random.random((len(pool), held)), size, axis=1)[:, :size]
        return np.take_along_axis(pool[:, :held], order, axis=1)
    chosen = np.sort(random.integers(0, held, (len(pool), size)), axis=1)
    while True:
        repeated = chosen[:, 1:] == chosen[:, :-1]
        again = int(repeated.sum())
        if again == 0:
            return np.take_along_axis(pool, chosen, axis=1)
        chosen[:, 1:][repeated] = random.integers(0, held, again)
        chosen.sort(axis=1)


def _check(iterations: int, replicates: int, record: Sequence[int] | None, ddof: int) -> list[int]:
    """The generations to record, in order."""
    if replicates < 1 or iterations < 0:
        raise ValueError(f"A simulation needs chains and fits, but got {replicates} and {iterations}.")
    if ddof not in (0, 1):
        raise ValueError(f"ddof must be 1 (unbiased variance) or 0 (maximum likelihood), not {ddof}.")
    kept = sorted({int(fit) for fit in record}) if record is not None else [iterations]
    if not kept or kept[0] < 0 or kept[-1] > iterations:
        raise ValueError(f"Generations to record must lie between 0 and {iterations}, but they are {kept}.")
    return kept
