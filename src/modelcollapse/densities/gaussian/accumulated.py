"""A d-dimensional Gaussian refitted on replaced, accumulated or drawn samples (arXiv 2410.16713, section 2).

Start: N(0, I). A cost per iteration that does not grow: of N new Gaussian points only their mean and their scatter
(Wishart, by Bartlett's triangular factor) matter, except where points are drawn from the pool. N <= d is allowed: then
the first fit is singular, and all later points lie in its N - 1 dimensions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from modelcollapse.densities.gaussian.closed_forms import check_sizes
from modelcollapse.densities.gaussian.regime_moments import check_regime
from modelcollapse.simulation.draws import draw_without_replacement

NUMBERS_AT_ONCE = 1 << 21
"""Numbers that are held together (16 MB)."""
POINTS_AS_FACTOR = 4
"""Up to this many points per dimension, drawn points themselves are the factor of their covariance."""


@dataclass(frozen=True)
class GaussianPaths:
    """States of r chains at recorded iterations (number of fits made)."""

    iterations: np.ndarray
    """[t]."""
    trace_ratio: np.ndarray
    """tr Sigma_t / d, [t, r]."""
    squared_mean_error: np.ndarray
    """|mu_t|^2, [t, r]."""
    log_determinant: np.ndarray
    """ln det Sigma_t, [t, r]; -inf where N <= d."""


def simulate_regime(
    regime: str,
    dimension: int,
    samples: int,
    iterations: int,
    chains: int,
    random: np.random.Generator,
    record: Sequence[int] | None = None,
    ddof: int = 0,
) -> GaussianPaths:
    """Refit from N(0, I_d).

    Args:
        regime: replace, accumulate or accumulate_subsample.
        dimension: d.
        samples: points N >= 2 of every iteration.
        iterations: fits; 1 is the fit on real points.
        chains: independent chains r.
        random: the stream.
        record: fits whose state is kept; default: all.
        ddof: 0 for maximum likelihood (divisor N), 1 for the unbiased covariance.

    Raises:
        ValueError: an unknown regime (the valid ones are listed), or impossible numbers.
    """
    check_regime(regime)
    check_sizes(samples)
    if dimension < 1 or iterations < 1 or chains < 1 or ddof not in (0, 1):
        raise ValueError(
            "A simulation needs at least one dimension, fit and chain, and ddof 0 or 1, "
            f"but got {dimension}, {iterations}, {chains} and {ddof}."
        )
    kept = sorted(set(range(1, iterations + 1) if record is None else map(int, record)))
    if not kept or kept[0] < 1 or kept[-1] > iterations:
        raise ValueError(f"Iterations to record must lie between 1 and {iterations}, but they are {kept}.")
    simulate = {"replace": _replace, "accumulate": _accumulate, "accumulate_subsample": _draw}[regime]
    held = iterations * samples * dimension if regime == "accumulate_subsample" else 4 * dimension**2
    together = max(1, NUMBERS_AT_ONCE // held)
    parts = []
    for start in range(0, chains, together):
        count = min(together, chains - start)
        states = simulate(dimension, samples, kept[-1], count, random, ddof)
        parts.append([state for fit, state in enumerate(states, 1) if fit in kept])
    joined = [[np.concatenate([part[row][k] for part in parts]) for row in range(len(kept))] for k in range(3)]
    return GaussianPaths(np.array(kept), *(np.array(values) for values in joined))


State = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Trace ratio, squared error of the mean and log determinant of each chain."""


def _replace(
    dimension: int, samples: int, iterations: int, chains: int, random: np.random.Generator, ddof: int
) -> Iterator[State]:
    """Products of Bartlett factors: the covariance may underflow, its factor's logarithm does not."""
    mean = np.zeros((chains, dimension))
    factor = np.broadcast_to(np.eye(dimension), (chains, dimension, dimension))
    log_determinant = np.zeros(chains)
    for _ in range(iterations):
        mean = mean + _times(factor, _normal(chains, factor.shape[2], random)) / np.sqrt(samples)
        bartlett = wishart_factor(factor.shape[2], samples - 1, chains, random) / np.sqrt(samples - ddof)
        log_determinant = log_determinant + _log_determinant(bartlett)
        factor = factor @ bartlett
        yield np.sum(factor**2, axis=(1, 2)) / dimension, np.sum(mean**2, axis=1), log_determinant


