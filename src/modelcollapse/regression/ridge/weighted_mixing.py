"""Weighted single-step mixing (Dohmatob et al., section 5.1): real samples weigh (1-alpha)/p1, synthetic ones alpha/p2.

Corollary 2 as quoted contradicts Corollary 1 at alpha = p2, where nothing is re-weighted, and simulation. The formulas
here are derived and verified; the quoted ones stand beside them under names that say so.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

from modelcollapse.regression.ridge.spectra import check_count, check_not_negative, check_share, check_sizes
from modelcollapse.regression.strong_collapse import ErrorParts

SMALLEST_WEIGHT = 1e-12


def weighted_error(
    dimension: int,
    samples: ArrayLike,
    synthetic_share: ArrayLike,
    weight: ArrayLike,
    quality: ArrayLike,
    noise_variance: ArrayLike,
    synthetic_noise_variance: ArrayLike | None = None,
) -> ErrorParts:
    """Sigma = I, ridge -> 0, d < n: deterministic equivalent of weighted least squares (derived; verified).

    With a1 = (1-alpha)/p1, a2 = alpha/p2 and g the positive root of a1 a2 (1-phi) g^2 + (1 - phi (a1+a2)) g = phi, let
    c = phi/g, c_k = p_k a_k / (1 + a_k g), nu_k = p_k a_k^2 / (1 + a_k g)^2, s = c_2/c, h = g^2/phi. Then
    variance = h (nu_1 sigma_1^2 + nu_2 sigma_2^2) / (1 - h (nu_1 + nu_2)) and
    zeta = c^2 [s^2 + h (nu_1 s^2 + nu_2 (1-s)^2) / (1 - h (nu_1 + nu_2))].
    At alpha = p2 it is Corollary 1; for phi -> 0 it is alpha^2 c^2 + phi [sigma_1^2 (1-alpha)^2/p1 + sigma_2^2 alpha^2/p2].

    Args:
        dimension: d.
        samples: n > d.
        synthetic_share: p2 strictly between 0 and 1.
        weight: alpha in [0, 1]; 0 drops the synthetic samples, 1 the real ones.
        quality: c^2.
        noise_variance: sigma_1^2.
        synthetic_noise_variance: sigma_2^2; None means the same.

    Raises:
        ValueError: impossible values; fewer samples of positive weight than dimensions.
    """
    d, n = check_count(dimension, "dimension"), check_sizes(samples, "samples")
    p2, alpha = _open_share(synthetic_share), check_share(weight, "weight")
    synthetic_noise = noise_variance if synthetic_noise_variance is None else synthetic_noise_variance
    real_noise = check_not_negative(noise_variance, "noise_variance")
    fake_noise = check_not_negative(synthetic_noise, "synthetic_noise_variance")
    p1, phi = 1 - p2, d / n
    used = np.where(alpha == 0, p1, np.where(alpha == 1, p2, 1.0)) * n
    if np.any(used <= d):
        raise ValueError(
            f"Only {np.min(used):g} samples have positive weight, but the ridgeless error is finite for more than {d}."
        )
    a1, a2 = (1 - alpha) / p1, alpha / p2
    square, linear = a1 * a2 * (1 - phi), 1 - phi * (a1 + a2)
    root = np.sqrt(linear**2 + 4 * square * phi)
    # whichever form of the root does not cancel; at alpha = 0 or 1 the equation is linear
    positive = linear >= 0
    g = np.where(
        positive,
        2 * phi / np.where(positive, linear + root, 1.0),
        (root - linear) / np.where(positive, 1.0, 2 * square),
    )
    c1, c2 = (1 - alpha) / (1 + a1 * g), alpha / (1 + a2 * g)
    s = c2 * g / phi
    noisy = g**2 / phi
    nu1, nu2 = c1 * a1 / (1 + a1 * g), c2 * a2 / (1 + a2 * g)
    left = 1 - noisy * (nu1 + nu2)
    variance = noisy * (nu1 * real_noise + nu2 * fake_noise) / left
    zeta = check_not_negative(quality, "quality") * (s**2 + noisy * (nu1 * s**2 + nu2 * (1 - s) ** 2) / left)
    parts = np.broadcast_arrays(np.zeros(()), variance, zeta)
    return ErrorParts(*(float(part) if part.ndim == 0 else np.array(part) for part in parts))


def optimal_weight(
    dimension: int, samples: float, synthetic_share: float, quality: float, noise_variance: float
) -> float:
    """The alpha with the smallest ``weighted_error``, about phi sigma^2 / (p1 c^2): it falls like 1/n (verified).

    Raises:
        ValueError: see ``weighted_error``; a quality of 0, for which no data should be dropped.
    """
    if not quality > 0:
        raise ValueError("With perfect synthetic data (quality 0) the best weight is the share itself.")

    def error(log_weight: float) -> float:
        return weighted_error(dimension, samples, synthetic_share, np.exp(log_weight), quality, noise_variance).total

    bounds = (np.log(SMALLEST_WEIGHT), 0.0 if synthetic_share * samples > dimension else -1e-9)
    found = minimize_scalar(error, bounds=bounds, method="bounded", options={"xatol": 1e-10})
    return float(np.exp(found.x))


def quoted_weighted_error(
    dimension: int,
    samples: ArrayLike,
    synthetic_share: ArrayLike,
    weight: ArrayLike,
    quality: ArrayLike,
    noise_variance: ArrayLike,
) -> np.ndarray | float:
    """Corollary 2 **as quoted** (Eq. 17; refuted): p2^2 alpha^2 c^2 + ((1-alpha) p1 + alpha p2) sigma^2 phi."""
    p2, alpha = _open_share(synthetic_share), check_share(weight, "weight")
    phi = check_count(dimension, "dimension") / check_sizes(samples, "samples")
    noise = ((1 - alpha) * (1 - p2) + alpha * p2) * check_not_negative(noise_variance, "noise_variance")
    return p2**2 * alpha**2 * check_not_negative(quality, "quality") + noise * phi


def quoted_optimal_weight(
    dimension: int,
    samples: ArrayLike,
    synthetic_share: ArrayLike,
    quality: float,
    noise_variance: float,
    synthetic_noise_variance: float | None = None,
) -> np.ndarray | float:
    """Corollary 2's minimiser **as quoted** (Eq. 18): clip(1 - (p1 s1^2 - p2 s2^2) phi / (2 c^2), 0, 1).

    It is not the minimiser of the quoted error, and tends to 1 (keep the synthetic data), not to 0 as its text says.
    """
    p2 = _open_share(synthetic_share)
    fake = noise_variance if synthetic_noise_variance is None else synthetic_noise_variance
    phi = check_count(dimension, "dimension") / check_sizes(samples, "samples")
    return np.clip(1 - ((1 - p2) * noise_variance - p2 * fake) * phi / (2 * quality), 0.0, 1.0)


def _open_share(synthetic_share: ArrayLike) -> np.ndarray:
    p2 = check_share(synthetic_share)
    if np.any((p2 == 0) | (p2 == 1)):
        raise ValueError("Mixing needs real and synthetic data: synthetic_share must lie strictly between 0 and 1.")
    return p2
