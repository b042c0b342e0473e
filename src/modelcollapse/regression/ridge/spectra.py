"""Spectra of feature covariances, the paper's normalisations of quality and signal, and traces over a spectrum.

**The normalisation of c^2 lives here and nowhere else.** Dohmatob et al. quote two statements that cannot both be read
literally: the quality is c^2 = (1/d) tr(Sigma Delta) (Definition 1), and the figures use Delta = (c^2/d) Sigma^-1,
for which (1/d) tr(Sigma Delta) is c^2/d. Their formulas (Corollary 1, the floor p2^2 c^2) are right when
E[delta' Sigma delta] = tr(Sigma Delta) = c^2; simulations confirm that reading, which ``label_shift`` makes. Likewise
E[w' Sigma w] = tr(Sigma Gamma) is the signal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

SPECTRA = ("isotropic", "power_law")


def isotropic(dimension: int) -> np.ndarray:
    """Eigenvalues of the identity, [dimension]."""
    return np.ones(check_count(dimension, "dimension"))


def power_law(dimension: int, exponent: float = 1.5) -> np.ndarray:
    """Eigenvalues i^-exponent for i = 1..dimension."""
    if not (np.isfinite(exponent) and exponent >= 0):
        raise ValueError(f"The exponent of a power law must be a number that is not negative, not {exponent}.")
    return np.arange(1, check_count(dimension, "dimension") + 1, dtype=np.float64) ** -float(exponent)


def named_spectrum(name: str, dimension: int) -> np.ndarray:
    """``isotropic`` or ``power_law`` (exponent 1.5).

    Raises:
        ValueError: another name.
    """
    if name == "isotropic":
        return isotropic(dimension)
    if name == "power_law":
        return power_law(dimension)
    raise ValueError(f"There is no spectrum '{name}': expected one of {', '.join(SPECTRA)}.")


def label_shift(spectrum: np.ndarray, quality: float = 1.0) -> np.ndarray:
    """Eigenvalues of Delta = cov(w2 - w1) = (quality/d) Sigma^-1, [d], so that E[delta' Sigma delta] = quality = c^2.

    In simulations delta = sqrt(quality/d) Sigma^-1/2 g with g ~ N(0, I).
    """
    return quality / (spectrum.size * spectrum)


def signal_prior(spectrum: np.ndarray, signal: float = 1.0) -> np.ndarray:
    """Eigenvalues of Gamma = cov(w1) = (signal / tr Sigma) I, [d], so that E[w1' Sigma w1] = signal."""
    return np.full(spectrum.size, signal / spectrum.sum())


def check_spectrum(spectrum: ArrayLike) -> np.ndarray:
    """The eigenvalues of Sigma as floats [d].

    Raises:
        ValueError: no list of numbers, or one that is zero, negative or not finite.
    """
    values = np.asarray(spectrum, dtype=np.float64)
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"The spectrum must be a list of eigenvalues, but has the shape {values.shape}.")
    bad = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
    if bad.size:
        raise ValueError(
            f"Eigenvalue {bad[0]} of the spectrum is {values[bad[0]]}: all must be positive and finite. "
            "Leave out directions without variance: they change neither training nor test error."
        )
    return values


def check_eigenvalues(values: ArrayLike, spectrum: np.ndarray, name: str) -> np.ndarray:
    """Eigenvalues of another covariance in Sigma's eigenbasis, [d], none negative; ``ValueError`` otherwise."""
    array = np.asarray(values, dtype=np.float64)
    if array.shape != spectrum.shape or not np.all(np.isfinite(array) & (array >= 0)):
        raise ValueError(
            f"{name} must be {spectrum.size} finite numbers that are not negative, one per eigenvalue of Sigma."
        )
    return array


def check_count(value: int, name: str, least: int = 1) -> int:
    """A whole number of at least ``least``; ``ValueError`` otherwise."""
    if not (np.isfinite(value) and value == int(value) and value >= least):
        raise ValueError(f"{name} must be a whole number of at least {least}, not {value}.")
    return int(value)


def check_sizes(values: ArrayLike, name: str) -> np.ndarray:
    """Finite numbers of at least 1 (samples, widths), as floats; ``ValueError`` otherwise."""
    return _checked(values, name, lambda array: array >= 1, "at least 1")


def check_not_negative(values: ArrayLike, name: str) -> np.ndarray:
    """Finite numbers of at least 0, as floats; ``ValueError`` otherwise."""
    return _checked(values, name, lambda array: array >= 0, "not negative")


def check_share(values: ArrayLike, name: str = "synthetic_share") -> np.ndarray:
    """Numbers in [0, 1], as floats; ``ValueError`` otherwise."""
    return _checked(values, name, lambda array: (array >= 0) & (array <= 1), "between 0 and 1")


def weighted_traces(spectrum: np.ndarray, weights: np.ndarray, ridge: np.ndarray, powers: Sequence[int]) -> np.ndarray:
    """tr[W Sigma^k (Sigma + ridge I)^-2] for the powers k, in chunks of bounded memory.

    Args:
        spectrum: eigenvalues of Sigma [d].
        weights: eigenvalues of W [d].
        ridge: effective ridges [points].
        powers: exponents k.

    Returns:
        [powers, points].
    """
    result = np.empty((len(powers), ridge.size))
    columns = np.stack([weights * spectrum**power for power in powers], axis=1)
    for chunk in chunks(ridge.size, spectrum.size):
        # matmul of [points, d] with [d, powers]
        result[:, chunk] = ((spectrum + ridge[chunk, None]) ** -2 @ columns).T
    return result


def chunks(points: int, dimension: int, numbers: int = 400_000) -> list[slice]:
    """Slices of the points such that [slice, dimension] has at most about this many numbers (it stays in the cache)."""
    step = max(1, numbers // dimension)
    return [slice(start, min(start + step, points)) for start in range(0, points, step)]


def _checked(values: ArrayLike, name: str, test: Callable[[np.ndarray], np.ndarray], expected: str) -> np.ndarray:
    array = np.asarray(values, dtype=np.float64)
    good = np.isfinite(array) & test(array)
    if not np.all(good):
        raise ValueError(f"{name} must be {expected} and finite, but contains {array[~good].flat[0]:g}.")
    return array
