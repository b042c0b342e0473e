"""A Gaussian refitted on its own samples: every quantity that has a closed form (Shumailov et al., SI 3.1.1).

Generation 0 is N(mean, variance). Fit n uses ``sample_sizes[n - 1]`` points of generation n - 1. ``ddof=1`` is the
unbiased variance of the theorem, ``ddof=0`` the maximum-likelihood variance of the released notebook.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln, loggamma, polygamma, psi

Sizes = Sequence[int] | np.ndarray
INVERSION_POINTS = 4000


def c4(samples: Sizes | int) -> np.ndarray | float:
    """E[s] / sigma for the unbiased variance s^2 of M Gaussian points: sqrt(2/(M-1)) Gamma(M/2) / Gamma((M-1)/2)."""
    value = np.exp(_log_c4(check_sizes(samples)))
    return float(value) if value.ndim == 0 else value


def wasserstein2_squared(mean: np.ndarray, sd: np.ndarray, mean0: float = 0.0, sd0: float = 1.0) -> np.ndarray:
    """Squared 2-Wasserstein distance between N(mean, sd^2) and N(mean0, sd0^2), elementwise."""
    if np.any(np.asarray(sd) < 0) or sd0 < 0:
        raise ValueError("Standard deviations must not be negative.")
    return (np.asarray(mean) - mean0) ** 2 + (np.asarray(sd) - sd0) ** 2


def expected_variance(sample_sizes: Sizes, variance: float = 1.0, ddof: int = 1) -> float:
    """E[sigma_n^2] after refits on the given sample sizes: ``variance`` if unbiased, else times (1 - 1/M) per fit."""
    return float(check_variance(variance) * np.prod(_shrinkage(check_sizes(sample_sizes, 1), ddof)))


def expected_sd(sample_sizes: Sizes, variance: float = 1.0, ddof: int = 1) -> float:
    """E[sigma_n]: sigma times the product of c4(M_i), and of sqrt(1 - 1/M_i) for ``ddof=0``."""
    sizes = check_sizes(sample_sizes, 1)
    return float(np.sqrt(check_variance(variance)) * np.prod(c4(sizes) * np.sqrt(_shrinkage(sizes, ddof))))


def variance_of_mean(sample_sizes: Sizes, variance: float = 1.0, ddof: int = 1) -> float:
    """Var(mu_n): the sum over the fits of E[sigma_i^2] / M_i; variance x sum 1/M_i if unbiased."""
    sizes = check_sizes(sample_sizes, 1)
    before = np.concatenate([[1.0], np.cumprod(_shrinkage(sizes, ddof))[:-1]]) if len(sizes) else sizes
    return float(check_variance(variance) * np.sum(before / sizes))


def variance_of_sample(sample_sizes: Sizes, variance: float = 1.0, ddof: int = 1) -> float:
    """Var(X^n), the marginal variance of a point of generation n: E[sigma_n^2] + Var(mu_n).

    With the unbiased variance it is variance x (1 + sum 1/M_i): the paper's (1 + n/M) holds exactly.
    """
    return expected_variance(sample_sizes, variance, ddof) + variance_of_mean(sample_sizes, variance, ddof)


def expected_risk(sample_sizes: Sizes, variance: float = 1.0, ddof: int = 1) -> float:
    """Exact E[W2^2] between N(mean, variance) and its refit on the given sample sizes in turn.

    Unbiased: variance x [sum 1/M_i + 2 (1 - prod c4(M_i))], whose expansion is ``expected_risk_paper``.
    An empty list gives 0.

    Raises:
        ValueError: a sample size below 2 or not whole, a negative variance, or NaN.
    """
    sizes = check_sizes(sample_sizes, 1)
    # E[(sd_n - sd)^2] = (1 - r)^2 + 2 r (1 - prod c4) with r^2 = prod of the shrinkages, free of cancellation
    log_ratio = 0.5 * np.sum(np.log(_shrinkage(sizes, ddof)))
    of_sd = np.expm1(log_ratio) ** 2 - 2 * np.exp(log_ratio) * np.expm1(np.sum(_log_c4(sizes)))
    return float(variance_of_mean(sizes, variance, ddof) + variance * of_sd)


def expected_risk_paper(sample_sizes: Sizes, variance: float = 1.0) -> float:
    """The paper's first-order form of ``expected_risk``: 3/2 variance x sum 1/M_i (SI eq. 6)."""
    return float(1.5 * check_variance(variance) * np.sum(1.0 / check_sizes(sample_sizes, 1)))


def expected_log_variance(sample_sizes: Sizes, variance: float = 1.0, ddof: int = 1) -> float:
    """E[ln sigma_n^2]."""
    sizes = check_sizes(sample_sizes, 1)
    _shrinkage(sizes, ddof)
    return float(np.log(check_variance(variance)) + np.sum(psi((sizes - 1) / 2) - np.log((sizes - ddof) / 2)))


def median_variance(samples: int, iteration: int, variance: float = 1.0, ddof: int = 1) -> float:
    """Median of sigma_n^2 after n fits on M points each; see ``variance_quantile``."""
    return variance_quantile(0.5, np.full(iteration, samples), variance, ddof)


