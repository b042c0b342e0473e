"""Estimates that know their own uncertainty: an interval at any level, and one-sided p values against any threshold.

Intervals and p values of one estimate are inversions of the same test, so that they never contradict each other.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy import integrate, optimize, special, stats

LEVEL = 0.95
POWER = 0.8


@dataclass(frozen=True)
class Interval:
    """A confidence interval; an end is infinite where the data say nothing."""

    low: float
    high: float
    level: float = LEVEL


@dataclass(frozen=True, kw_only=True)
class Estimate(ABC):
    """A number estimated from replicates."""

    value: float
    """The point estimate, in the unit of its quantity."""
    replicates: int | None = None
    """Independent chains behind it; None where nothing is random."""
    label: str = ""
    """Which arm, setting or generation it belongs to."""
    per_replicate: Mapping[str, float] = field(default_factory=dict)
    """Raw value of every replicate, by name, where there are such values."""

    @abstractmethod
    def interval(self, level: float = LEVEL) -> Interval:
        """Two-sided confidence interval."""

    @abstractmethod
    def p_above(self, threshold: float) -> float:
        """One-sided p value of "the parameter is <= threshold": small when it lies above."""

    @abstractmethod
    def p_below(self, threshold: float) -> float:
        """One-sided p value of "the parameter is >= threshold": small when it lies below."""

    def minimum_detectable_effect(self) -> float:
        """Effect that would be found with 80 % power at the 5 % level, from the width of the interval."""
        interval = self.interval()
        return 0.5 * (interval.high - interval.low) * (1 + stats.norm.ppf(POWER) / stats.norm.ppf(0.5 + LEVEL / 2))


@dataclass(frozen=True, kw_only=True)
class StudentEstimate(Estimate):
    """A mean with a standard error: mean +- t x standard error."""

    standard_error: float
    """Zero for a number without randomness, infinite where it cannot be estimated (one seed)."""
    degrees_of_freedom: float = math.inf
    """Of Student's t; infinite for a simulation with very many replicates."""

    def interval(self, level: float = LEVEL) -> Interval:
        if math.isinf(self.standard_error):
            return Interval(-math.inf, math.inf, level)
        width = self.standard_error * self._quantile(0.5 + level / 2) if self.standard_error else 0.0
        return Interval(self.value - width, self.value + width, level)

    def p_above(self, threshold: float) -> float:
        return self._p(self.value - threshold)

    def p_below(self, threshold: float) -> float:
        return self._p(threshold - self.value)

    def minimum_detectable_effect(self) -> float:
        if not self.standard_error or math.isinf(self.standard_error):
            return self.standard_error
        return self.standard_error * (self._quantile(0.5 + LEVEL / 2) + self._quantile(POWER))

    def _quantile(self, probability: float) -> float:
        return float(stats.t.ppf(probability, self.degrees_of_freedom))

    def _p(self, distance: float) -> float:
        if math.isinf(self.standard_error):
            return 1.0
        if self.standard_error == 0:
            return 0.0 if distance > 0 else 1.0
        return float(stats.t.sf(distance / self.standard_error, self.degrees_of_freedom))


def fixed(value: float, label: str = "") -> StudentEstimate:
    """An estimate without randomness, such as one formula over another."""
    return StudentEstimate(value=float(value), standard_error=0.0, label=label)


@dataclass(frozen=True, kw_only=True)
class StandardisedEffectEstimate(Estimate):
    """Mean over standard deviation between replicates; exact by inversion of the noncentral t distribution.

    Needs at least 2 replicates: with fewer, nothing is known about the spread.
    """

    def interval(self, level: float = LEVEL) -> Interval:
        if not math.isfinite(self.value):
            return Interval(self.value, self.value, level) if math.isinf(self.value) else _unknown(level)
        tail = (1 - level) / 2
        return Interval(self._solve(1 - tail), self._solve(tail), level)

    def p_above(self, threshold: float) -> float:
        if not math.isfinite(self.value):
            return 0.0 if self.value == math.inf else 1.0
        return _noncentral_t(-self._t, self.replicates - 1, -threshold * self._root)

    def p_below(self, threshold: float) -> float:
        if not math.isfinite(self.value):
            return 0.0 if self.value == -math.inf else 1.0
        return _noncentral_t(self._t, self.replicates - 1, threshold * self._root)

    @property
    def _root(self) -> float:
        return math.sqrt(self.replicates)

    @property
    def _t(self) -> float:
        return self.value * self._root

    def _solve(self, probability: float) -> float:
        """The effect under which P(T <= observed t) is ``probability``."""

        def excess(noncentrality: float) -> float:
            return _noncentral_t(self._t, self.replicates - 1, noncentrality) - probability

        reach = 3 * abs(self._t) + 10
        return float(optimize.brentq(excess, -reach, reach)) / self._root


