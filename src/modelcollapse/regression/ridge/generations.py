"""Chains of generations of regression ("Model Collapse Demystified", Dohmatob, Feng and Kempe, NeurIPS 2024).

w_0 is the truth; generation k is least squares (or its minimum-norm solution) on T0 fresh samples labelled by generation k-1
plus noise of variance sigma0^2; a ridge regression on T samples labelled by the last generation ends the chain. The
paper's text was not at hand: formulas are quoted from memory in our sources, and each is verified here by simulation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from modelcollapse.regression.ridge.effective_ridge import effective_ridge
from modelcollapse.regression.ridge.spectra import check_count, check_not_negative, check_sizes, check_spectrum
from modelcollapse.regression.strong_collapse import ErrorParts, ridge


def linear_law(
    generations: ArrayLike, dimension: int, samples: ArrayLike, noise_variance: ArrayLike
) -> np.ndarray | float:
    """Error after n generations of least squares and a last fit like them: (n+1) sigma^2 d / (T-d-1) (exact).

    Raises:
        ValueError: T <= d + 1, where the mean is infinite or a bias appears; impossible values.
    """
    count = check_not_negative(generations, "generations")
    return (count + 1) * check_not_negative(noise_variance, "noise_variance") * _unit_variance(dimension, samples)


def fake_data_rate(spectrum: ArrayLike, samples: ArrayLike, chain_samples: ArrayLike, ridge: ArrayLike) -> np.ndarray:
    """rho: what each generation adds to the error of the final ridge regression, at sigma0^2 = 1 (verified).

    rho = [tr S^2 (S+k)^-2 + k^2 tr (S+k)^-2 df_2/(T - df_2)] / (T0 - d - 1), S = Sigma, k = ``effective_ridge``.
    It is zeta of Theorem 1 with p2 = 1 and Delta = Sigma^-1 / (T0-d-1).

    Args:
        spectrum: eigenvalues of Sigma [d].
        samples: T of the final fit.
        chain_samples: T0 > d + 1 of each generation.
        ridge: lambda of the final fit.
    """
    values = check_spectrum(spectrum)
    t, penalty, t0 = np.broadcast_arrays(
        check_sizes(samples, "samples"), check_not_negative(ridge, "ridge"), check_sizes(chain_samples, "chain_samples")
    )
    kappa = effective_ridge(values, t, penalty)[..., None]
    df2 = np.sum((values / (values + kappa)) ** 2, axis=-1)
    rest = np.sum((kappa / (values + kappa)) ** 2, axis=-1)
    return (df2 + rest * df2 / (t - df2)) * _unit_variance(values.size, t0) / values.size


def error_after_generations(
    spectrum: ArrayLike,
    generations: ArrayLike,
    samples: ArrayLike,
    chain_samples: ArrayLike,
    noise_variance: ArrayLike,
    chain_noise_variance: ArrayLike,
    ridge_penalty: ArrayLike,
    signal: ArrayLike = 1.0,
    prior: ArrayLike | None = None,
) -> ErrorParts:
    """Error of the final ridge regression after n generations: clean error + n sigma0^2 rho, as Theorem 1 with p2 = 1.

    Raises:
        ValueError: see ``strong_collapse.ridge``; T0 <= d + 1.
    """
    values = check_spectrum(spectrum)
    steps = check_not_negative(generations, "generations") * check_not_negative(
        chain_noise_variance, "chain_noise_variance"
    )
    quality = steps * _unit_variance(values.size, chain_samples)
    return ridge(values, samples, 1.0, quality, noise_variance, ridge_penalty, signal, prior=prior)


def over_parametrised_error(
    generations: ArrayLike, dimension: int, samples: int, noise_variance: ArrayLike = 0.0, signal: ArrayLike = 1.0
) -> np.ndarray | float:
    """|w_n - w_0|^2 after n minimum-norm fits on T0 < d fresh isotropic samples each (verified).

    r^2 (1 - eta^n) + sigma0^2/(phi0-1) (1-eta^n)/(1-eta), eta = T0/d = 1/phi0: lost exponentially, even without noise. The
    first term is exact; the second is exact with T0/(d-T0-1) for 1/(phi0-1), which is used here.

    Raises:
        ValueError: T0 >= d - 1; impossible values.
    """
    d, t0 = check_count(dimension, "dimension"), check_count(samples, "samples")
    if t0 >= d - 1:
        raise ValueError(f"A minimum-norm fit loses signal for fewer than {d - 1} samples, not {t0}; see linear_law.")
    left = (t0 / d) ** check_not_negative(generations, "generations")
    noise = check_not_negative(noise_variance, "noise_variance") * t0 / (d - t0 - 1)
    return check_not_negative(signal, "signal") * (1 - left) + noise * (1 - left) / (1 - t0 / d)


def critical_ridge_exponent(capacity: ArrayLike, source: ArrayLike) -> np.ndarray | float:
    """l_crit = beta / (2 beta min(r, 1) + 1): the ridge T^-l_crit is optimal on clean, noisy data.

    Args:
        capacity: beta > 1; eigenvalues i^-beta.
        source: r > 0; eigenvalue times squared coefficient i^-(1 + 2 beta r).
    """
    beta, r = _law(capacity, source)
    return beta / (2 * beta * r + 1)


def clean_rate(capacity: ArrayLike, source: ArrayLike) -> np.ndarray | float:
    """2 beta min(r, 1) / (2 beta min(r, 1) + 1): the clean error falls like T^-rate at the critical ridge."""
    beta, r = _law(capacity, source)
    return 2 * beta * r / (2 * beta * r + 1)


def adaptive_ridge_exponent(capacity: ArrayLike, source: ArrayLike, growth: ArrayLike) -> np.ndarray | float:
    """(1-b) l_crit: the ridge T^-l that balances bias and a variance of fake data that grows like T^b (verified).

    Raises:
        ValueError: b outside [0, 1).
    """
    b = check_not_negative(growth, "growth")
    if np.any(b >= 1):
        raise ValueError("growth must lie below 1: a variance that grows like T or faster leaves no ridge that falls.")
    return (1 - b) * critical_ridge_exponent(capacity, source)


def power_law_problem(dimension: int, capacity: float, source: float) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues i^-beta [d], and cov(w0) [d] with eigenvalue times coefficient i^-(1+2 beta r), at signal 1."""
    beta, r = float(capacity), float(source)
    _law(beta, r)
    at = np.arange(1, check_count(dimension, "dimension") + 1, dtype=np.float64)
    spectrum = at**-beta
    signal = at ** -(1 + 2 * beta * r)
    return spectrum, signal / signal.sum() / spectrum


def _unit_variance(dimension: int, samples: ArrayLike) -> np.ndarray:
    d, t = check_count(dimension, "dimension"), check_sizes(samples, "samples")
    if np.any(t <= d + 1):
        raise ValueError(f"The mean error of least squares is finite for more than {d + 1} samples, not {np.min(t):g}.")
    return d / (t - d - 1)


def _law(capacity: ArrayLike, source: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    beta, r = np.asarray(capacity, dtype=np.float64), np.asarray(source, dtype=np.float64)
    if np.any(~(beta > 1)) or np.any(~(r > 0)):
        raise ValueError("A power law needs a capacity exponent above 1 and a source exponent above 0.")
    return beta, np.minimum(r, 1.0)
