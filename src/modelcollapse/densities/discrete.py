"""A discrete law refitted exactly on its own samples: the Wright-Fisher chain (Shumailov et al., section 4.2).

One generation is multinomial resampling of size M. Only statistical error is at work: the family holds every law.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, xlogy


@dataclass(frozen=True)
class DiscretePaths:
    """What r chains over K states did (generation 0 is the human law)."""

    generations: np.ndarray
    """Recorded generations, [t]."""
    support: np.ndarray
    """States of non-zero probability, [t, r]."""
    diversity: np.ndarray
    """1 - sum of squared probabilities, [t, r]."""
    lost_in_one_step: np.ndarray
    """Chains that lost each state in the first step, [K]."""
    absorbed_in: np.ndarray
    """The only state left in each chain, or -1 where several are left, [r]."""
    absorption_time: np.ndarray
    """Generation at which one state was left, or -1, [r]."""


def zipf(states: int, exponent: float = 1.0) -> np.ndarray:
    """Probabilities proportional to rank^-exponent."""
    if states < 1:
        raise ValueError(f"A law needs at least one state, not {states}.")
    weights = np.arange(1, states + 1, dtype=np.float64) ** -exponent
    return weights / weights.sum()


def probability_lost_in_one_step(probability: np.ndarray | float, samples: int) -> np.ndarray | float:
    """(1 - q)^M: a state of probability q does not occur among M samples."""
    probability = _check_probability(probability)
    return (1 - probability) ** _check_samples(samples)


def transition_matrix(samples: int) -> np.ndarray:
    """P[i, j] that a state with i of M counts has j in the next generation: binomial(M, i/M), [M+1, M+1]."""
    size = _check_samples(samples)
    return np.exp(_log_binomial(np.arange(size + 1) / size, size))


def probability_lost(probability: np.ndarray | float, samples: int, iteration: int) -> np.ndarray | float:
    """P that a state of probability q is absent after n generations; tends to 1 - q. Exact, by the binomial chain."""
    law = np.atleast_1d(_check_probability(probability))
    size, steps = _check_samples(samples), _check_iteration(iteration)
    if steps == 0:
        lost = (law == 0).astype(np.float64)
    else:
        counts = np.exp(_log_binomial(law, size))
        lost = counts @ np.linalg.matrix_power(transition_matrix(size), steps - 1)[:, 0]
    return float(lost[0]) if np.ndim(probability) == 0 else lost


def expected_support(probabilities: np.ndarray, samples: int, iteration: int = 1) -> float:
    """Expected number of states left after n generations; after one, the sum of 1 - (1 - q_i)^M."""
    return float(np.sum(1 - probability_lost(check_law(probabilities), samples, iteration)))


def expected_diversity(probabilities: np.ndarray, samples: int, iteration: int) -> float:
    """E[1 - sum p_i^2] after n generations: (1 - 1/M)^n times the initial value."""
    law = check_law(probabilities)
    return float((1 - 1 / _check_samples(samples)) ** _check_iteration(iteration) * (1 - np.sum(law**2)))


def mean_absorption_time(probability: float, samples: int) -> float:
    """Exact mean number of generations until one of two states is left.

    The first generation turns the probability q into a count; from there (I - Q) t = 1 over the counts 1..M-1.
    """
    q = float(_check_probability(probability))
    size = _check_samples(samples)
    if q in (0.0, 1.0):
        return 0.0
    if size == 1:
        return 1.0
    inside = transition_matrix(size)[1:-1, 1:-1]
    times = np.linalg.solve(np.eye(size - 1) - inside, np.ones(size - 1))
    return float(1 + np.exp(_log_binomial(np.array([q]), size))[0, 1:-1] @ times)


def approximate_absorption_time(probability: float, samples: int) -> float:
    """The diffusion approximation of ``mean_absorption_time``: -2M [p ln p + (1-p) ln(1-p)]."""
    q = float(_check_probability(probability))
    return float(-2 * _check_samples(samples) * (xlogy(q, q) + xlogy(1 - q, 1 - q)))


def simulate_discrete(
    probabilities: np.ndarray,
    samples: int,
    generations: int,
    replicates: int,
    random: np.random.Generator,
    record: Sequence[int] | None = None,
) -> DiscretePaths:
    """Multinomial resampling of r chains, each until it is absorbed or the generations are over.

    Args:
        probabilities: the human law, [K].
        samples: size M of each generation's sample.
        generations: most generations.
        replicates: number of chains r.
        random: the stream.
        record: generations whose support and diversity are kept; default: the last.

    Raises:
        ValueError: probabilities that are not a law, or impossible numbers.
    """
    law, size = check_law(probabilities), _check_samples(samples)
    steps = _check_iteration(generations)
    if replicates < 1:
        raise ValueError(f"A simulation needs at least one chain, not {replicates}.")
    kept = sorted({int(generation) for generation in record}) if record is not None else [steps]
    if not kept or kept[0] < 0 or kept[-1] > steps:
        raise ValueError(f"Generations to record must lie between 0 and {steps}, but they are {kept}.")
    # chains that are absorbed keep these values
    support, diversity = np.ones((len(kept), replicates), dtype=np.int64), np.zeros((len(kept), replicates))
    if kept[0] == 0:
        support[0], diversity[0] = np.count_nonzero(law), 1 - np.sum(law**2)
    lost = np.zeros(len(law), dtype=np.int64)
    absorbed_in, absorption_time = np.full(replicates, -1), np.full(replicates, -1)
    alive, current = np.arange(replicates), np.tile(law, (replicates, 1))
    if np.count_nonzero(law) == 1:
        absorbed_in[:], absorption_time[:], alive = np.argmax(law), 0, alive[:0]
    for step in range(1, steps + 1):
        if len(alive) == 0:
            break
        counts = random.multinomial(size, current)
        if step == 1:
            lost = np.count_nonzero(counts == 0, axis=0) * (law > 0)
        current = counts / size
        left = np.count_nonzero(counts, axis=1)
        if step in kept:
            row = kept.index(step)
            support[row, alive], diversity[row, alive] = left, 1 - np.sum(current**2, axis=1)
        single = left == 1
        absorbed_in[alive[single]], absorption_time[alive[single]] = np.argmax(counts[single], axis=1), step
        alive, current = alive[~single], current[~single]
    return DiscretePaths(np.array(kept), support, diversity, lost, absorbed_in, absorption_time)


def check_law(probabilities: np.ndarray) -> np.ndarray:
    """The probabilities, if they are non-negative and sum to 1 within 1e-9; ``ValueError`` otherwise."""
    law = np.asarray(probabilities, dtype=np.float64)
    if law.ndim != 1 or len(law) == 0 or not np.all(np.isfinite(law)) or np.any(law < 0):
        raise ValueError("A discrete law must be a list of probabilities that are not negative.")
    if abs(law.sum() - 1) > 1e-9:
        raise ValueError(f"The probabilities of a discrete law must sum to 1, but they sum to {law.sum():.12g}.")
    return law


def _log_binomial(probability: np.ndarray, size: int) -> np.ndarray:
    """ln P(binomial(size, p) = j), [len(p), size + 1]."""
    j = np.arange(size + 1)
    choose = gammaln(size + 1) - gammaln(j + 1) - gammaln(size - j + 1)
    p = probability[:, None]
    return choose + xlogy(j, p) + xlogy(size - j, 1 - p)


def _check_probability(probability: np.ndarray | float) -> np.ndarray:
    value = np.asarray(probability, dtype=np.float64)
    if not np.all((value >= 0) & (value <= 1)):
        raise ValueError(f"A probability must lie between 0 and 1, not {probability}.")
    return value


def _check_samples(samples: int) -> int:
    if not (np.isfinite(samples) and samples == int(samples) and samples >= 1):
        raise ValueError(f"The sample size must be a whole number of at least 1, not {samples}.")
    return int(samples)


def _check_iteration(iteration: int) -> int:
    if not (np.isfinite(iteration) and iteration == int(iteration) and iteration >= 0):
        raise ValueError(f"The number of generations must be a whole number that is not negative, not {iteration}.")
    return int(iteration)
