"""The fixed point of ridge regression on random projections (Dohmatob et al., Definition 2), solved for whole grids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from modelcollapse.regression.ridge.effective_ridge import effective_ridge
from modelcollapse.regression.ridge.spectra import check_not_negative, check_sizes, check_spectrum, chunks

MOST_STEPS = 500
TOLERANCE = 1e-12


@dataclass(frozen=True)
class ProjectedRidge:
    """What the error of the random-projections model depends on besides signal, noise and shift."""

    theta: np.ndarray
    """Ridge that the d original features see."""
    u: np.ndarray
    """Variance at unit noise: (D/n) / (1 - D/n)."""
    omega: np.ndarray
    """The paper's omega / (gamma tau^2): what the random choice of projections adds."""


def projected_ridge(spectrum: np.ndarray, samples: ArrayLike, width: ArrayLike, ridge: ArrayLike) -> ProjectedRidge:
    """Solve lambda = (m/d) theta (1 - df_1(theta)/m) (1 - df_1(theta)/n) for the root with df_1 < min(m, n).

    Explicit form, algebraically equal to the four equations of Definition 2 (the tests solve those too).

    Args:
        spectrum: eigenvalues of Sigma [d].
        samples: n >= 1.
        width: m >= 1.
        ridge: lambda >= 0; 0 means the limit from above.

    Raises:
        ValueError: ridge 0 with min(m, d) = n, where the error diverges; no convergence.
    """
    values = check_spectrum(spectrum)
    n, m, penalty = np.broadcast_arrays(
        check_sizes(samples, "samples"), check_sizes(width, "width"), check_not_negative(ridge, "ridge")
    )
    diverging = (penalty == 0) & (np.minimum(m, values.size) == n)
    if np.any(diverging):
        raise ValueError(
            f"With ridge 0 the error diverges where min(width, dimension) = samples, here at {n[diverging].flat[0]:g} "
            "samples: give a positive ridge, or another width or number of samples."
        )
    triples, back = np.unique(np.stack([n.ravel(), m.ravel(), penalty.ravel()]), axis=1, return_inverse=True)
    columns = [_solve(values, *triples[:, chunk]) for chunk in chunks(triples.shape[1], values.size)]
    solved = np.concatenate(columns, axis=1)[:, back.ravel()].reshape(3, *n.shape)
    return ProjectedRidge(theta=solved[0], u=solved[1], omega=solved[2])


def _solve(spectrum: np.ndarray, n: np.ndarray, m: np.ndarray, ridge: np.ndarray) -> np.ndarray:
    """theta, u and omega, [3, points]."""
    theta = _theta(spectrum, n, m, ridge)
    sums = _Sums.at(spectrum, theta)
    left = (m - spectrum.size) + sums.lost2
    # 0/0 at theta = 0 and m = d: both limits are 0
    safe = np.where(left > 0, left, 1.0)
    degrees = sums.df2 + np.where(left > 0, sums.df12**2 / safe, 0.0)
    u = degrees / (n - degrees)
    omega = np.where(left > 0, (1 + u) * theta**2 * sums.trace / safe, 0.0)
    return np.stack([theta, u, omega])


@dataclass(frozen=True)
class _Sums:
    """Sums over the spectrum at theta, each free of cancellation."""

    lost1: np.ndarray
    """d - df_1."""
    lost2: np.ndarray
    """d - df_2."""
    df2: np.ndarray
    df12: np.ndarray
    """df_1 - df_2."""
    trace: np.ndarray
    """tr Sigma (Sigma + theta I)^-2."""

    @classmethod
    def at(cls, spectrum: np.ndarray, theta: np.ndarray) -> _Sums:
        inverse = 1 / (spectrum + theta[:, None])
        squared = inverse * inverse
        sum0, sum1, sum2 = squared.sum(axis=1), squared @ spectrum, squared @ spectrum**2
        return cls(
            lost1=theta * inverse.sum(axis=1),
            lost2=theta * (2 * sum1 + theta * sum0),
            df2=sum2,
            df12=theta * sum1,
            trace=sum1,
        )


def _theta(spectrum: np.ndarray, n: np.ndarray, m: np.ndarray, ridge: np.ndarray) -> np.ndarray:
    theta = np.zeros_like(ridge)
    positive = ridge > 0
    theta[positive] = _bracketed_newton(spectrum, n[positive], m[positive], ridge[positive])
    # without ridge the smaller of both factors vanishes: df_1 = min(m, n), or theta = 0 if that is at least d
    smaller = np.minimum(n, m)
    interpolating = ~positive & (smaller < spectrum.size)
    theta[interpolating] = effective_ridge(spectrum, smaller[interpolating], 0.0)
    return theta


def _bracketed_newton(spectrum: np.ndarray, n: np.ndarray, m: np.ndarray, ridge: np.ndarray) -> np.ndarray:
    """Newton's steps for positive ridges, kept inside a bracket that shrinks; bisection where they leave it."""
    dimension = spectrum.size
    gamma = m / dimension
    # at the upper end df_1 <= min(m, n) / 2, so that the left side is at least gamma theta / 4
    high = np.maximum(2 * spectrum.sum() / np.minimum(n, m), 4 * ridge / gamma)
    low, theta = np.zeros_like(high), high.copy()
    active = np.arange(theta.size)
    for _ in range(MOST_STEPS):
        if active.size == 0:
            return theta
        at, size, features, scale = theta[active], n[active], m[active], gamma[active]
        sums = _Sums.at(spectrum, at)
        of_n = ((size - dimension) + sums.lost1) / size
        of_m = ((features - dimension) + sums.lost1) / features
        excess = scale * at * of_m * of_n - ridge[active]
        slope = scale * (((features - dimension) + sums.lost2) / features * of_n + of_m * sums.df12 / size)
        # left of the root the excess is negative, or a factor is: both would give a product that is positive again
        right = (np.minimum(of_n, of_m) > 0) & (excess >= 0)
        high[active] = np.where(right, np.minimum(high[active], at), high[active])
        low[active] = np.where(right, low[active], np.maximum(low[active], at))
        moved = at - excess / slope
        settled = np.abs(moved - at) <= TOLERANCE * at
        inside = (moved > low[active]) & (moved < high[active])
        middle = np.where(low[active] > 0, np.sqrt(low[active] * high[active]), 0.1 * high[active])
        theta[active] = np.where(inside | settled, moved, middle)
        narrow = high[active] - low[active] <= TOLERANCE * high[active]
        active = active[~(settled | narrow)]
    where = active[0]
    raise ValueError(
        f"The fixed point theta was not found in {MOST_STEPS} steps at n = {n[where]:g}, width = {m[where]:g}, "
        f"ridge = {ridge[where]:g}: the error is about to diverge there; give a larger ridge."
    )
