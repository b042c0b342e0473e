"""Kernel density estimates refitted on their own samples: bandwidths, exact growth of the variance, log densities.

A draw from a Gaussian KDE is one of its points plus h times standard normal noise. So a point's ancestry is a real point
and a number of kernels; averaged over runs the fitted density is the real one blurred by them, exactly and for every N.
"""

from __future__ import annotations

import numpy as np

from modelcollapse.densities.gaussian.regime_moments import check_regime

POINTS_AT_ONCE = 512
"""Points whose kernels are evaluated together on all test points: they fit into the cache."""


def bandwidth_of(rule: float | str, points: int, dimension: int) -> float:
    """Standard deviation of the kernel.

    A number is itself. ``scott`` is n^(-1/(d+4)) and ``silverman`` (n (d+2)/4)^(-1/(d+4)), both without the data's own
    spread, as in scikit-learn's ``KernelDensity``, which the sequel uses.

    Raises:
        ValueError: a bandwidth that is not positive, an unknown rule (the valid ones are listed), or no point.
    """
    if points < 1 or dimension < 1:
        raise ValueError(f"A density needs points and dimensions, but there are {points} and {dimension}.")
    if rule == "scott":
        return float(points ** (-1 / (dimension + 4)))
    if rule == "silverman":
        return float((points * (dimension + 2) / 4) ** (-1 / (dimension + 4)))
    if isinstance(rule, str):
        raise ValueError(f"There is no bandwidth rule '{rule}': expected a number, scott or silverman.")
    if not (np.isfinite(rule) and rule > 0):
        raise ValueError(f"The bandwidth of a kernel must be a positive number, not {rule}.")
    return float(rule)


def bandwidths(regime: str, rule: float | str, samples: int, dimension: int, iterations: int) -> np.ndarray:
    """Bandwidth of fits 1..n, [n]: only ``accumulate`` fits more and more points."""
    check_regime(regime)
    growth = np.arange(1, iterations + 1) if regime == "accumulate" else np.ones(iterations, dtype=int)
    return np.array([bandwidth_of(rule, int(times) * samples, dimension) for times in growth])


def expected_added_variance(
    regime: str, rule: float | str, samples: int, dimension: int, iterations: int
) -> np.ndarray:
    """Exact variance per dimension that fits 1..n add to the real distribution on average over runs, [n].

    v_t = h_t^2 + v_{t-1} for replace; v_t = h_t^2 + mean of v_0 .. v_{t-1}, v_0 = 0, for accumulate and
    accumulate_subsample, since each held point is real or written by an earlier fit. With a fixed bandwidth: h^2 t, and
    h^2 (1 + 1/2 + ... + 1/t), which grows like h^2 ln t without bound. With Scott's or Silverman's rule accumulate stays
    finite, because the bandwidth falls with the pool.
    """
    squares = bandwidths(regime, rule, samples, dimension, iterations) ** 2
    if regime == "replace":
        return np.cumsum(squares)
    added, past = np.empty(iterations), 0.0
    for fit in range(1, iterations + 1):
        added[fit - 1] = squares[fit - 1] + past / fit
        past += added[fit - 1]
    return added


def kernels_of_a_draw(regime: str, iterations: int) -> np.ndarray:
    """P(a draw of fit n has passed through k kernels), k = 0..n, [n + 1]; for bandwidths that stay the same.

    replace: n. accumulate and accumulate_subsample: the law of the sum of independent Bernoulli(1/i), i = 1..n (the number
    of records of n values), with mean 1 + 1/2 + ... + 1/n.
    """
    check_regime(regime)
    law = np.zeros(iterations + 1)
    if regime == "replace":
        law[iterations] = 1.0
        return law
    law[0] = 1.0
    for fit in range(1, iterations + 1):
        law[1:] = law[1:] * (1 - 1 / fit) + law[:-1] / fit
        law[0] *= 1 - 1 / fit
    return law


def log_kernel_sum(test: np.ndarray, points: np.ndarray, bandwidth: float) -> np.ndarray:
    """ln sum_j exp(-|x_i - y_j|^2 / (2 h^2)) at test points x [m, d] for points y [n, d], [m].

    Shifted by the largest term of each block, so that far points do not underflow; exponentials in single precision: the
    error of the result is below 1e-5.
    """
    centre = points.mean(axis=0)
    left, right = (test - centre) / bandwidth, (points - centre) / bandwidth
    left = np.column_stack([left, -0.5 * np.sum(left**2, axis=1), np.ones(len(left))])
    total = np.full(len(test), -np.inf)
    for start in range(0, len(points), POINTS_AT_ONCE):
        block = right[start : start + POINTS_AT_ONCE]
        block = np.column_stack([block, np.ones(len(block)), -0.5 * np.sum(block**2, axis=1)])
        exponent = left @ block.T
        largest = exponent.max(axis=1)
        exponent -= largest[:, None]
        terms = np.exp(exponent.astype(np.float32)).sum(axis=1, dtype=np.float64)
        total = np.logaddexp(total, largest + np.log(terms))
    return total


def log_density(kernel_sum: np.ndarray, points: int, dimension: int, bandwidth: float) -> np.ndarray:
    """Log density of a Gaussian KDE of n points, from ``log_kernel_sum``."""
    return kernel_sum - np.log(points) - dimension * (np.log(bandwidth) + 0.5 * np.log(2 * np.pi))
