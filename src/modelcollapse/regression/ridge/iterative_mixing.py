"""Iterative mixing (Dohmatob et al., section 5.2, after Ferbach et al. 2024): synthetic labels of the last round's model.

The paper's Corollary 3 (Eq. 19) and its Fig. 10 cannot both describe the same experiment, and the sources do not say whether
real data are drawn anew in each round or whether regenerated labels carry noise: all four variants are here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from modelcollapse.regression.ridge.exact_forms import exact_ridgeless
from modelcollapse.regression.ridge.spectra import check_count, check_not_negative, check_share

VARIANTS = ("fresh_noisy", "fresh_noiseless", "fixed_noisy", "fixed_noiseless")
"""Real data drawn anew in each round or fixed; regenerated labels with the noise of real ones or without."""


def expected_errors(
    variant: str,
    rounds: int,
    dimension: int,
    samples: int,
    synthetic_share: float,
    initial_quality: float,
    noise_variance: float,
) -> np.ndarray:
    """Mean test error after 0..rounds rounds, Sigma = I, least squares on n samples per round, [rounds + 1].

    Fresh: e_{t+1} = z e_t + sigma^2 u (p1, or 1 with noisy labels), z and u of ``exact_ridgeless``: exact.
    Fixed: the error relative to least squares on the real samples alone is multiplied by M^-1 X2'X2 and gains only the
    labels' noise, hence e_t = z^t c0^2 + sigma^2 [(1 - p2^t)^2 d/(n1-d-1) + p2 u (1-z^t)/(1-z)]: first order in d/n, and
    exact in the limit without label noise, which is the error of the real samples alone (derived; verified).

    Args:
        variant: one of ``VARIANTS``.
        rounds: t >= 0.
        dimension: d.
        samples: n of each round, n1 = p1 n real; n1 > d + 1 for fixed data.
        synthetic_share: p2 in [0, 1].
        initial_quality: c0^2 of the first generator.
        noise_variance: sigma^2.

    Raises:
        ValueError: unknown variant, impossible values, too few samples.
    """
    fresh, noisy = parse_variant(variant)
    count = check_count(rounds, "rounds", 0)
    p2, n = float(check_share(synthetic_share)), check_count(samples, "samples")
    start = float(check_not_negative(initial_quality, "initial_quality"))
    noise = float(check_not_negative(noise_variance, "noise_variance"))
    unit = exact_ridgeless(dimension, n, p2 * n, 1.0, 1.0)
    z, u = float(unit.zeta), float(unit.variance)
    at = np.arange(count + 1)
    decay, passed = z**at, _geometric(z, at)
    if fresh:
        return decay * start + noise * u * (1.0 if noisy else 1 - p2) * passed
    alone = real_part_error(dimension, n, p2, noise)
    return decay * start + (1 - p2**at) ** 2 * alone + (noise * p2 * u * passed if noisy else 0.0)


def real_part_error(dimension: int, samples: int, synthetic_share: float, noise_variance: float) -> float:
    """Mean error of least squares on the n1 = p1 n real samples alone: sigma^2 d / (n1 - d - 1) (exact)."""
    real = (1 - float(check_share(synthetic_share))) * samples
    return float(exact_ridgeless(dimension, real, 0, 0.0, noise_variance).variance)


def small_ratio_limit(variant: str, synthetic_share: ArrayLike) -> np.ndarray | float:
    """Limit of the error over rounds in units of sigma^2 d/n, for d/n -> 0 (derived; verified).

    fresh_noisy 1/(1-p2^2), which is Eq. 19; fresh_noiseless p1/(1-p2^2); fixed_noisy 1/p1 + p2/(1-p2^2);
    fixed_noiseless 1/p1, which is the real part alone.

    Raises:
        ValueError: unknown variant; a share of 1, for which nothing converges.
    """
    fresh, noisy = parse_variant(variant)
    p2 = check_share(synthetic_share)
    if np.any(p2 == 1):
        raise ValueError("Without real data the error grows with every round: there is no limit at share 1.")
    if fresh:
        return (1.0 if noisy else 1 - p2) / (1 - p2**2)
    return 1 / (1 - p2) + (p2 / (1 - p2**2) if noisy else 0.0)


def quoted_limit(synthetic_share: ArrayLike) -> np.ndarray | float:
    """Corollary 3 **as quoted** (Eq. 19), in units of the clean error: 1/(1 - p2^2), whatever the variant."""
    return small_ratio_limit("fresh_noisy", synthetic_share)


def parse_variant(variant: str) -> tuple[bool, bool]:
    """(real data are fresh, labels are noisy); ``ValueError`` with the valid names for another one."""
    if variant not in VARIANTS:
        raise ValueError(f"There is no variant '{variant}' of iterative mixing: expected one of {', '.join(VARIANTS)}.")
    kind, _, labels = variant.partition("_")
    return kind == "fresh", labels == "noisy"


def _geometric(ratio: float, at: np.ndarray) -> np.ndarray:
    """1 + ratio + ... + ratio^(t-1) for every t."""
    return at.astype(np.float64) if ratio == 1 else (1 - ratio**at) / (1 - ratio)
