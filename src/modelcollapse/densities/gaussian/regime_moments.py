"""Exact moments of a Gaussian refitted on replaced, accumulated or drawn samples (arXiv 2410.16713, section 2).

Fit 1 uses N real points, every later iteration adds N points of the last fit. Each direction of a d-dimensional
Gaussian obeys the one-dimensional formulas, since a projection of the chain is the chain of the projection.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from modelcollapse.densities.gaussian.closed_forms import check_sizes

REGIMES = ("replace", "accumulate", "accumulate_subsample")
"""Fit t uses: the N points of fit t-1; all t N points; N points drawn without replacement from all of these."""


@dataclass(frozen=True)
class Moments:
    """Expectations in units of the real variance, at fits 1..n."""

    variance: np.ndarray
    """E[sigma_t^2], [n]; tr E[Sigma_t] / tr Sigma_0 in d dimensions."""
    squared_mean_error: np.ndarray
    """E[(mu_t - mu)^2], [n]; E|mu_t - mu|^2 / tr Sigma_0 in d dimensions."""


def expected_moments(regime: str, samples: int, iterations: int, ddof: int = 0) -> Moments:
    """Exact E[sigma_t^2] and E[(mu_t - mu)^2] for t = 1..n.

    Maximum likelihood (``ddof=0``): replace (1 - 1/N)^t; accumulate prod_{j<=t} (1 - 1/(j^2 N)); accumulate_subsample by
    its recursion. In all three the second moment about mu is a martingale, so that the two expectations sum to 1.
    Unbiased (``ddof=1``): replace keeps 1 while the error of the mean grows like t/N; accumulate prod_{2<=j<=t}
    (1 - 1/(j (j N - 1))). Derived in docs/theory.md; the accumulate product agrees with the sequel's released runs.

    Args:
        regime: one of ``REGIMES``.
        samples: N >= 2.
        iterations: n >= 1.
        ddof: 0 for maximum likelihood, 1 for the unbiased variance.

    Raises:
        ValueError: an unknown regime (the valid ones are listed), N < 2, no iteration, another ddof.
    """
    check_regime(regime)
    size = float(check_sizes(samples))
    if ddof not in (0, 1):
        raise ValueError(f"ddof must be 1 (unbiased variance) or 0 (maximum likelihood), not {ddof}.")
    if not (np.isfinite(iterations) and iterations == int(iterations) and iterations >= 1):
        raise ValueError(f"Iterations count from 1, the fit on real points, so {iterations} does not exist.")
    drawn, replaced = regime == "accumulate_subsample", regime == "replace"
    fitted, error = np.empty(int(iterations)), np.empty(int(iterations))
    # of the rows held: variance with divisor t N, and squared error of their mean
    held, held_error = 1 - 1 / size, 1 / size
    for fit in range(1, int(iterations) + 1):
        count = size if replaced else fit * size
        spread = held * (fit - 1) / (count - 1) if drawn else 0.0
        # a draw of N of the t N rows estimates their variance with divisor t N - 1
        fitted[fit - 1] = (
            held * count / (count - 1) * (size - 1) / (size - ddof) if drawn else held * count / (count - ddof)
        )
        error[fit - 1] = held_error + spread
        new = fitted[fit - 1]
        if replaced:
            held, held_error = new * (1 - 1 / size), held_error + new / size
            continue
        later = fit + 1
        held = held * fit / later + new * (1 - 1 / size) / later + fit / later**2 * (new / size + spread)
        held_error += (spread + new / size) / later**2
    return Moments(fitted, error)


def expected_variance_ratio(regime: str, samples: int, iteration: int, ddof: int = 0) -> float:
    """E[sigma_t^2] / sigma^2 at fit t >= 1; see ``expected_moments``."""
    return float(expected_moments(regime, samples, iteration, ddof).variance[-1])


def expected_squared_mean_error(regime: str, samples: int, iteration: int, ddof: int = 0) -> float:
    """E[(mu_t - mu)^2] / sigma^2 at fit t >= 1; see ``expected_moments``."""
    return float(expected_moments(regime, samples, iteration, ddof).squared_mean_error[-1])


def check_regime(regime: str) -> str:
    """The regime; ``ValueError`` with the valid ones if there is no such regime."""
    if regime not in REGIMES:
        raise ValueError(f"There is no regime '{regime}': expected one of {', '.join(REGIMES)}.")
    return regime
