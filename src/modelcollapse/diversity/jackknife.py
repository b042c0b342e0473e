"""Intervals of diversity measures by the delete-half jackknife over texts.

Texts are the units, because tokens, sentences and pairs of one text depend on each other. Half-samples are drawn without
replacement: a bootstrap with replacement repeats texts, and repeated texts are exactly what these measures count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student_t

from modelcollapse.diversity.statistic import Statistic
from modelcollapse.runtime.seeds import generator

HALF_SAMPLES = 200
MINIMUM_TEXTS = 4
"""Fewer texts leave a half of one text, which cannot be compared with others."""


@dataclass(frozen=True)
class MeasuredValue:
    """A value with the standard error of its sampling from a population of texts.

    Attributes:
        value: the measure of all texts.
        standard_error: NaN if no half-samples were asked for.
        freedom: degrees of freedom of Student's t.
    """

    value: float
    standard_error: float
    freedom: float

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Symmetric interval: value -+ t x standard error."""
        if not 0 < confidence < 1:
            raise ValueError(f"The confidence must lie between 0 and 1, such as 0.95, not {confidence}.")
        reach = float(student_t.ppf((1 + confidence) / 2, self.freedom)) * self.standard_error
        return self.value - reach, self.value + reach


def half_samples(texts: int, count: int = HALF_SAMPLES, seed: int = 0) -> list[np.ndarray]:
    """Random halves (rounded down) of 0..texts-1, sorted int64 arrays.

    Raises:
        ValueError: fewer than ``MINIMUM_TEXTS`` texts or fewer than two halves.
    """
    if texts < MINIMUM_TEXTS:
        raise ValueError(
            f"An interval needs at least {MINIMUM_TEXTS} texts, not {texts}. Give more texts, or set half_samples=0 for "
            "values without intervals."
        )
    if count < 2:
        raise ValueError(f"The jackknife needs at least two half-samples (200 are usual), not {count}.")
    random = generator(seed, "half-samples", texts)
    return [np.sort(random.choice(texts, texts // 2, replace=False, shuffle=False)) for _ in range(count)]


def half_sample_variance(halves: np.ndarray, units: int) -> float:
    """Variance of a statistic over its units, from its values on random halves of them.

    With m of n units kept it is m / (n - m) x mean (half - mean of halves)^2 (delete-d jackknife with d = n - m: Shao & Wu
    1989, Annals of Statistics 17:1176-1197). Halves are compared with their own mean, since a statistic of half the units
    may be off from that of all.

    Args:
        halves: float [half-samples], the statistic of units // 2 units drawn without replacement.
        units: n, at least 2: texts, documents or prompts.
    """
    kept = units // 2
    return float(kept / (units - kept) * np.mean((halves - halves.mean()) ** 2))


def jackknife(statistic: Statistic, count: int = HALF_SAMPLES, seed: int = 0) -> MeasuredValue:
    """Value of a statistic with its delete-half jackknife standard error.

    A measure that grows in proportion to the texts (``grows_with_texts``) has its halves brought to its level.

    Args:
        statistic: prepared measure.
        count: number of half-samples; 0 gives the value alone, with a standard error of NaN.
        seed: of the half-samples.

    Raises:
        ValueError: fewer than four texts, or what the measure refuses for half the texts.
    """
    value = statistic.value()
    freedom = max(1.0, statistic.n_texts - 1.0)
    if count == 0:
        return MeasuredValue(value, float("nan"), freedom)
    halves = _halves(statistic, value, half_samples(statistic.n_texts, count, seed))
    variance = half_sample_variance(halves, statistic.n_texts) + statistic.sampling_variance
    return MeasuredValue(value, float(np.sqrt(variance)), freedom)


def jackknife_difference(
    first: Statistic, second: Statistic, paired: bool = False, count: int = HALF_SAMPLES, seed: int = 0
) -> MeasuredValue:
    """Second minus first with its standard error, for two sets with the same number of texts.

    Args:
        paired: whether text i of both sets belongs together (same prompt): then both sets are halved alike, and what
            they share cancels.
        first, second, count, seed: see ``jackknife``.

    Raises:
        ValueError: the numbers of texts differ, or see ``jackknife``.
    """
    texts = first.n_texts
    if texts != second.n_texts:
        raise ValueError(
            f"The first set has {texts} texts and the second {second.n_texts}. Draw the same number from both."
        )
    if not paired or count == 0:
        estimates = [jackknife(first, count, seed), jackknife(second, count, seed + 1)]
        error = float(np.hypot(estimates[0].standard_error, estimates[1].standard_error))
        return MeasuredValue(estimates[1].value - estimates[0].value, error, max(1.0, 2.0 * (texts - 1)))
    chosen = half_samples(texts, count, seed)
    values = [statistic.value() for statistic in (first, second)]
    halves = [_halves(statistic, value, chosen) for statistic, value in zip((first, second), values, strict=True)]
    variance = half_sample_variance(halves[1] - halves[0], texts) + first.sampling_variance + second.sampling_variance
    return MeasuredValue(values[1] - values[0], float(np.sqrt(variance)), max(1.0, texts - 1.0))


def _halves(statistic: Statistic, value: float, chosen: list[np.ndarray]) -> np.ndarray:
    halves = statistic.values(chosen)
    return halves * (value / halves.mean()) if statistic.grows_with_texts else halves
