"""Estimates with intervals from raw values: contrasts over seeds and documents, trends, quantiles, jackknife, simulations.

A replicate is one seed's whole chain; generations, documents and pairs never are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from modelcollapse.diversity.jackknife import half_sample_variance
from modelcollapse.evidence.estimates import (
    LEVEL,
    ChiSquareDistanceEstimate,
    Interval,
    QuantileEstimate,
    StandardisedEffectEstimate,
    StudentEstimate,
)
from modelcollapse.runtime.seeds import generator

LEAST_FOR_BOOTSTRAP = 20
LEAST_HALF_SAMPLES = 200


def document_contrast(
    differences: ArrayLike, weights: ArrayLike | None = None, seeds: Sequence[object] | None = None, label: str = ""
) -> StudentEstimate:
    """Mean of paired differences over seeds that share the same documents.

    The standard error is sqrt(s2_seed / n + s2_document / D), s2 being the variances of the seeds' means and of the
    documents' means, with Welch-Satterthwaite degrees of freedom. The spread between seeds alone is too narrow, since a
    new test set would move all seeds together. Interaction of the two counts twice, which errs on the wide side.

    Args:
        differences: [seeds, documents], for example cross-entropies in nats per token, generation g minus 0.
        weights: [documents], for example tokens per document; None means equal weights.
        seeds: names of the seeds.
        label: which contrast this is.

    Raises:
        ValueError: not two-dimensional, not finite, or weights that do not fit or are not positive.
    """
    values = _finite(differences, 2, "differences [seeds, documents]")
    documents = values.shape[1]
    share = np.ones(documents) if weights is None else _finite(weights, 1, "weights [documents]")
    if share.shape != (documents,) or np.any(share <= 0):
        raise ValueError(f"The weights must be {documents} positive numbers, one per document.")
    share = share / share.sum()
    per_seed = values @ share
    centred = values.mean(axis=0) - per_seed.mean()
    # variance of a weighted mean of independent documents; s2 / D for equal weights
    variance = math.inf if documents < 2 else float(np.sum((share * centred) ** 2) * documents / (documents - 1))
    return seed_contrast(per_seed, seeds, label, shared_variance=variance, shared_degrees_of_freedom=documents - 1)


def seed_contrast(
    values: ArrayLike,
    seeds: Sequence[object] | None = None,
    label: str = "",
    shared_variance: float = 0.0,
    shared_degrees_of_freedom: float = math.inf,
) -> StudentEstimate:
    """Mean of one value per seed.

    Args:
        values: [seeds].
        seeds: names of the seeds; None means 0, 1, ...
        label: which contrast this is.
        shared_variance: squared standard error of what all seeds share (such as the human text they are compared with).
        shared_degrees_of_freedom: with which that was estimated.

    Raises:
        ValueError: no value, or one that is not finite.
    """
    per_seed = _finite(values, 1, "values [seeds]")
    count = per_seed.size
    variances = [float(np.var(per_seed, ddof=1)) / count if count > 1 else math.inf, shared_variance]
    names = range(count) if seeds is None else seeds
    return StudentEstimate(
        value=float(per_seed.mean()),
        standard_error=math.sqrt(sum(variances)),
        degrees_of_freedom=welch_degrees_of_freedom(variances, [count - 1, shared_degrees_of_freedom]),
        replicates=count,
        label=label,
        per_replicate={str(name): float(value) for name, value in zip(names, per_seed, strict=True)},
    )


def two_sample_contrast(first: ArrayLike, second: ArrayLike, label: str = "") -> StudentEstimate:
    """Mean of ``first`` minus mean of ``second`` for independent chains (Welch)."""
    samples = [_finite(first, 1, "first [chains]"), _finite(second, 1, "second [chains]")]
    variances = [float(np.var(sample, ddof=1)) / sample.size if sample.size > 1 else math.inf for sample in samples]
    return StudentEstimate(
        value=float(samples[0].mean() - samples[1].mean()),
        standard_error=math.sqrt(sum(variances)),
        degrees_of_freedom=welch_degrees_of_freedom(variances, [sample.size - 1 for sample in samples]),
        replicates=min(sample.size for sample in samples),
        label=label,
        per_replicate={f"{name} {i}": float(x) for name, s in zip("ab", samples, strict=True) for i, x in enumerate(s)},
    )


def welch_degrees_of_freedom(variances: Sequence[float], degrees_of_freedom: Sequence[float]) -> float:
    """Welch-Satterthwaite: (sum v)^2 / sum(v^2 / df); infinite if nothing varies."""
    total = sum(variances)
    if total == 0 or math.isinf(total):
        return math.inf
    shares = [(v / total) ** 2 / d for v, d in zip(variances, degrees_of_freedom, strict=True) if v > 0]
    return 1 / sum(shares) if sum(shares) > 0 else math.inf


def slope_weights(generations: ArrayLike) -> np.ndarray:
    """Weights a with sum(a x) = least-squares slope of x on the generations, [generations].

    Raises:
        ValueError: fewer than 3 generations (a line through two points is no trend), or generation 0 among them: the
            step from human text to the first model's text dominates and is reported apart (``first_step``).
    """
    at = _finite(generations, 1, "generations")
    if np.unique(at).size < 3:
        raise ValueError(
            f"A trend needs at least 3 generations after the human one, but there are {np.unique(at).size}."
        )
    if at.min() < 1:
        raise ValueError("A trend is fitted over generations >= 1: report the step from generation 0 to 1 apart.")
    centred = at - at.mean()
    return centred / np.sum(centred**2)


def slope_over_generations(
    values: ArrayLike,
    generations: ArrayLike,
    weights: ArrayLike | None = None,
    seeds: Sequence[object] | None = None,
    label: str = "",
) -> StudentEstimate:
    """Per-seed least-squares slope per generation over g >= 1, with its interval.

    Args:
        values: [seeds, generations] or [seeds, generations, documents].
        generations: the generations' numbers, all >= 1.
        weights: [documents].
        seeds: names of the seeds.
        label: which trend this is.

    Raises:
        ValueError: see ``slope_weights``; shapes that do not fit.
    """
    array = np.asarray(values, dtype=np.float64)
    coefficients = slope_weights(generations)
    if array.ndim not in (2, 3) or array.shape[1] != coefficients.size:
        raise ValueError(
            f"Values of shape {array.shape} do not fit {coefficients.size} generations in their second axis."
        )
    slopes = np.tensordot(array, coefficients, axes=(1, 0))
    if array.ndim == 3:
        return document_contrast(slopes, weights, seeds, label)
    return seed_contrast(slopes, seeds, label)


def first_step(values: ArrayLike, generations: ArrayLike) -> np.ndarray:
    """Generation 1 minus generation 0 of values [seeds, generations, ...]: the step that trends leave out."""
    array, at = np.asarray(values, dtype=np.float64), list(np.asarray(generations))
    if 0 not in at or 1 not in at:
        raise ValueError(f"The first step needs generations 0 and 1, but there are {at}.")
    return array[:, at.index(1)] - array[:, at.index(0)]


def standardised_effect(values: ArrayLike, seeds: Sequence[object] | None = None, label: str = ""):
    """Mean over standard deviation between seeds, as a ``StandardisedEffectEstimate``; 1 means: as large as the spread."""
    per_seed = _finite(values, 1, "values [seeds]")
    spread = float(np.std(per_seed, ddof=1)) if per_seed.size > 1 else math.nan
    mean = float(per_seed.mean())
    value = mean / spread if spread != 0 else math.copysign(math.inf, mean)
    names = range(per_seed.size) if seeds is None else seeds
    return StandardisedEffectEstimate(
        value=value,
        replicates=per_seed.size,
        label=label,
        per_replicate={str(name): float(x) for name, x in zip(names, per_seed, strict=True)},
    )


def quantile_estimate(
    values: ArrayLike, probability: float = 0.5, seeds: Sequence[object] | None = None, label: str = ""
) -> QuantileEstimate:
    """A quantile over chains (mixtures, KDE) with its order-statistics interval; give it 20 chains or more.

    Raises:
        ValueError: a probability outside (0, 1), or values that are NaN. Infinite values are in order.
    """
    sample = np.asarray(values, dtype=np.float64)
    if sample.ndim != 1 or sample.size == 0 or np.any(np.isnan(sample)):
        raise ValueError("A quantile needs one number per chain, none of them NaN.")
    if not 0 < probability < 1:
        raise ValueError(f"The probability of a quantile lies between 0 and 1, but is {probability}.")
    names = range(sample.size) if seeds is None else seeds
    return QuantileEstimate(
        value=float(np.quantile(sample, probability)),
        replicates=sample.size,
        label=label,
        per_replicate={str(name): float(x) for name, x in zip(names, sample, strict=True)},
        sample=tuple(sorted(sample.tolist())),
        probability=probability,
    )


def simulation_estimate(value: float, standard_error: float, replicates: int, label: str = "") -> StudentEstimate:
    """A simulated mean with its standard error over many replicates: normal interval.

    Raises:
        ValueError: a standard error that is negative or not finite.
    """
    if not (math.isfinite(value) and math.isfinite(standard_error) and standard_error >= 0):
        raise ValueError(f"A simulation gave {value} with standard error {standard_error}: expected finite numbers.")
    return StudentEstimate(
        value=float(value), standard_error=float(standard_error), replicates=int(replicates), label=label
    )


def chi_square_distance(shares: ArrayLike, probabilities: ArrayLike, replicates: int, label: str = ""):
    """Distance of observed shares of ``replicates`` draws from probabilities, as a ``ChiSquareDistanceEstimate``.

    Raises:
        ValueError: fewer than two categories, shares or probabilities that do not sum to 1, a probability of 0.
    """
    observed = _finite(shares, 1, "shares")
    expected = _finite(probabilities, 1, "probabilities")
    if observed.shape != expected.shape or observed.size < 2 or np.any(expected <= 0):
        raise ValueError("Shares and probabilities must be of equal length, at least 2, with positive probabilities.")
    if abs(observed.sum() - 1) > 1e-6 or abs(expected.sum() - 1) > 1e-6:
        raise ValueError(f"Shares sum to {observed.sum():.6g} and probabilities to {expected.sum():.6g}: expected 1.")
    return ChiSquareDistanceEstimate(
        value=float(np.sqrt(np.sum((observed - expected) ** 2 / expected))),
        replicates=int(replicates),
        label=label,
        categories=observed.size,
    )


def delete_half_standard_error(
    statistic: Callable[[np.ndarray], float], units: int, half_samples: int = LEAST_HALF_SAMPLES, seed: int = 0
) -> float:
    """Standard error of any statistic over documents or prompts, from random halves drawn without replacement.

    A bootstrap with replacement would repeat documents, which moves type-token ratio, distinct-n and Self-BLEU outright.

    Args:
        statistic: maps sorted indices of units to the statistic; one that depends on the number of tokens must cut every
            half to the same number itself.
        units: number of documents or prompts, at least 4.
        half_samples: at least 200.
        seed: names the halves, so that all generations can use the same ones.

    Raises:
        ValueError: fewer units or half-samples than that.
    """
    if units < 4 or half_samples < LEAST_HALF_SAMPLES:
        raise ValueError(
            f"A delete-half jackknife needs at least 4 units and {LEAST_HALF_SAMPLES} half-samples, "
            f"but was asked for {units} and {half_samples}."
        )
    random = generator(seed, "delete-half jackknife", units, half_samples)
    halves = [statistic(np.sort(random.permutation(units)[: units // 2])) for _ in range(half_samples)]
    return math.sqrt(half_sample_variance(np.array(halves, dtype=np.float64), units))


def bootstrap_interval(
    values: ArrayLike,
    statistic: Callable[[np.ndarray], float] = np.mean,
    level: float = LEVEL,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Percentile bootstrap over seeds.

    Raises:
        ValueError: fewer than 20 seeds.
    """
    sample = _finite(values, 1, "values [seeds]")
    if sample.size < LEAST_FOR_BOOTSTRAP:
        raise ValueError(
            f"A bootstrap over {sample.size} seeds is refused: below {LEAST_FOR_BOOTSTRAP} its intervals are too narrow "
            "(over 3 seeds a 95 % percentile interval covers 76 %). Use seed_contrast, whose t interval is exact."
        )
    random = generator(seed, "bootstrap", sample.size, resamples)
    drawn = [statistic(sample[random.integers(0, sample.size, sample.size)]) for _ in range(resamples)]
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level)


def _finite(values: ArrayLike, dimensions: int, name: str) -> np.ndarray:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != dimensions or array.size == 0:
        raise ValueError(f"{name} must be a non-empty array with {dimensions} axes, but has the shape {array.shape}.")
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name} must be finite, but {np.sum(~np.isfinite(array))} of {array.size} numbers are not.")
    return array
