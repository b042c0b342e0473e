"""Estimates over independent chains, with their standard errors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom


@dataclass(frozen=True)
class Simulated:
    """An estimate from independent chains."""

    value: float
    standard_error: float
    replicates: int


def mean_of(values: np.ndarray) -> Simulated:
    """Mean over chains."""
    return Simulated(float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values))), len(values))


def root_mean_square_of(errors: np.ndarray) -> Simulated:
    """Root of the mean square over chains; standard error by the delta method."""
    square = mean_of(np.asarray(errors) ** 2)
    root = math.sqrt(square.value)
    return Simulated(root, square.standard_error / (2 * root) if root > 0 else 0.0, square.replicates)


def standard_deviation_of(values: np.ndarray) -> Simulated:
    """Standard deviation over chains; standard error by the delta method on the centred squares."""
    return root_mean_square_of((values - np.mean(values)) * math.sqrt(len(values) / (len(values) - 1)))


def variance_over_chains(values: np.ndarray) -> Simulated:
    """Variance over chains, from the centred squares."""
    return mean_of((values - np.mean(values)) ** 2 * (len(values) / (len(values) - 1)))


def quantile_of(values: np.ndarray, probability: float = 0.5) -> Simulated:
    """Quantile over chains; its standard error comes from the distribution-free 95 % interval of order statistics."""
    ordered, count = np.sort(values), len(values)
    low, high = (int(np.clip(binom.ppf(p, count, probability), 0, count - 1)) for p in (0.025, 0.975))
    error = (ordered[high] - ordered[low]) / (2 * 1.96)
    return Simulated(float(np.quantile(ordered, probability)), float(error), count)


def share_of(successes: int, replicates: int, exact: float | None = None) -> Simulated:
    """Share of chains; standard error under the exact probability where it is known."""
    share = successes / replicates
    probability = share if exact is None else exact
    return Simulated(share, math.sqrt(probability * (1 - probability) / replicates), replicates)


def without_chance(value: float) -> Simulated:
    """A number that no chance is involved in: its standard error is 0."""
    return Simulated(float(value), 0.0, 1)
