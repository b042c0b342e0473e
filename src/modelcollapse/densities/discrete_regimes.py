"""Discrete laws refitted on replaced, accumulated or drawn samples: closed forms and simulation.

The fit is the sample's shares. Indicator vectors of states obey the algebra of ``gaussian_regimes`` with ``ddof=0``, so
E[1 - sum p_i^2] has the Gaussian's factors (replace: Wright-Fisher; arXiv 2410.16713's released code has replace only).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import entr

from modelcollapse.densities.discrete import check_law
from modelcollapse.densities.gaussian.regime_moments import check_regime, expected_moments

LARGEST_EXACT = 20_000
"""Largest sample size of the exact absorption time, whose cost grows with the square."""


@dataclass(frozen=True)
class DiscreteRegimePaths:
    """States of r chains at recorded iterations (number of fits made)."""

    iterations: np.ndarray
    """[t]."""
    diversity: np.ndarray
    """1 - sum p_i^2 of the fit, [t, r]."""
    squared_error: np.ndarray
    """sum (p_i - q_i)^2, [t, r]."""
    entropy: np.ndarray
    """In nats, [t, r]."""
    support: np.ndarray
    """States of non-zero probability, [t, r]."""


def expected_diversity(regime: str, probabilities: np.ndarray, samples: int, iteration: int) -> float:
    """E[1 - sum p_i^2] at fit t >= 1: the real law's value times ``expected_variance_ratio``.

    Raises:
        ValueError: an unknown regime, probabilities that are no law, N < 2 or t < 1.
    """
    law = check_law(probabilities)
    return float((1 - np.sum(law**2)) * expected_moments(regime, samples, iteration).variance[-1])


def expected_squared_error(regime: str, probabilities: np.ndarray, samples: int, iteration: int) -> float:
    """E sum (p_i - q_i)^2 at fit t: what the diversity lost, since every share is a martingale."""
    law = check_law(probabilities)
    return float((1 - np.sum(law**2)) * expected_moments(regime, samples, iteration).squared_mean_error[-1])


def expected_accumulated_support(probabilities: np.ndarray, samples: int) -> float:
    """Expected states left when data accumulate, at every fit: sum 1 - (1 - q_i)^N, since no state is lost again."""
    law = check_law(probabilities)
    return float(np.sum(1 - (1 - law) ** samples))


def mean_absorption_time(probabilities: np.ndarray, samples: int) -> float:
    """Exact mean number of replaced generations until one state is left.

    By the ancestry of the last generation: its N points have A_s ancestors s generations earlier, and a generation with k
    independent ancestors is of one state with probability sum q_i^k. E T = 1 + sum_s E[1 - sum_i q_i^(A_s)], A_0 = N, with
    the law of the number of different values among k draws from N. Agrees with the two-state chain of ``discrete``.

    Raises:
        ValueError: probabilities that are no law, N < 1 or N above ``LARGEST_EXACT``.
    """
    law = check_law(probabilities)
    if not (samples == int(samples) and 1 <= samples <= LARGEST_EXACT):
        raise ValueError(f"The exact absorption time needs 1 to {LARGEST_EXACT} samples, not {samples}.")
    if np.count_nonzero(law) == 1:
        return 0.0
    size = int(samples)
    # remaining[k]: expected further generations in which k ancestors are not of one state
    remaining = np.zeros(size + 1)
    occupied = np.zeros(size + 1)
    occupied[1] = 1.0
    values = np.arange(size + 1)
    stay, enter = values / size, (size - values + 1) / size
    powers = law**2
    for count in range(2, size + 1):
        occupied[1:] = occupied[1:] * stay[1:] + occupied[:-1] * enter[1:]
        open_share = 1 - powers.sum()
        remaining[count] = (open_share + occupied[:count] @ remaining[:count]) / (1 - occupied[count])
        powers = powers * law
    return float(1 + remaining[size])


def approximate_absorption_time(states: int, samples: int) -> float:
    """Diffusion limit of ``mean_absorption_time`` for K equally likely states: 2 N (K - 1) ln(K / (K - 1)).

    From N sum_{k>=2} 2/(k (k-1)) (1 - K^(1-k)), the coalescent's times with k ancestors; 1.386 N at K = 2, 2 N at large K.
    """
    if states < 1 or samples < 1:
        raise ValueError(f"States and samples must be at least 1, not {states} and {samples}.")
    return 0.0 if states == 1 else float(2 * samples * (states - 1) * -np.log1p(-1 / states))


def simulate_regime(
    regime: str,
    probabilities: np.ndarray,
    samples: int,
    iterations: int,
    chains: int,
    random: np.random.Generator,
    record: Sequence[int] | None = None,
) -> DiscreteRegimePaths:
    """Refit from a discrete law; counts of the pool are all that has to be kept.

    Args:
        regime: replace, accumulate or accumulate_subsample.
        probabilities: the real law q, [K].
        samples: N >= 2.
        iterations: fits; 1 is the fit on real points.
        chains: r.
        random: the stream.
        record: fits whose state is kept; default: all.

    Raises:
        ValueError: an unknown regime (the valid ones are listed), or impossible numbers.
    """
    check_regime(regime)
    law = check_law(probabilities)
    if samples < 2 or iterations < 1 or chains < 1:
        raise ValueError(f"A simulation needs N >= 2, fits and chains, but got {samples}, {iterations} and {chains}.")
    kept = sorted(set(range(1, iterations + 1) if record is None else map(int, record)))
    if not kept or kept[0] < 1 or kept[-1] > iterations:
        raise ValueError(f"Iterations to record must lie between 1 and {iterations}, but they are {kept}.")
    fitted = np.tile(law, (chains, 1))
    pool = np.zeros((chains, len(law)), dtype=np.int64)
    shares = []
    for fit in range(1, kept[-1] + 1):
        new = random.multinomial(samples, fitted)
        if regime == "replace":
            fitted = new / samples
        else:
            pool += new
            drawn = pool if regime == "accumulate" else _draw(pool, samples, random)
            fitted = drawn / drawn.sum(axis=1, keepdims=True)
        if fit in kept:
            shares.append(fitted)
    stacked = np.array(shares)
    return DiscreteRegimePaths(
        np.array(kept),
        1 - np.sum(stacked**2, axis=2),
        np.sum((stacked - law) ** 2, axis=2),
        entr(stacked).sum(axis=2),
        np.count_nonzero(stacked, axis=2),
    )


def _draw(pool: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray:
    """Counts of ``size`` points drawn without replacement from each chain's pool: hypergeometric, state by state."""
    drawn = np.empty_like(pool)
    held, left = pool.sum(axis=1), np.full(len(pool), size)
    for state in range(pool.shape[1] - 1):
        held = held - pool[:, state]
        drawn[:, state] = random.hypergeometric(pool[:, state], held, left)
        left = left - drawn[:, state]
    drawn[:, -1] = left
    return drawn