def _accumulate(
    dimension: int, samples: int, iterations: int, chains: int, random: np.random.Generator, ddof: int
) -> Iterator[State]:
    """Running count, mean and scatter of the pool, in the coordinates of the first fit: x = mean_1 + F_1 y."""
    first_mean = _normal(chains, dimension, random) / np.sqrt(samples)
    first = wishart_factor(dimension, samples - 1, chains, random) / np.sqrt(samples - ddof)
    rank = first.shape[2]
    gram = first.swapaxes(1, 2) @ first
    first_log = _log_determinant(first) if rank == dimension else np.full(chains, -np.inf)
    mean = np.zeros((chains, rank))
    covariance = np.broadcast_to(np.eye(rank), (chains, rank, rank))
    scatter = covariance * (samples - ddof)
    for fit in range(1, iterations + 1):
        factor = np.linalg.cholesky(covariance)
        centre = first_mean + _times(first, mean)
        trace = np.sum(gram * covariance, axis=(1, 2)) / dimension
        yield trace, np.sum(centre**2, axis=1), first_log + _log_determinant(factor)
        if fit == iterations:
            break
        distance = _times(factor, _normal(chains, rank, random)) / np.sqrt(samples)
        root = factor @ wishart_factor(rank, samples - 1, chains, random)
        # the pool's mean is the fitted one, so that `distance` is also that of the new points' mean from it
        between = samples * fit / (fit + 1) * distance[:, :, None] * distance[:, None, :]
        scatter = scatter + root @ root.swapaxes(1, 2) + between
        mean = mean + distance / (fit + 1)
        covariance = scatter / (samples * (fit + 1) - ddof)


def _draw(
    dimension: int, samples: int, iterations: int, chains: int, random: np.random.Generator, ddof: int
) -> Iterator[State]:
    """All points are kept; each fit uses N of them."""
    pool = np.empty((chains, iterations * samples, dimension))
    mean = np.zeros((chains, dimension))
    factor = np.broadcast_to(np.eye(dimension), (chains, dimension, dimension))
    chain = np.arange(chains)[:, None]
    for fit in range(1, iterations + 1):
        held = fit * samples
        normal = random.standard_normal((chains, samples, factor.shape[2]))
        np.add(normal @ factor.swapaxes(1, 2), mean[:, None], out=pool[:, held - samples : held])
        rows = pool[chain, draw_without_replacement(held, samples, chains, random)]
        mean = rows.mean(axis=1)
        centred = (rows - mean[:, None]) / np.sqrt(samples - ddof)
        trace = np.sum(centred**2, axis=(1, 2)) / dimension
        if samples <= dimension:
            log_determinant = np.full(chains, -np.inf)
        else:
            log_determinant = np.linalg.slogdet(centred.swapaxes(1, 2) @ centred)[1]
        yield trace, np.sum(mean**2, axis=1), log_determinant
        few = samples <= POINTS_AS_FACTOR * dimension
        factor = centred.swapaxes(1, 2) if few else np.linalg.cholesky(centred.swapaxes(1, 2) @ centred)


def wishart_factor(dimension: int, freedom: int, chains: int, random: np.random.Generator) -> np.ndarray:
    """A with A A' ~ Wishart(I_d, f), lower trapezoidal, [chains, d, min(d, f)]: Bartlett's decomposition.

    The law of the triangular factor of a d x f matrix of standard normals: square roots of chi-squares of f, f-1, ... on
    the diagonal, standard normals below; it also holds for f < d, where the Wishart law is singular.
    """
    rank = min(dimension, freedom)
    factor = np.zeros((chains, dimension, rank))
    diagonal = np.arange(rank)
    factor[:, diagonal, diagonal] = np.sqrt(2 * random.standard_gamma((freedom - diagonal) / 2, (chains, rank)))
    rows, columns = np.tril_indices(dimension, -1, rank)
    factor[:, rows, columns] = random.standard_normal((chains, len(rows)))
    return factor


def _log_determinant(factor: np.ndarray) -> np.ndarray:
    if factor.shape[2] < factor.shape[1]:
        return np.full(len(factor), -np.inf)
    return 2 * np.sum(np.log(np.diagonal(factor, axis1=1, axis2=2)), axis=1)


def _normal(chains: int, dimension: int, random: np.random.Generator) -> np.ndarray:
    return random.standard_normal((chains, dimension))


def _times(matrices: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    return (matrices @ vectors[..., None])[..., 0]
