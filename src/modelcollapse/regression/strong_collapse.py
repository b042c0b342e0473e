"""Test error of ridge regression on a mixture of real and synthetic data (Dohmatob et al., "Strong Model Collapse").

Real labels are x'w1 + noise, synthetic ones x'w2 + noise, x ~ N(0, Sigma); a share p2 of the n samples is synthetic.
The test error on real data, noise floor not included, is bias + variance + zeta; zeta is what the synthetic data do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from modelcollapse.regression.ridge.effective_ridge import effective_ridge
from modelcollapse.regression.ridge.projected_ridge import projected_ridge
from modelcollapse.regression.ridge.spectra import (
    check_eigenvalues,
    check_not_negative,
    check_share,
    check_sizes,
    check_spectrum,
    label_shift,
    signal_prior,
    weighted_traces,
)


@dataclass(frozen=True)
class ErrorParts:
    """Test error on real data without its noise floor: floats, or arrays of the inputs' common shape."""

    bias: np.ndarray | float
    """What regularisation and missing samples lose of the signal."""
    variance: np.ndarray | float
    """What label noise adds."""
    zeta: np.ndarray | float
    """What the wrong synthetic labels add."""

    @property
    def total(self) -> np.ndarray | float:
        """Their sum."""
        return self.bias + self.variance + self.zeta


def ridge(
    spectrum: ArrayLike,
    samples: ArrayLike,
    synthetic_share: ArrayLike,
    quality: ArrayLike,
    noise_variance: ArrayLike,
    ridge: ArrayLike,
    signal: ArrayLike = 1.0,
    *,
    synthetic_noise_variance: ArrayLike | None = None,
    shift: ArrayLike | None = None,
    prior: ArrayLike | None = None,
) -> ErrorParts:
    """Deterministic equivalent of ridge regression on real and synthetic data (Theorem 1; verified by simulation).

    All arguments but ``spectrum``, ``shift`` and ``prior`` broadcast against each other. The estimator minimises
    (1/n) sum of squared errors + ridge |w|^2. Ridge 0 means its limit from above (minimum-norm least squares).

    Args:
        spectrum: eigenvalues of Sigma [d], positive.
        samples: n >= 1, real and synthetic together.
        synthetic_share: p2 in [0, 1].
        quality: c^2 >= 0 with E[(w2 - w1)' Sigma (w2 - w1)] = c^2 (see ``spectra``).
        noise_variance: sigma^2 >= 0 of the labels (of the real ones, if the next is given).
        ridge: lambda >= 0.
        signal: E[w1' Sigma w1] >= 0.
        synthetic_noise_variance: sigma_2^2 of synthetic labels; None means the same as the real ones'.
        shift: eigenvalues of cov(w2 - w1) at quality 1 in Sigma's eigenbasis [d]; None means Sigma^-1 / d.
        prior: eigenvalues of cov(w1) at signal 1 in Sigma's eigenbasis [d]; None means I / tr Sigma.

    Returns:
        The three parts.

    Raises:
        ValueError: impossible values; ridge 0 with n = d, where the error diverges; a fixed point that was not found.
    """
    problem = MixtureProblem.of(spectrum, quality, noise_variance, signal, synthetic_noise_variance, shift, prior)
    n, p2, penalty = check_sizes(samples, "samples"), check_share(synthetic_share), check_not_negative(ridge, "ridge")
    kappa = effective_ridge(problem.spectrum, n, penalty)
    flat = kappa.ravel()
    ones = np.ones_like(problem.spectrum)
    df2 = weighted_traces(problem.spectrum, ones, flat, [2])[0].reshape(kappa.shape)
    gamma1 = weighted_traces(problem.spectrum, problem.prior, flat, [1])[0].reshape(kappa.shape)
    shifts = weighted_traces(problem.spectrum, problem.shift, flat, [1, 2, 3]).reshape(3, *kappa.shape)
    share = df2 / n
    u = share / (1 - share)
    return problem.parts(kappa**2 * gamma1 / (1 - share), u, zeta_of(p2, u, kappa, shifts), p2)


