"""Closed forms of the mixture's test error: isotropic ridgeless limits, exact finite-size means, floor and cross-over."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from modelcollapse.regression.ridge.spectra import check_count, check_not_negative, check_share, check_sizes
from modelcollapse.regression.strong_collapse import ErrorParts


def isotropic_ridgeless(
    dimension: int,
    samples: ArrayLike,
    synthetic_share: ArrayLike,
    quality: ArrayLike,
    noise_variance: ArrayLike,
    signal: ArrayLike = 1.0,
) -> ErrorParts:
    """Sigma = I, ridge -> 0, phi = d/n on either side of 1 (Corollary 1, Eq. 11, for phi < 1; phi > 1 derived; verified).

    phi < 1: sigma^2 phi/(1-phi) + (p2^2 + p1 p2 phi/(1-phi)) c^2.
    phi > 1: r^2 (1 - 1/phi) + sigma^2/(phi-1) + c^2 p2 (phi-p2) / (phi (phi-1)).

    Raises:
        ValueError: impossible values; n = d, where the error diverges.
    """
    d = check_count(dimension, "dimension")
    n, p2 = check_sizes(samples, "samples"), check_share(synthetic_share)
    quality, noise, signal = _scales(quality, noise_variance, signal)
    phi = _off_threshold(d, n, "samples", "dimension")
    few = phi > 1
    # the branch not taken gets harmless numbers
    below, above = np.where(few, 0.5, phi), np.where(few, phi, 2.0)
    u = np.where(few, 1 / (above - 1), below / (1 - below))
    bias = np.where(few, signal * (1 - 1 / above), 0.0)
    zeta = np.where(few, p2 * (above - p2) / (above * (above - 1)), p2**2 + (1 - p2) * p2 * u)
    return _parts(bias, noise * u, quality * zeta)


def isotropic_random_projections_ridgeless(
    dimension: int,
    samples: ArrayLike,
    width: ArrayLike,
    synthetic_share: ArrayLike,
    quality: ArrayLike,
    noise_variance: ArrayLike,
    signal: ArrayLike = 1.0,
) -> ErrorParts:
    """Sigma = I, ridge -> 0 with m random projections (derived from Theorem 2; verified).

    With psi = m/n, gamma = m/d, a = n/d, b = n/m:
    m < min(n, d): u = psi/(1-psi); r^2 (1-gamma)/(1-psi); sigma^2 u; c^2 {gamma (p2^2 + p1 p2 u) + p2 u (1-gamma)}.
    n < min(m, d): u = a/(1-a) + b/(1-b); r^2 (1-a)/(1-b); sigma^2 u;
    c^2 {p2^2 (1 + p1 u) a^2 + p2 u (1 - p2 a)^2 + p2^2 a b (1-a)/(1-b)}.
    d <= m, d < n: the width does not matter (``isotropic_ridgeless``).

    Raises:
        ValueError: impossible values; min(m, d) = n, where the error diverges.
    """
    d = check_count(dimension, "dimension")
    n, m = np.broadcast_arrays(check_sizes(samples, "samples"), check_sizes(width, "width"))
    p2 = check_share(synthetic_share)
    quality, noise, signal = _scales(quality, noise_variance, signal)
    rank = np.minimum(m, d)
    _off_threshold(rank, n, "samples", "min(width, dimension)")
    few = n < rank
    p1, gamma, psi = 1 - p2, rank / d, np.where(few, 0.5, rank / n)
    a, b = np.where(few, n / d, 0.5), np.where(few, n / m, 0.5)
    narrow_u, wide_u = psi / (1 - psi), a / (1 - a) + b / (1 - b)
    u = np.where(few, wide_u, narrow_u)
    bias = np.where(few, (1 - a) / (1 - b), (1 - gamma) / (1 - psi))
    narrow = gamma * (p2**2 + p1 * p2 * narrow_u) + p2 * narrow_u * (1 - gamma)
    wide = p2**2 * (1 + p1 * wide_u) * a**2 + p2 * wide_u * (1 - p2 * a) ** 2 + p2**2 * a * b * (1 - a) / (1 - b)
    return _parts(signal * bias, noise * u, quality * np.where(few, wide, narrow))


def exact_ridgeless(
    dimension: int,
    samples: ArrayLike,
    synthetic_samples: ArrayLike,
    quality: ArrayLike,
    noise_variance: ArrayLike,
    synthetic_noise_variance: ArrayLike | None = None,
) -> ErrorParts:
    """Exact mean test error of least squares for n > d + 1, any Sigma with Delta = (c^2/d) Sigma^-1 (derived; verified).

    No limit is taken: with u = d/(n-d-1) the variance is sigma^2 u, and zeta = c^2 [a + b (nd-2)/(n-d-1)] where
    b = n1 n2 / (n (n+2) (n-1)) and a + b = n2 (n2+2) / (n (n+2)): second moments of the matrix-variate beta law of
    M^-1/2 (X2'X2) M^-1/2, M = X'X, which is independent of M (Muirhead 1982, section 3.3). Corollary 1 with phi/(1-phi)
    replaced by u differs from it by O(1/n).

    Args:
        dimension: d.
        samples: n > d + 1, real and synthetic.
        synthetic_samples: n2 in [0, n].
        quality: c^2 = E[(w2 - w1)' Sigma (w2 - w1)].
        noise_variance: of real labels.
        synthetic_noise_variance: of synthetic labels; None means the same.

    Raises:
        ValueError: n <= d + 1, where the mean is infinite or bias appears; n2 outside [0, n].
    """
    d = check_count(dimension, "dimension")
    n, n2 = check_sizes(samples, "samples"), check_not_negative(synthetic_samples, "synthetic_samples")
    if np.any(n <= d + 1):
        raise ValueError(f"The mean error of least squares is finite for more than {d + 1} samples, not {np.min(n):g}.")
    if np.any(n2 > n):
        raise ValueError("There cannot be more synthetic samples than samples.")
    synthetic_noise = noise_variance if synthetic_noise_variance is None else synthetic_noise_variance
    quality, noise, fake = _scales(quality, noise_variance, synthetic_noise)
    u = d / (n - d - 1)
    b = (n - n2) * n2 / (n * (n + 2) * (n - 1))
    a = n2 * (n2 + 2) / (n * (n + 2)) - b
    zeta = a + b * (n * d - 2) / (n - d - 1)
    return _parts(np.zeros(()), ((n - n2) * noise + n2 * fake) / n * u, quality * zeta)


def floor(synthetic_share: ArrayLike, quality: ArrayLike) -> np.ndarray | float:
    """Where the error ends however many samples there are: p2^2 c^2 (Eq. 12 and section 3.1, ridge -> 0; verified)."""
    return check_share(synthetic_share) ** 2 * check_not_negative(quality, "quality")


def crossover_samples(
    dimension: int, synthetic_share: ArrayLike, quality: ArrayLike, noise_variance: ArrayLike
) -> np.ndarray | float:
    """Samples at which the floor equals the clean error: n_x = sigma^2 d / (p2^2 c^2) (derived; verified).

    A share p2 is visible in a scaling curve only from about n_x on: E(p2) / E(0) = 1 + p1 p2 c^2 / sigma^2 + n / n_x.

    Raises:
        ValueError: impossible values, or a share or quality of 0, for which there is no floor.
    """
    level = floor(synthetic_share, quality)
    if np.any(np.asarray(level) == 0):
        raise ValueError("Without synthetic data, or with perfect ones, there is no floor and no cross-over.")
    return check_not_negative(noise_variance, "noise_variance") * check_count(dimension, "dimension") / level


def _scales(quality: ArrayLike, noise_variance: ArrayLike, signal: ArrayLike) -> tuple[np.ndarray, ...]:
    return (
        check_not_negative(quality, "quality"),
        check_not_negative(noise_variance, "noise_variance"),
        check_not_negative(signal, "signal"),
    )


def _off_threshold(rank: ArrayLike, n: np.ndarray, first: str, second: str) -> np.ndarray:
    ratio = np.asarray(rank, dtype=np.float64) / n
    if np.any(ratio == 1):
        raise ValueError(f"At {first} = {second} the ridgeless error diverges: give another number.")
    return ratio


def _parts(*parts: np.ndarray) -> ErrorParts:
    return ErrorParts(*(float(part) if part.ndim == 0 else np.array(part) for part in np.broadcast_arrays(*parts)))
