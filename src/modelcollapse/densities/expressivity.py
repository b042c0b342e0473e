"""Expressivity error alone: one Gaussian fitted to two with population moments (infinitely many samples).

Shumailov et al. state that without the other two errors it can act only at the first generation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from modelcollapse.densities.mixture.mixtures import Mixtures, squared_l2

GRID_POINTS = 20_001
GRID_WIDTH = 12.0
"""Half-width of the integration grid in standard deviations of the law."""


@dataclass(frozen=True)
class ExpressivityPath:
    """One-Gaussian fits of a law by its population moments."""

    mean: np.ndarray
    """Mean of generation n, [n + 1]; entry 0 is the law itself."""
    variance: np.ndarray
    """Variance of generation n, [n + 1]."""
    change: np.ndarray
    """Squared L2 distance between the densities of the generations n - 1 and n, n = 1.., [n]."""


def two_gaussians(separation: float = 4.0, weight: float = 0.5, variance: float = 1.0) -> Mixtures:
    """weight N(-separation/2, variance) + (1 - weight) N(separation/2, variance), in one dimension."""
    means = np.array([[-separation / 2], [separation / 2]])
    if not (np.isfinite(variance) and variance > 0):
        raise ValueError(f"The variance must be a positive number, not {variance}.")
    return Mixtures(np.array([weight, 1 - weight]), means, np.full((2, 1, 1), variance))


def population_moments(law: Mixtures) -> tuple[float, float]:
    """Mean and variance of a one-dimensional mixture: sum w m, and sum w (v + m^2) - mean^2."""
    means, variances = law.means[:, 0], law.covariances[:, 0, 0]
    mean = float(np.sum(law.weights * means))
    return mean, float(np.sum(law.weights * (variances + (means - mean) ** 2)))


def one_gaussian(mean: float, variance: float) -> Mixtures:
    """N(mean, variance) as a mixture of one."""
    return Mixtures(np.ones(1), np.array([[mean]]), np.array([[[variance]]]))


def refit_by_population_moments(law: Mixtures, generations: int) -> ExpressivityPath:
    """Closed form: the first fit has the law's moments, and every later fit is the same Gaussian."""
    _check(law, generations)
    moments, change, current = [population_moments(law)], [], law
    for _ in range(generations):
        mean, variance = population_moments(current)
        following = one_gaussian(mean, variance)
        moments.append((mean, variance))
        change.append(float(squared_l2(following, current)))
        current = following
    return ExpressivityPath(np.array(moments)[:, 0], np.array(moments)[:, 1], np.array(change))


def refit_numerically(law: Mixtures, generations: int) -> ExpressivityPath:
    """The same by integrating the densities on a grid, without using any closed form of the moments."""
    _check(law, generations)
    centre, spread = population_moments(law)
    half = GRID_WIDTH * np.sqrt(spread)
    grid = np.linspace(centre - half, centre + half, GRID_POINTS)
    step = grid[1] - grid[0]
    density = sum(
        weight * _normal(grid, mean[0], covariance[0, 0])
        for weight, mean, covariance in zip(law.weights, law.means, law.covariances, strict=True)
    )
    moments, change = [], []
    for generation in range(generations + 1):
        mean = np.sum(grid * density) * step
        variance = np.sum((grid - mean) ** 2 * density) * step
        moments.append((mean, variance))
        if generation < generations:
            following = _normal(grid, mean, variance)
            change.append(np.sum((following - density) ** 2) * step)
            density = following
    return ExpressivityPath(np.array(moments)[:, 0], np.array(moments)[:, 1], np.array(change))


def _normal(grid: np.ndarray, mean: float, variance: float) -> np.ndarray:
    return np.exp(-0.5 * (grid - mean) ** 2 / variance) / np.sqrt(2 * np.pi * variance)


def _check(law: Mixtures, generations: int) -> None:
    if law.means.ndim != 2 or law.means.shape[1] != 1:
        raise ValueError("The law must be one mixture in one dimension, such as two_gaussians().")
    if generations < 1:
        raise ValueError(f"At least one generation is needed, not {generations}.")
