"""Least squares refitted on its own labels: closed forms (Gerstgrasser et al., arXiv 2404.01413, section 3 and App. E).

x ~ N(0, Sigma), y = x.w* + e with e ~ N(0, s^2). The design X (T x d) is drawn once and reused; iteration 1 is fitted on
real labels, later ones on labels Y = X w + E of earlier fits w. The test error is (w - w*)' Sigma (w - w*), without the
irreducible noise. Its expectation is B times the regime's multiplier, B = s^2 d / (T - d - 1), for every non-singular
Sigma, since tr(Sigma (X'X)^-1) has the law of tr((Z'Z)^-1) with Z standard normal. Iterations count from 1.
"""

from __future__ import annotations

import numpy as np

REGIMES = ("replace", "accumulate", "accumulate_subsample", "replace_growing")
"""What iteration n is fitted on: T labels of fit n-1; those of all fits and the real ones; T drawn from all of these; n T
labels of fit n-1."""


def expected_test_error(
    regime: str, iteration: int, dimension: int, samples: int, noise_variance: float = 1.0
) -> float:
    """Expected test error E|w_n - w*|^2_Sigma over designs and noise.

    Args:
        regime: one of ``REGIMES``. Exact for ``replace`` (B n; eq. 4), ``accumulate`` (B sum 1/i^2; eq. 3) and
            ``replace_growing`` (B sum 1/i; eq. 11); for ``accumulate_subsample`` the limit of many samples per dimension,
            which is too small by roughly d/T at n = 100 (derived here, see docs/theory.md).
        iteration: n >= 1; 1 is the fit on real labels.
        dimension: d.
        samples: T >= d + 2 rows of the design.
        noise_variance: s^2 of the labels, not negative.

    Raises:
        ValueError: an unknown regime (the valid ones are listed), T < d + 2, a negative variance, or an iteration below 1.
    """
    return first_test_error(dimension, samples, noise_variance) * float(multipliers(regime, iteration)[-1])


def first_test_error(dimension: int, samples: int, noise_variance: float = 1.0) -> float:
    """B = s^2 d / (T - d - 1), the expected test error of the fit on real labels.

    Raises:
        ValueError: T < d + 2 (the expectation is infinite or the fit not unique), or a negative variance.
    """
    check_design_size(dimension, samples)
    return check_noise_variance(noise_variance) * dimension / (samples - dimension - 1)


def multipliers(regime: str, iterations: int) -> np.ndarray:
    """Expected test error over B at iterations 1..n, [n].

    replace i; accumulate sum 1/j^2; replace_growing sum 1/j; accumulate_subsample (T >> d)
    1 + sum_{j=2..i} (2 - 1/(j-1))/j^2 + 1 - 1/i: the drawn T labels average the pool's noise, which obeys the accumulate
    recursion with the draw's own error fed back, plus the spread (1 - 1/i) B of a draw without replacement.
    """
    check_regime(regime)
    steps = np.arange(1, check_iterations(iterations) + 1, dtype=np.float64)
    if regime == "replace":
        return steps
    if regime == "accumulate":
        return np.cumsum(steps**-2.0)
    if regime == "replace_growing":
        return np.cumsum(1 / steps)
    fed_back = np.concatenate([[1.0], (2 - 1 / (steps[1:] - 1)) / steps[1:] ** 2])
    return np.cumsum(fed_back) + 1 - 1 / steps


def fit_by_recursion(regime: str, design: np.ndarray, noise: list[np.ndarray], truth: np.ndarray) -> np.ndarray:
    """Fitted parameters w_1..w_n from their noise by Theorem 1, at the cost of one product per iteration, [n, d].

    replace w_i = w_{i-1} + X^+ E_i; accumulate w_i = w_{i-1} + X^+ E_i / i; replace_growing w_i = w_{i-1} + X^+ (mean of
    the i blocks of E_i): least squares on stacked copies of X averages their labels.

    Args:
        regime: replace, accumulate or replace_growing.
        design: X, [T, d].
        noise: E_i of each iteration, [blocks, T]: i blocks for replace_growing, else one.
        truth: w*, [d].
    """
    inverse = np.linalg.pinv(check_design(design))
    check_noise(regime, design, noise)
    shrinkage = 1 / np.arange(1, len(noise) + 1) if regime == "accumulate" else np.ones(len(noise))
    steps = [shrinkage[i] * (inverse @ blocks.mean(axis=0)) for i, blocks in enumerate(noise)]
    return np.asarray(truth, dtype=np.float64) + np.cumsum(steps, axis=0)


