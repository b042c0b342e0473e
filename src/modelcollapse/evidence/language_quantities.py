"""Quantities of language-model arms, from their measures. Perplexities are compared as logarithms: nats per token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from modelcollapse.evidence.estimates import Estimate
from modelcollapse.evidence.intervals import (
    delete_half_standard_error,
    document_contrast,
    first_step,
    seed_contrast,
    slope_over_generations,
    standardised_effect,
)
from modelcollapse.evidence.quantities import Registry
from modelcollapse.measures.measure_rows import HUMAN
from modelcollapse.measures.paper_data import NotAvailable, PaperData

LANGUAGE_QUANTITIES = Registry()
quantity = LANGUAGE_QUANTITIES.register


@dataclass(frozen=True)
class CrossEntropies:
    """A value per row of text, such as the cross-entropy on human test rows in nats per token."""

    seeds: list[int]
    generations: list[int]
    values: np.ndarray
    """[seeds, generations, rows]"""
    weights: np.ndarray | None
    """[rows] tokens per row; None if all rows have the same number."""

    def at(self, generation: int) -> np.ndarray:
        """[seeds, rows]"""
        if generation not in self.generations:
            raise NotAvailable(f"there is no generation {generation} (the last is {self.generations[-1]})")
        return self.values[:, self.generations.index(generation)]

    def keep(self, seeds: list[int]) -> CrossEntropies:
        """The same for some of the seeds."""
        rows = [self.seeds.index(seed) for seed in seeds]
        return CrossEntropies(seeds, self.generations, self.values[rows], self.weights)


def cross_entropies(data: PaperData, arm: str, measure: str = "cross_entropy") -> CrossEntropies:
    """Per-row cross-entropies of an arm.

    Raises:
        NotAvailable: the arm was not run, or only aggregated values were kept.
        ValueError: some seed lacks a generation or a row, has a value that is not finite or rows of another length.
    """
    rows = data.measure(arm, measure)
    rows = rows[(rows["unit"] >= 0) & (rows["generation"] != HUMAN)]
    if rows.empty:
        raise NotAvailable(f"the arm '{arm}' has no '{measure}' per test row")
    seeds, generations, values = _grid(rows, arm, measure)
    _, _, tokens = _grid(rows, arm, measure, column="tokens")
    weights = tokens[0, 0]
    if np.any(tokens != weights):
        raise ValueError(f"The rows of '{measure}' of the arm '{arm}' differ in length between seeds or generations.")
    return CrossEntropies(seeds, generations, values, weights if np.any(weights != weights[0]) else None)


@quantity(
    "ln(perplexity of {arm} at the generations asked for: {generations} / its generation 0) on human test text", "nat"
)
def degradation(data: PaperData, arm: str, generations: str | int = "mean") -> list[Estimate]:
    """Cross-entropy of generation g minus that of generation 0.

    Args:
        data: result files.
        arm: the arm.
        generations: ``mean`` over g >= 1, ``last``, ``each`` (one estimate per generation) or a number.
    """
    scores = cross_entropies(data, arm)
    return [
        document_contrast(values - scores.at(0), scores.weights, scores.seeds, f"{arm}, {label}")
        for label, values in _chosen(scores, generations)
    ]


@quantity("ln(perplexity of {arm} at generation {generation})", "log perplexity")
def log_perplexity(data: PaperData, arm: str, generation: int = 0) -> list[Estimate]:
    """Absolute cross-entropy on human test text."""
    scores = cross_entropies(data, arm)
    label = f"{arm}, generation {generation}"
    return [document_contrast(scores.at(generation), scores.weights, scores.seeds, label)]


@quantity("ln(perplexity of the weights that {arm} starts from)", "log perplexity")
def base_log_perplexity(data: PaperData, arm: str) -> list[Estimate]:
    """Absolute cross-entropy of the weights before any fine-tuning ("zero-shot")."""
    base = cross_entropies(data, arm, "base_cross_entropy")
    return [document_contrast(base.values[:, 0], base.weights, base.seeds, f"base of {arm}")]


@quantity("ln(perplexity of the base weights / that of {arm}), generations: {generations}", "nat")
def gain_over_base(data: PaperData, arm: str, generations: str | int = 0) -> list[Estimate]:
    """What fine-tuning gained: cross-entropy of the base weights minus that of generation g."""
    scores, base = _paired(cross_entropies(data, arm), cross_entropies(data, arm, "base_cross_entropy"))
    return [
        document_contrast(base.values[:, 0] - values, scores.weights, scores.seeds, f"{arm}, {label}")
        for label, values in _chosen(scores, generations)
    ]


@quantity("{factor} x degradation of {arm} minus degradation of {other}, mean over generations >= 1", "nat")
def degradation_difference(data: PaperData, arm: str, other: str, factor: float = 1.0) -> list[Estimate]:
    """How much less ``other`` degrades than ``factor`` times ``arm``; degradation as in the quantity of that name."""
    first, second = _paired(cross_entropies(data, arm), cross_entropies(data, other))
    values = factor * _mean_degradation(first) - _mean_degradation(second)
    return [document_contrast(values, first.weights, first.seeds, f"{factor:g} x {arm} - {other}")]


@quantity("ln(perplexity of {arm} / that of {reference}), generations: {generations}; reference generation: "
          "{reference_generation}", "nat")  # fmt: skip
def log_perplexity_ratio(
    data: PaperData,
    arm: str,
    reference: str,
    generations: str | int = "mean",
    reference_generation: int | None = None,
) -> list[Estimate]:
    """Cross-entropy of an arm minus that of a reference arm at the same (or a given) generation.

    With a human ceiling (its generation 1) as the reference this is the excess over that ceiling.
    """
    first, second = _paired(cross_entropies(data, arm), cross_entropies(data, reference))
    at_reference = dict(_chosen(second, generations if reference_generation is None else reference_generation))
    estimates = []
    for label, values in _chosen(first, generations):
        if reference_generation is None and label not in at_reference:
            raise NotAvailable(f"the arms '{arm}' and '{reference}' did not run for the same generations")
        other = at_reference[label] if reference_generation is None else next(iter(at_reference.values()))
        estimates.append(document_contrast(values - other, first.weights, first.seeds, f"{arm} / {reference}, {label}"))
    return estimates


@quantity("slope of ln(perplexity) of {arm} per generation, fitted in each seed over generations >= 1", "nat")
def degradation_trend(data: PaperData, arm: str) -> list[Estimate]:
    """Trend after the first step."""
    scores = cross_entropies(data, arm)
    later = [generation for generation in scores.generations if generation >= 1]
    if len(later) < 3:
        raise NotAvailable(f"the arm '{arm}' has only {len(later)} generations after the human one; a trend needs 3")
    values = np.stack([scores.at(generation) for generation in later], axis=1)
    return [slope_over_generations(values, later, scores.weights, scores.seeds, f"{arm}, slope")]


@quantity("ln(perplexity of {arm} at generation 1 / at generation 0): the step from human to model text", "nat")
def degradation_first_step(data: PaperData, arm: str) -> list[Estimate]:
    """The first step alone, which dominates."""
    scores = cross_entropies(data, arm)
    step = first_step(scores.values, scores.generations)
    return [document_contrast(step, scores.weights, scores.seeds, f"{arm}, first step")]


@quantity("mean over seeds of ln(perplexity of {arm} / generation 0), divided by the standard deviation between seeds, "
          "in each generation >= 1", "standard deviations")  # fmt: skip
def standardised_degradation(data: PaperData, arm: str) -> list[Estimate]:
    """Gap to generation 0 in units of the spread between runs."""
    scores = cross_entropies(data, arm)
    return [
        standardised_effect(_row_mean(values - scores.at(0), scores.weights), scores.seeds, f"{arm}, {label}")
        for label, values in _chosen(scores, "each")
    ]


@quantity("ln(median per-sequence perplexity under generation 0 of the samples of {arm} / that of held-out human text), "
          "generation {generation}", "nat")  # fmt: skip
def median_shift_under_generation_0(data: PaperData, arm: str, generation: str | int = "last") -> list[Estimate]:
    """Negative: samples are more likely than human text under the model of human text."""

    def statistic(samples: np.ndarray, human: np.ndarray) -> float:
        return float(np.median(samples) - np.median(human))

    return [_against_human_rows(data, arm, generation, statistic)]


@quantity("share of samples of {arm} above the {quantile} quantile of held-out human text in perplexity under generation "
          "0, minus the human share, generation {generation}", "share")  # fmt: skip
def tail_share_excess(
    data: PaperData, arm: str, quantile: float = 0.99, generation: str | int = "last"
) -> list[Estimate]:
    """Positive: the right tail is longer than that of human text."""

    def statistic(samples: np.ndarray, human: np.ndarray) -> float:
        return float(np.mean(samples > np.quantile(human, quantile)) - (1 - quantile))

    return [_against_human_rows(data, arm, generation, statistic)]


@quantity(
    "{measure} of the samples of {arm} minus that of human training rows, generations: {generations}", "diversity"
)
def repetition_excess(
    data: PaperData, arm: str, measure: str = "repeated_token_4gram_share", generations: str | int = "mean"
) -> list[Estimate]:
    """How much more samples repeat themselves than human text, in shares of 1."""
    rows = data.measure(arm, measure)
    human = rows[rows["generation"] == HUMAN]
    if human.empty:
        raise NotAvailable(f"the arm '{arm}' has no '{measure}' of human rows")
    total = human[human["unit"] < 0]
    by_seed = dict(zip(total["seed"], total["value"], strict=True))
    written = rows[(rows["generation"] != HUMAN) & (rows["unit"] < 0)].assign(unit=0)
    seeds, numbers, values = _grid(written, arm, measure)
    # human training rows are the same in all seeds, so one reference serves those that have none of their own
    reference = np.array([by_seed.get(seed, total["value"].iloc[0]) for seed in seeds])
    spread = human[human["unit"] >= 0].groupby("unit")["value"].mean()
    variance = float(spread.var(ddof=1)) / len(spread) if len(spread) > 1 else 0.0
    freedom = len(spread) - 1 if len(spread) > 1 else np.inf
    scores = CrossEntropies(seeds, numbers, values, None)
    return [
        seed_contrast(chosen[:, 0] - reference, seeds, f"{arm}, {label}", variance, freedom)
        for label, chosen in _chosen(scores, generations, first=0)
    ]


def _against_human_rows(
    data: PaperData, arm: str, generation: str | int, statistic: Callable[[np.ndarray, np.ndarray], float]
) -> Estimate:
    """A statistic of the cross-entropies (nats per token under generation 0) of samples and human rows, per seed.

    All seeds are compared with the same human rows, whose own uncertainty is added by a delete-half jackknife.
    """
    rows = data.measure(arm, "sequence_cross_entropy")
    human_rows = rows[rows["generation"] == HUMAN]
    written = rows[rows["generation"] != HUMAN]
    if human_rows.empty or written.empty:
        raise NotAvailable(f"the arm '{arm}' has no per-sequence cross-entropies of samples and of human rows")
    number = int(written["generation"].max()) if generation == "last" else int(generation)
    samples = written[written["generation"] == number]
    if samples.empty:
        raise NotAvailable(f"the arm '{arm}' has no per-sequence cross-entropies of generation {number}")
    seeds, _, human_values = _grid(human_rows, arm, "sequence_cross_entropy of human rows")
    human = dict(zip(seeds, human_values[:, 0], strict=True))
    written_by = {int(seed): group["value"].to_numpy() for seed, group in samples.groupby("seed")}
    missing = sorted(set(written_by) - set(human))
    if missing:
        raise ValueError(
            f"The arm '{arm}' has no cross-entropies of human rows under generation 0 for the seeds {missing}."
        )
    values = {seed: statistic(written, human[seed]) for seed, written in sorted(written_by.items())}

    def over_seeds(rows_kept: np.ndarray) -> float:
        return float(np.mean([statistic(written_by[seed], human[seed][rows_kept]) for seed in values]))

    count = human_values.shape[-1]
    variance = delete_half_standard_error(over_seeds, count) ** 2
    return seed_contrast(list(values.values()), list(values), f"{arm}, generation {number}", variance, count - 1)


def _chosen(scores: CrossEntropies, generations: str | int, first: int = 1) -> list[tuple[str, np.ndarray]]:
    """[seeds, rows] per generation asked for, with a label; means are taken over generations >= ``first``."""
    later = [generation for generation in scores.generations if generation >= first]
    if isinstance(generations, int):
        return [(f"generation {generations}", scores.at(generations))]
    if not later:
        raise NotAvailable("there is no generation after the human one")
    if generations == "mean":
        mean = np.mean([scores.at(generation) for generation in later], axis=0)
        return [(f"mean of generations {later[0]}-{later[-1]}", mean)]
    if generations == "last":
        return [(f"generation {later[-1]}", scores.at(later[-1]))]
    if generations == "each":
        return [(f"generation {generation}", scores.at(generation)) for generation in later]
    raise ValueError(f"The generations are 'mean', 'last', 'each' or a number, but not {generations!r}.")


def _mean_degradation(scores: CrossEntropies) -> np.ndarray:
    return _chosen(scores, "mean")[0][1] - scores.at(0)


def _paired(first: CrossEntropies, second: CrossEntropies) -> tuple[CrossEntropies, CrossEntropies]:
    """Both restricted to their common seeds: contrasts are paired."""
    common = [seed for seed in first.seeds if seed in second.seeds]
    if not common:
        raise NotAvailable("the arms have no seed in common")
    if first.values.shape[-1] != second.values.shape[-1]:
        raise ValueError(
            f"Arms are compared on the same test rows, but have {first.values.shape[-1]} and {second.values.shape[-1]}."
        )
    if not np.array_equal(_or_equal(first), _or_equal(second)):
        raise ValueError("Arms are compared on the same test rows, but theirs differ in their numbers of tokens.")
    return first.keep(common), second.keep(common)


def _or_equal(scores: CrossEntropies) -> np.ndarray:
    return np.ones(scores.values.shape[-1]) if scores.weights is None else scores.weights


def _row_mean(values: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    return np.average(values, axis=-1, weights=weights)


def _grid(rows: pd.DataFrame, arm: str, measure: str, column: str = "value") -> tuple[list[int], list[int], np.ndarray]:
    """Seeds, generations and a column [seeds, generations, units] of a tidy table; every combination must be there once."""
    keys: dict[str, Any] = {name: np.sort(rows[name].unique()) for name in ("seed", "generation", "unit")}
    shape = tuple(len(values) for values in keys.values())
    if len(rows) != np.prod(shape) or rows.duplicated(list(keys)).any():
        raise ValueError(
            f"The measure '{measure}' of the arm '{arm}' has {len(rows)} rows, but its {shape[0]} seeds, {shape[1]} "
            f"generations and {shape[2]} units need {np.prod(shape)}, each once. Delete its file and run again."
        )
    values = rows.sort_values(list(keys))[column].to_numpy(dtype=np.float64).reshape(shape)
    if not np.all(np.isfinite(values)):
        seeds = keys["seed"][~np.isfinite(values).all(axis=(1, 2))].tolist()
        raise ValueError(f"The measure '{measure}' of the arm '{arm}' is not finite for the seeds {seeds}.")
    return keys["seed"].tolist(), keys["generation"].tolist(), values
