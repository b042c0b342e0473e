"""Gaussian mixtures: sampling, and the squared L2 distance between two of them in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Mixtures:
    """One mixture of k Gaussians in d dimensions, or an array of them (leading axes ``...``).

    Raises:
        ValueError: shapes disagree, weights are negative or do not sum to 1, a covariance is not positive definite.
    """

    weights: np.ndarray
    """[..., k], non-negative, sum 1."""
    means: np.ndarray
    """[..., k, d]."""
    covariances: np.ndarray
    """[..., k, d, d], positive definite."""

    def __post_init__(self) -> None:
        for name in ("weights", "means", "covariances"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        shape = self.means.shape
        if self.weights.shape != shape[:-1] or self.covariances.shape != (*shape, shape[-1]):
            raise ValueError(
                f"The parts of a mixture have the shapes {self.weights.shape}, {shape} and {self.covariances.shape}; "
                "expected [..., k], [..., k, d] and [..., k, d, d]."
            )
        if not (np.all(self.weights >= 0) and np.allclose(self.weights.sum(axis=-1), 1.0, atol=1e-9)):
            raise ValueError("The weights of a mixture must be non-negative and sum to 1.")
        if not (np.all(np.isfinite(self.means)) and np.all(np.isfinite(self.covariances))):
            raise ValueError("The means and covariances of a mixture must be finite numbers.")
        try:
            np.linalg.cholesky(self.covariances)
        except np.linalg.LinAlgError as error:
            raise ValueError("Every covariance of a mixture must be positive definite.") from error

    def __getitem__(self, index: object) -> Mixtures:
        """The mixtures at an index of the leading axes."""
        return Mixtures(self.weights[index], self.means[index], self.covariances[index])


def overlap(first: Mixtures, second: Mixtures) -> np.ndarray:
    """Integral of the product of the two densities, [...].

    The sum over components of w_i w_j N(m_i - m_j; 0, C_i + C_j). Leading axes broadcast.
    """
    difference = first.means[..., :, None, :] - second.means[..., None, :, :]
    covariance = first.covariances[..., :, None, :, :] + second.covariances[..., None, :, :, :]
    solved = np.linalg.solve(covariance, difference[..., None])[..., 0]
    log_determinant = np.linalg.slogdet(covariance)[1]
    exponent = -0.5 * (np.sum(difference * solved, axis=-1) + log_determinant)
    dimension = first.means.shape[-1]
    products = np.exp(exponent - 0.5 * dimension * np.log(2 * np.pi))
    weights = first.weights[..., :, None] * second.weights[..., None, :]
    return np.sum(weights * products, axis=(-2, -1))


def squared_l2(first: Mixtures, second: Mixtures) -> np.ndarray:
    """Integral of (p - q)^2, [...], in closed form (Shumailov et al., SI Fig. 8). Unbounded: it grows as p narrows."""
    return np.maximum(overlap(first, first) + overlap(second, second) - 2 * overlap(first, second), 0.0)


def normalised_squared_l2(fitted: Mixtures, truth: Mixtures) -> np.ndarray:
    """``squared_l2(fitted, truth)`` over the integral of truth^2: 1 is the distance of the zero function."""
    return squared_l2(fitted, truth) / overlap(truth, truth)


def truth_of(data: str) -> Mixtures:
    """The law of the human data, in two dimensions.

    Args:
        data: ``one_blob``: N(0, I), as in the released code; ``two_blobs``: unit Gaussians at (-2, 0) and (2, 0).

    Raises:
        ValueError: another name.
    """
    if data == "one_blob":
        return Mixtures(np.ones(1), np.zeros((1, 2)), np.eye(2)[None])
    if data == "two_blobs":
        return Mixtures(np.full(2, 0.5), np.array([[-2.0, 0.0], [2.0, 0.0]]), np.stack([np.eye(2)] * 2))
    raise ValueError(f"There are no mixture data named {data!r}: expected one_blob or two_blobs.")


def sample_mixture(mixture: Mixtures, count: int, random: np.random.Generator) -> np.ndarray:
    """``count`` points of one mixture, [count, d], ordered by component.

    The numbers of points per component are multinomial, as in scikit-learn's ``GaussianMixture.sample``.
    """
    check_sample_size(count)
    return draw_points(mixture.weights, mixture.means, np.linalg.cholesky(mixture.covariances), count, random)


def draw_points(
    weights: np.ndarray, means: np.ndarray, factors: np.ndarray, count: int, random: np.random.Generator
) -> np.ndarray:
    """``sample_mixture`` from parts that are known to be valid; ``factors`` are the Cholesky factors [k, d, d]."""
    per_component = random.multinomial(count, weights / weights.sum())
    normal = random.standard_normal((means.shape[-1], count))
    points = np.empty_like(normal)
    start = 0
    for component, size in enumerate(per_component):
        part = slice(start, start + size)
        points[:, part] = factors[component] @ normal[:, part] + means[component][:, None]
        start += size
    return points.T


def check_sample_size(count: int) -> None:
    """Raise ``ValueError`` unless at least one point is asked for."""
    if count < 1:
        raise ValueError(f"A sample needs at least one point, but {count} were asked for.")