def fit_by_stacking(regime: str, design: np.ndarray, noise: list[np.ndarray], truth: np.ndarray) -> np.ndarray:
    """The same as ``fit_by_recursion`` by refitting the whole stack of rows each time, as the papers' code does, [n, d].

    Slow on purpose: the design grows with the iteration, and a pseudo-inverse is taken of it.
    """
    matrix = check_design(design)
    check_noise(regime, design, noise)
    fitted, stacked, parameter = [], [], np.asarray(truth, dtype=np.float64)
    for blocks in noise:
        labels = [matrix @ parameter + block for block in blocks]
        stacked = stacked + labels if regime == "accumulate" else labels
        parameter = np.linalg.pinv(np.tile(matrix, (len(stacked), 1))) @ np.concatenate(stacked)
        fitted.append(parameter)
    return np.array(fitted)


def check_regime(regime: str) -> str:
    """The regime; ``ValueError`` with the valid ones if there is no such regime."""
    if regime not in REGIMES:
        raise ValueError(f"There is no regime '{regime}': expected one of {', '.join(REGIMES)}.")
    return regime


def check_design_size(dimension: int, samples: int) -> None:
    """Raise ``ValueError`` unless d >= 1 and T >= d + 2 are whole numbers."""
    for name, value in (("dimension", dimension), ("samples", samples)):
        if isinstance(value, bool) or not (np.isfinite(value) and value == int(value) and value >= 1):
            raise ValueError(f"{name} must be a whole number of at least 1, not {value}.")
    if samples < dimension + 2:
        raise ValueError(
            f"With {samples} samples in {dimension} dimensions the expected test error is not finite: "
            f"give at least {dimension + 2} samples (dimension + 2)."
        )


def check_noise_variance(noise_variance: float) -> float:
    """The variance, if it is finite and not negative; ``ValueError`` otherwise."""
    if not (np.isfinite(noise_variance) and noise_variance >= 0):
        raise ValueError(f"The noise variance must be a number that is not negative, not {noise_variance}.")
    return float(noise_variance)


def check_iterations(iterations: int) -> int:
    """The number of iterations, if it is a whole number of at least 1; ``ValueError`` otherwise."""
    if isinstance(iterations, bool) or not (np.isfinite(iterations) and iterations == int(iterations)):
        raise ValueError(f"An iteration must be a whole number, not {iterations}.")
    if iterations < 1:
        raise ValueError(f"Iterations count from 1, the fit on real labels, so {iterations} does not exist.")
    return int(iterations)


def check_design(design: np.ndarray) -> np.ndarray:
    """The design as floats, if it has full column rank; ``ValueError`` otherwise."""
    matrix = np.asarray(design, dtype=np.float64)
    if matrix.ndim != 2 or not np.all(np.isfinite(matrix)):
        raise ValueError("A design must be a matrix [samples, dimension] of finite numbers.")
    if np.linalg.matrix_rank(matrix) < matrix.shape[1]:
        raise ValueError(
            f"The design of {matrix.shape[0]} rows and {matrix.shape[1]} columns must have full column rank, so that "
            "its fit is unique: give more rows, or drop columns that depend on others."
        )
    return matrix


def check_noise(regime: str, design: np.ndarray, noise: list[np.ndarray]) -> None:
    """Raise ``ValueError`` unless every iteration has its blocks of T numbers."""
    if check_regime(regime) == "accumulate_subsample":
        raise ValueError("accumulate_subsample has no recursion in the noise alone: use simulate_subsample.")
    for iteration, blocks in enumerate(noise, 1):
        expected = (iteration if regime == "replace_growing" else 1, len(design))
        if np.shape(blocks) != expected:
            raise ValueError(f"Noise of iteration {iteration} has the shape {np.shape(blocks)}, expected {expected}.")