def _noncentral_t(observed: float, degrees_of_freedom: int, noncentrality: float) -> float:
    """P(T <= observed) of the noncentral t law, as E Phi(observed s - noncentrality) over s = chi / sqrt(df).

    SciPy's own function is not a number for large effects of few replicates; the tests compare both where it is.
    """
    root = math.sqrt(degrees_of_freedom)

    def integrand(s: float) -> float:
        return stats.chi.pdf(s * root, degrees_of_freedom) * root * special.ndtr(observed * s - noncentrality)

    turn = noncentrality / observed if observed else 1.0
    points = sorted({1.0, *([turn] if 0 < turn < 12 else [])})
    value, _ = integrate.quad(integrand, 0.0, 12.0, points=points, limit=200)
    return min(1.0, max(0.0, float(value)))


@dataclass(frozen=True, kw_only=True)
class QuantileEstimate(Estimate):
    """A quantile of the law of the replicates, with the distribution-free interval by order statistics."""

    sample: tuple[float, ...]
    """The replicates' values, sorted."""
    probability: float = 0.5
    """Which quantile: 0.5 is the median."""

    def interval(self, level: float = LEVEL) -> Interval:
        count, tail = len(self.sample), (1 - level) / 2
        below = stats.binom.cdf(np.arange(count + 1), count, self.probability)
        lower = int(np.sum(below[:-1] <= tail))
        # x_(u) is a valid upper end when P(at least u values below the quantile) <= tail
        exceeding = np.flatnonzero(1 - below[:-1] <= tail)
        low = self.sample[lower - 1] if lower >= 1 else -math.inf
        high = self.sample[exceeding[0]] if exceeding.size else math.inf
        return Interval(low, high, level)

    def p_above(self, threshold: float) -> float:
        above = sum(value > threshold for value in self.sample)
        return float(stats.binom.sf(above - 1, len(self.sample), 1 - self.probability))

    def p_below(self, threshold: float) -> float:
        below = sum(value < threshold for value in self.sample)
        return float(stats.binom.sf(below - 1, len(self.sample), self.probability))


@dataclass(frozen=True, kw_only=True)
class ChiSquareDistanceEstimate(Estimate):
    """Root mean square relative deviation w of shares p from probabilities q: w^2 = sum (p - q)^2 / q.

    ``value`` is the plug-in w, which noise alone makes positive; the tests know that: the statistic n w^2 is noncentral
    chi-square with noncentrality n x (true w)^2.
    """

    categories: int

    def interval(self, level: float = LEVEL) -> Interval:
        tail = (1 - level) / 2
        return Interval(self._solve(1 - tail), self._solve(tail), level)

    def p_above(self, threshold: float) -> float:
        return 0.0 if threshold < 0 else float(1 - self._cdf(self.replicates * threshold**2))

    def p_below(self, threshold: float) -> float:
        return 1.0 if threshold < 0 else self._cdf(self.replicates * threshold**2)

    @property
    def _statistic(self) -> float:
        return self.replicates * self.value**2

    def _cdf(self, noncentrality: float) -> float:
        freedom = self.categories - 1
        if noncentrality == 0:
            return float(stats.chi2.cdf(self._statistic, freedom))
        return float(stats.ncx2.cdf(self._statistic, freedom, noncentrality))

    def _solve(self, probability: float) -> float:
        """The true w under which P(statistic <= observed) is ``probability``; 0 where none is that small."""
        if self._cdf(0.0) <= probability:
            return 0.0
        high = 4 * self._statistic + 100
        root = optimize.brentq(lambda noncentrality: self._cdf(noncentrality) - probability, 0.0, high)
        return math.sqrt(root / self.replicates)


def _unknown(level: float) -> Interval:
    return Interval(-math.inf, math.inf, level)