def variance_quantile(probability: float, sample_sizes: Sizes, variance: float = 1.0, ddof: int = 1) -> float:
    """Quantile of sigma_n^2, to about 1e-8.

    ln sigma_n^2 is a sum of independent logarithms of chi-squares, whose characteristic functions are ratios of Gamma
    functions; the distribution function follows by the inversion of Gil-Pelaez.

    Raises:
        ValueError: a probability outside [0.001, 0.999], or impossible sizes.
    """
    if not 1e-3 <= probability <= 1 - 1e-3:
        raise ValueError(f"The probability of a quantile must lie between 0.001 and 0.999, not {probability}.")
    sizes = check_sizes(sample_sizes, 1)
    centre = expected_log_variance(sizes, variance, ddof)
    if len(sizes) == 0:
        return check_variance(variance)
    distinct, counts = np.unique((sizes - 1) / 2, return_counts=True)
    spread = float(np.sqrt(np.sum(counts * polygamma(1, distinct))))
    step = 40 / INVERSION_POINTS
    frequency = (np.arange(INVERSION_POINTS) + 0.5) * step
    angle = 1j * frequency[:, None] / spread
    # of (ln sigma_n^2 - centre) / spread; the scale of each chi-square cancels against its part of the centre
    logarithm = loggamma(distinct + angle) - gammaln(distinct) - angle * psi(distinct)
    characteristic = np.exp(logarithm @ counts) / frequency

    def excess(z: float) -> float:
        below = 0.5 - np.sum((np.exp(-1j * frequency * z) * characteristic).imag) * step / np.pi
        return below - probability

    return float(np.exp(centre + spread * brentq(excess, -40, 40, xtol=1e-10)))


def expected_fitted_sd(samples: int, ddof: int = 0) -> float:
    """E of the standard deviation fitted once to M points of N(0, 1) (``numpy.std``)."""
    return expected_sd([samples], 1.0, ddof)


def sd_of_fitted_sd(samples: int, ddof: int = 0) -> float:
    """Standard deviation of the standard deviation fitted once to M points of N(0, 1)."""
    size = check_sizes(samples)
    return float(np.sqrt(-_shrinkage(size, ddof) * np.expm1(2 * _log_c4(size))))


def accumulate_variance_ratio(samples: int, iteration: int) -> float:
    """E[sigma_t^2] / sigma^2 when all samples are pooled and fitted with ``ddof=0``: prod_{j <= t} (1 - 1/(j^2 N)).

    Args:
        samples: points N that each generation adds.
        iteration: number of fits t; 0 gives 1.

    Raises:
        ValueError: N < 1, t < 0, or numbers that are not whole.
    """
    count, fits = _whole(samples, 1, "samples"), _whole(iteration, 0, "iteration")
    steps = np.arange(1, fits + 1, dtype=np.float64)
    return float(np.prod(1 - 1 / (steps**2 * count)))


def accumulate_squared_mean_error(samples: int, iteration: int) -> float:
    """E[(mu_t - mu)^2] / sigma^2 when all samples are pooled (``ddof=0``): 1 - ``accumulate_variance_ratio``."""
    return 1.0 - accumulate_variance_ratio(samples, iteration)


def growing_sample_sizes(first: int, generations: int, exponent: float = 0.0) -> np.ndarray:
    """M_i = round(first (i+1)^exponent) for i = 0..generations-1: 0 constant, 1 linear, above 1 superlinear."""
    size, count = _whole(first, 2, "first"), _whole(generations, 0, "generations")
    if not (np.isfinite(exponent) and exponent >= 0):
        raise ValueError(f"The exponent of the sample sizes must be a number that is not negative, not {exponent}.")
    return np.rint(size * np.arange(1, count + 1, dtype=np.float64) ** exponent)


def check_sizes(samples: Sizes | int, dimensions: int | None = None) -> np.ndarray:
    """Sample sizes as floats.

    Raises:
        ValueError: a size below 2, not whole, or NaN; an array of other than ``dimensions`` axes.
    """
    sizes = np.asarray(samples, dtype=np.float64)
    if dimensions is not None and sizes.ndim != dimensions:
        raise ValueError("Sample sizes must be a list of whole numbers, one per refit, such as [100, 100].")
    if not np.all((sizes >= 2) & (sizes == np.floor(sizes)) & np.isfinite(sizes)):
        raise ValueError("Every sample size must be a whole number of at least 2, because a variance needs two points.")
    return sizes


def check_variance(variance: float) -> float:
    """The variance, if it is positive and finite; ``ValueError`` otherwise."""
    if not (np.isfinite(variance) and variance > 0):
        raise ValueError(f"The variance must be a positive number, not {variance}.")
    return float(variance)


def _log_c4(sizes: np.ndarray) -> np.ndarray:
    """ln c4, by its asymptotic series where the difference of two log-Gammas would lose digits."""
    freedom = sizes - 1
    direct = 0.5 * np.log(2 / freedom) + gammaln(sizes / 2) - gammaln(freedom / 2)
    series = -1 / (4 * freedom) + 1 / (24 * freedom**3) - 1 / (20 * freedom**5)
    return np.where(freedom >= 100, series, direct)


def _shrinkage(sizes: np.ndarray, ddof: int) -> np.ndarray:
    """E[fitted variance] / variance for each size."""
    if ddof not in (0, 1):
        raise ValueError(f"ddof must be 1 (unbiased variance) or 0 (maximum likelihood), not {ddof}.")
    return (sizes - 1) / (sizes - ddof)


def _whole(value: int, least: int, name: str) -> int:
    if not (np.isfinite(value) and value == int(value) and value >= least):
        raise ValueError(f"{name} must be a whole number of at least {least}, not {value}.")
    return int(value)
