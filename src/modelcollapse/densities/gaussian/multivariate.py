"""A d-dimensional Gaussian refitted on its own samples with unbiased estimates (Shumailov et al., Theorem 3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import psi


@dataclass(frozen=True)
class MultivariatePaths:
    """States of r chains at recorded generations (number of fits made)."""

    generations: np.ndarray
    """[t]."""
    mean: np.ndarray
    """[t, r, d]."""
    factor: np.ndarray
    """Lower Cholesky factors of the covariances, [t, r, d, d]."""
    log_determinant: np.ndarray
    """ln det of the covariances, [t, r]: summed on its own, so that it stays exact after the covariance underflows."""


def expected_trace(covariance: np.ndarray) -> float:
    """E tr Sigma_n = tr Sigma_0 for every n."""
    return float(np.trace(check_covariance(covariance)))


def expected_squared_mean_error(covariance: np.ndarray, samples: int, iteration: int) -> float:
    """E |mu_n - mu_0|^2 = tr(Sigma_0) n / M: a lower bound of E[W2^2] that grows without limit."""
    covariance = check_covariance(covariance)
    check_sample_size(samples, len(covariance))
    _check_iteration(iteration)
    return float(np.trace(covariance) * iteration / samples)


def log_determinant_drift(dimension: int, samples: int) -> float:
    """E[ln det Sigma_{n+1} - ln det Sigma_n] = sum_{i=1..d} psi((M-i)/2) + d ln 2 - d ln(M-1): always negative."""
    check_sample_size(samples, dimension)
    degrees = (samples - np.arange(1, dimension + 1)) / 2
    return float(np.sum(psi(degrees)) + dimension * (np.log(2) - np.log(samples - 1)))


def expected_log_determinant(covariance: np.ndarray, samples: int, iteration: int) -> float:
    """E ln det Sigma_n; since it falls without limit, Sigma_n -> 0 almost surely in determinant."""
    covariance = check_covariance(covariance)
    _check_iteration(iteration)
    start = float(np.linalg.slogdet(covariance)[1])
    return start + iteration * log_determinant_drift(len(covariance), samples)


def wasserstein2_squared(
    mean: np.ndarray, covariance: np.ndarray, mean0: np.ndarray, covariance0: np.ndarray
) -> np.ndarray | float:
    """Squared 2-Wasserstein distance between Gaussians.

    |m - m0|^2 + tr(C + C0 - 2 (C0^1/2 C C0^1/2)^1/2).

    Args:
        mean: [..., d].
        covariance: [..., d, d], positive semi-definite.
        mean0: [d].
        covariance0: [d, d], positive definite.
    """
    covariance0 = check_covariance(covariance0)
    values, vectors = np.linalg.eigh(covariance0)
    root = (vectors * np.sqrt(values)) @ vectors.T
    middle = np.linalg.eigvalsh(root @ np.asarray(covariance, dtype=np.float64) @ root)
    cross = np.sum(np.sqrt(np.maximum(middle, 0.0)), axis=-1)
    traces = np.trace(covariance, axis1=-2, axis2=-1) + np.trace(covariance0)
    distance = np.sum((np.asarray(mean) - mean0) ** 2, axis=-1) + traces - 2 * cross
    result = np.maximum(distance, 0.0)
    return float(result) if result.ndim == 0 else result


def simulate_multivariate_refits(
    covariance: np.ndarray,
    samples: int,
    iterations: int,
    replicates: int,
    random: np.random.Generator,
    record: Sequence[int] | None = None,
) -> MultivariatePaths:
    """Refit on the last generation's M points, starting from N(0, covariance).

    Exact without drawing points: the mean is N(mu, Sigma / M) and the covariance is Wishart with M - 1 degrees of
    freedom, L A A' L' / (M - 1) with Bartlett's triangular A, so L A / sqrt(M - 1) is the next Cholesky factor.

    Raises:
        ValueError: M <= d, a covariance that is not positive definite, or impossible numbers.
    """
    covariance = check_covariance(covariance)
    dimension = len(covariance)
    check_sample_size(samples, dimension)
    _check_iteration(iterations)
    kept = sorted({int(fit) for fit in record}) if record is not None else [iterations]
    if replicates < 1 or not kept or kept[0] < 0 or kept[-1] > iterations:
        raise ValueError(f"Generations to record must lie between 0 and {iterations}, and at least one chain must run.")
    start = np.linalg.cholesky(covariance)
    mean = np.zeros((replicates, dimension))
    factor = np.broadcast_to(start, (replicates, dimension, dimension)).copy()
    log_determinant = np.full(replicates, 2 * np.sum(np.log(np.diag(start))))
    shapes = (samples - 1 - np.arange(dimension)) / 2
    lower = np.tril_indices(dimension, -1)
    diagonal = np.arange(dimension)
    states = []
    for fit in range(iterations + 1):
        if fit in kept:
            states.append((mean.copy(), factor.copy(), log_determinant.copy()))
        if fit == kept[-1]:
            break
        normal = random.standard_normal((replicates, dimension, 1))
        mean += (factor @ normal)[..., 0] / np.sqrt(samples)
        chi_square = 2 * random.standard_gamma(shapes, (replicates, dimension)) / (samples - 1)
        bartlett = np.zeros((replicates, dimension, dimension))
        bartlett[:, diagonal, diagonal] = np.sqrt(chi_square)
        below = random.standard_normal((replicates, len(lower[0])))
        bartlett[:, lower[0], lower[1]] = below / np.sqrt(samples - 1)
        factor = factor @ bartlett
        log_determinant += np.log(chi_square).sum(axis=1)
    means, factors, determinants = (np.array(part) for part in zip(*states, strict=True))
    return MultivariatePaths(np.array(kept), means, factors, determinants)


def check_covariance(covariance: np.ndarray) -> np.ndarray:
    """The matrix, if it is symmetric and positive definite; ``ValueError`` otherwise."""
    matrix = np.asarray(covariance, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not np.all(np.isfinite(matrix)):
        raise ValueError("A covariance must be a square matrix of finite numbers.")
    if not np.allclose(matrix, matrix.T) or np.linalg.eigvalsh(matrix)[0] <= 0:
        raise ValueError("A covariance must be symmetric and positive definite.")
    return matrix


def check_sample_size(samples: int, dimension: int) -> None:
    """Raise ``ValueError`` unless M points give an invertible covariance in d dimensions."""
    if dimension < 1 or samples != int(samples) or samples <= dimension:
        raise ValueError(
            f"A covariance in {dimension} dimensions needs more than {dimension} points per generation, not {samples}."
        )


def _check_iteration(iteration: int) -> None:
    if iteration < 0 or iteration != int(iteration):
        raise ValueError(f"The number of refits must be a whole number that is not negative, not {iteration}.")
