"""The E-step and the M-step of a stack of two-dimensional Gaussian mixtures, as matrix products on six features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RIDGE = 1e-6
"""Added to the variances, as scikit-learn's ``reg_covar``."""
EMPTY = 10 * np.finfo(np.float64).eps
"""Added to the number of points of a component, as in scikit-learn."""
BLOCK = 12288
"""Points worked on at once (0.7 MB with everything that belongs to them): they stay in a core's L2 cache."""
LARGEST_EXPONENT = 700.0
"""Log odds are cut here, just below the overflow of ``exp``."""


@dataclass
class Parameters:
    """s mixtures of k components, in coordinates centred on each sample's mean."""

    weights: np.ndarray
    """[s, k]."""
    means: np.ndarray
    """[s, k, 2]."""
    covariances: np.ndarray
    """[s, k, 3]: xx, xy, yy."""

    @staticmethod
    def standard(samples: int, components: int) -> Parameters:
        """Equal weights, zero means, unit covariances."""
        covariances = np.tile([1.0, 0.0, 1.0], (samples, components, 1))
        return Parameters(
            np.full((samples, components), 1 / components), np.zeros((samples, components, 2)), covariances
        )

    def put(self, rows: np.ndarray, other: Parameters) -> None:
        """Overwrite some rows."""
        self.weights[rows], self.means[rows], self.covariances[rows] = other.weights, other.means, other.covariances

    def rows(self, rows: np.ndarray) -> Parameters:
        """A copy of some rows."""
        return Parameters(self.weights[rows], self.means[rows], self.covariances[rows])

    def of(self, row: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Weights [k], means [k, 2] and covariances [k, 2, 2] of one mixture."""
        covariances = self.covariances[row][:, [0, 1, 1, 2]].reshape(-1, 2, 2)
        return self.weights[row].copy(), self.means[row].copy(), covariances


class Workspace:
    """Arrays that every E-step on the same stack uses again, because fresh memory costs more than the arithmetic."""

    def __init__(self, samples: int, components: int, count: int) -> None:
        self.size = -(-count // -(-count // BLOCK))
        self.joint = np.empty((samples, components, self.size))
        self.total = np.empty((samples, self.size))

    def of(self, size: int) -> tuple[np.ndarray, np.ndarray]:
        return self.joint[:, :, :size], self.total[:, :size]


def stack_size(count: int) -> int:
    """Most samples of ``count`` points that are worked on together."""
    return max(1, 2 * BLOCK // count)


def features_of(coordinates: np.ndarray) -> np.ndarray:
    """1, x, y, x^2, xy, y^2 of the coordinates [s, 2, n] of points, as [s, 6, n]."""
    features = np.empty((coordinates.shape[0], 6, coordinates.shape[2]))
    features[:, 0] = 1.0
    features[:, 1:3] = coordinates
    x, y = features[:, 1], features[:, 2]
    np.multiply(x, x, out=features[:, 3])
    np.multiply(x, y, out=features[:, 4])
    np.multiply(y, y, out=features[:, 5])
    return features


def expect(features: np.ndarray, parameters: Parameters, workspace: Workspace) -> tuple[np.ndarray, np.ndarray]:
    """Features [s, 6, n] summed with their responsibilities [s, k, 6], and the mean log-likelihood [s] (nats)."""
    coefficients = log_density_coefficients(parameters)
    block_of = _two_components if coefficients.shape[1] == 2 else _any_components
    count = features.shape[2]
    totals, likelihood = np.zeros_like(coefficients), np.zeros(len(features))
    for start in range(0, count, workspace.size):
        block = features[:, :, start : start + workspace.size]
        more, gained = block_of(block, coefficients, *workspace.of(block.shape[2]))
        totals += more
        likelihood += gained
    return totals, likelihood / count


def _two_components(
    features: np.ndarray, coefficients: np.ndarray, joint: np.ndarray, total: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The E-step from the log odds of the first component, with one exponential and one logarithm per point."""
    odds, certain = joint[:, 0], joint[:, 1]
    np.matmul(coefficients[:, :1] - coefficients[:, 1:], features, out=joint[:, :1])
    np.minimum(odds, LARGEST_EXPONENT, out=odds)
    np.exp(odds, out=odds)
    np.add(odds, 1.0, out=total)
    np.divide(1.0, total, out=certain)
    np.multiply(odds, certain, out=odds)
    totals = joint @ features.swapaxes(1, 2)
    np.log(total, out=total)
    # log p = log(second component) + log(1 + odds), and the first term is linear in the features
    second = np.sum(coefficients[:, 1] * totals.sum(axis=1), axis=1)
    return totals, second + total.sum(axis=1)


def _any_components(
    features: np.ndarray, coefficients: np.ndarray, joint: np.ndarray, total: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The E-step by a softmax over the components."""
    np.matmul(coefficients, features, out=joint)
    largest = joint.max(axis=1)
    joint -= largest[:, None]
    np.exp(joint, out=joint)
    np.sum(joint, axis=1, out=total)
    joint /= total[:, None]
    totals = joint @ features.swapaxes(1, 2)
    np.log(total, out=total)
    return totals, largest.sum(axis=1) + total.sum(axis=1)


def log_density_coefficients(parameters: Parameters) -> np.ndarray:
    """Coefficients [s, k, 6] of the features in log(weight x density)."""
    covariances, means = parameters.covariances, parameters.means
    xx, xy, yy = covariances[..., 0], covariances[..., 1], covariances[..., 2]
    x, y = means[..., 0], means[..., 1]
    determinant = xx * yy - xy * xy
    coefficients = np.empty((*determinant.shape, 6))
    first, second = coefficients[..., 1], coefficients[..., 2]
    np.divide(yy * x - xy * y, determinant, out=first)
    np.divide(xx * y - xy * x, determinant, out=second)
    np.divide(covariances[..., ::-1], determinant[..., None], out=coefficients[..., 3:])
    coefficients[..., 3:] *= (-0.5, 1.0, -0.5)
    # a component without points has the weight 2e-15 / n, as in scikit-learn, so that its logarithm exists
    scale = np.log(parameters.weights * parameters.weights / determinant) - (first * x + second * y)
    np.subtract(0.5 * scale, np.log(2 * np.pi), out=coefficients[..., 0])
    return coefficients


def maximise(totals: np.ndarray, centres: np.ndarray, chains: np.ndarray) -> Parameters:
    """The M-step.

    Args:
        totals: weighted feature sums, [s, k, 6].
        centres: what was subtracted from the points, [s, 2].
        chains: numbers of the chains, [s], for the message.

    Raises:
        ValueError: a covariance is not positive definite, or not a number.
    """
    counts = totals[..., 0] + EMPTY
    # EMPTY pulls the mean towards the origin of the data, as in scikit-learn: that is -centre in these coordinates
    means = (totals[..., 1:3] - EMPTY * centres[:, None]) / counts[..., None]
    x, y = means[..., 0], means[..., 1]
    covariances = np.empty((*counts.shape, 3))
    weight, sum_x, sum_y = totals[..., 0], totals[..., 1], totals[..., 2]
    covariances[..., 0] = x * (x * weight - 2 * sum_x)
    covariances[..., 1] = x * (y * weight - sum_y) - y * sum_x
    covariances[..., 2] = y * (y * weight - 2 * sum_y)
    covariances += totals[..., 3:]
    covariances /= counts[..., None]
    covariances[..., ::2] += RIDGE
    _check_positive(covariances, chains)
    return Parameters(counts / counts.sum(axis=1, keepdims=True), means, covariances)


def _check_positive(covariances: np.ndarray, chains: np.ndarray) -> None:
    xx, xy, yy = covariances[..., 0], covariances[..., 1], covariances[..., 2]
    good = (xx > 0) & (xx * yy > xy * xy)
    if not good.all():
        chain = chains[int(np.flatnonzero(~good.all(axis=1))[0])]
        raise ValueError(
            f"A component fitted in chain {chain} has a covariance that is not positive definite: its points lie on a "
            "line or on one spot. Use fewer components or more points."
        )