def random_projections(
    spectrum: ArrayLike,
    samples: ArrayLike,
    width: ArrayLike,
    synthetic_share: ArrayLike,
    quality: ArrayLike,
    noise_variance: ArrayLike,
    ridge: ArrayLike,
    signal: ArrayLike = 1.0,
    *,
    synthetic_noise_variance: ArrayLike | None = None,
    shift: ArrayLike | None = None,
    prior: ArrayLike | None = None,
) -> ErrorParts:
    """Deterministic equivalent of ridge regression on m random projections Sx (Theorem 2 in its explicit form; verified).

    S is m x d with independent N(0, 1/d) entries and stays fixed; v minimises (1/n) sum of squared errors + ridge |v|^2.
    Arguments as in ``ridge``, with the width m >= 1.

    Raises:
        ValueError: impossible values; ridge 0 with min(m, d) = n, where the error diverges; a fixed point not found.
    """
    problem = MixtureProblem.of(spectrum, quality, noise_variance, signal, synthetic_noise_variance, shift, prior)
    n, m = check_sizes(samples, "samples"), check_sizes(width, "width")
    p2, penalty = check_share(synthetic_share), check_not_negative(ridge, "ridge")
    point = projected_ridge(problem.spectrum, n, m, penalty)
    flat = point.theta.ravel()
    gamma1, gamma2 = weighted_traces(problem.spectrum, problem.prior, flat, [1, 2]).reshape(2, *point.theta.shape)
    shifts = weighted_traces(problem.spectrum, problem.shift, flat, [1, 2, 3]).reshape(3, *point.theta.shape)
    bias = (1 + point.u) * point.theta**2 * gamma1 + point.omega * gamma2
    zeta = zeta_of(p2, point.u, point.theta, shifts) + p2**2 * point.omega * shifts[1]
    return problem.parts(bias, point.u, zeta, p2)


@dataclass(frozen=True)
class MixtureProblem:
    """The population that samples come from, checked."""

    spectrum: np.ndarray
    shift: np.ndarray
    prior: np.ndarray
    quality: np.ndarray
    noise_variance: np.ndarray
    synthetic_noise_variance: np.ndarray
    signal: np.ndarray

    @classmethod
    def of(
        cls,
        spectrum: ArrayLike,
        quality: ArrayLike,
        noise_variance: ArrayLike,
        signal: ArrayLike,
        synthetic_noise_variance: ArrayLike | None,
        shift: ArrayLike | None,
        prior: ArrayLike | None,
    ) -> MixtureProblem:
        """Check and complete what the caller gave."""
        values = check_spectrum(spectrum)
        noise = check_not_negative(noise_variance, "noise_variance")
        synthetic = noise if synthetic_noise_variance is None else synthetic_noise_variance
        return cls(
            spectrum=values,
            shift=label_shift(values) if shift is None else check_eigenvalues(shift, values, "shift"),
            prior=signal_prior(values) if prior is None else check_eigenvalues(prior, values, "prior"),
            quality=check_not_negative(quality, "quality"),
            noise_variance=noise,
            synthetic_noise_variance=check_not_negative(synthetic, "synthetic_noise_variance"),
            signal=check_not_negative(signal, "signal"),
        )

    def parts(
        self, unit_bias: np.ndarray, unit_variance: np.ndarray, unit_zeta: np.ndarray, p2: np.ndarray
    ) -> ErrorParts:
        """Scale the parts of unit signal, noise and quality; floats where all inputs were numbers."""
        noise = (1 - p2) * self.noise_variance + p2 * self.synthetic_noise_variance
        parts = (self.signal * unit_bias, noise * unit_variance, self.quality * unit_zeta)
        parts = np.broadcast_arrays(*parts)
        return ErrorParts(*(float(part) if part.ndim == 0 else np.array(part) for part in parts))


def zeta_of(p2: np.ndarray, u: np.ndarray, theta: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """p2^2 (1 + p1 u) tr DS^3(S+t)^-2 + p2 u tr DS(p1 S + t)^2 (S+t)^-2, from ``shifts`` = tr D S^k (S+t)^-2, k = 1, 2, 3.

    Theorem 1's zeta (quoted identically by two sources; verified), with D = Delta, S = Sigma, t = ``theta``.
    """
    p1 = 1 - p2
    mixed = p1**2 * shifts[2] + 2 * p1 * theta * shifts[1] + theta**2 * shifts[0]
    return p2**2 * (1 + p1 * u) * shifts[2] + p2 * u * mixed
