"""Quantities of weighted and iterative mixing, chains of generations and lost tails."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from modelcollapse.evidence.estimates import Estimate, fixed
from modelcollapse.evidence.intervals import two_sample_contrast
from modelcollapse.evidence.quantities import Registry
from modelcollapse.measures.paper_data import NotAvailable, PaperData
from modelcollapse.papers.dohmatob.strong_collapse_quantities import (
    GROUP,
    chosen_rows,
    combined,
    error_table,
    log_slope,
    over_designs,
)
from modelcollapse.regression.ridge.exact_forms import exact_ridgeless
from modelcollapse.regression.ridge.iterative_mixing import small_ratio_limit

MIXING_QUANTITIES = Registry()
quantity = MIXING_QUANTITIES.register


@quantity("error at the largest n of {experiment} over {floor}, minus 1, for each weight alpha where: {where}; c^2 = "
          "{quality}, noise variance {noise_variance}", "theory")  # fmt: skip
def weighted_floor(
    data: PaperData,
    experiment: str,
    where: str,
    floor: str,
    quality: float = 1.0,
    noise_variance: float = 1.0,
) -> list[Estimate]:
    """``floor`` is ``alpha^2 c^2`` (derived) or ``p2^2 alpha^2 c^2`` (Corollary 2 as quoted)."""
    if floor not in ("alpha^2 c^2", "p2^2 alpha^2 c^2"):
        raise ValueError(f"There is no floor '{floor}': expected 'alpha^2 c^2' or 'p2^2 alpha^2 c^2'.")
    rows = chosen_rows(data, experiment, where)
    estimates = []
    for weight, group in rows[rows["samples"] == rows["samples"].max()].groupby("weight"):
        level = quality * weight**2 * (1.0 if floor.startswith("alpha") else group["synthetic_share"].iloc[0] ** 2)
        values = combined(group, "total", (1.0, noise_variance, quality)) / level - 1
        estimates.append(over_designs(values, f"alpha = {weight:g}"))
    return estimates


@quantity("[error of {variant} after the last round at the largest n / (sigma^2 d/n)] / {limit} - 1; c0^2 = "
          "{quality}, noise variance {noise_variance}", "theory")  # fmt: skip
def iterative_limit(
    data: PaperData, variant: str, limit: str = "derived", quality: float = 1.0, noise_variance: float = 1.0
) -> list[Estimate]:
    """Against the variant's own limit (``derived``), or Eq. 19 whatever the variant (``quoted``)."""
    if limit not in ("derived", "quoted"):
        raise ValueError(f"There is no limit '{limit}': expected 'derived' or 'quoted'.")
    rows = _last_round(data, variant)
    rows = rows[rows["samples"] == rows["samples"].max()]
    errors = combined(rows, "total", (1.0, noise_variance, quality))
    expected = float(small_ratio_limit(variant if limit == "derived" else "fresh_noisy", 0.5))
    ratio = errors / (noise_variance * rows["dimension"] / rows["samples"]) / expected - 1
    return [over_designs(ratio, f"{variant}, limit {expected:.3g}")]


@quantity("ln(error of {variant} / error of {other}) after the last round at each n; c0^2 = {quality}, noise variance "
          "{noise_variance}", "log ratio")  # fmt: skip
def iterative_contrast(
    data: PaperData, variant: str, other: str, quality: float = 1.0, noise_variance: float = 1.0
) -> list[Estimate]:
    """Paired by replicate: both chains see the same samples where their definitions allow it."""
    tables = [
        error_table(_last_round(data, name), "samples", (1.0, noise_variance, quality)) for name in (variant, other)
    ]
    return [
        over_designs(np.log(tables[0][n] / tables[1][n]), f"{variant} / {other}, n = {n}") for n in tables[0].columns
    ]


@quantity("slope of ln(error of {variant} after the last round) on ln(samples); c0^2 = {quality}, noise variance "
          "{noise_variance}", "log-log slope")  # fmt: skip
def iterative_slope(
    data: PaperData, variant: str, smallest: int = 0, quality: float = 1.0, noise_variance: float = 1.0
) -> list[Estimate]:
    """Scaling exponent over n >= ``smallest``."""
    rows = _last_round(data, variant)
    rows = rows[rows["samples"] >= smallest]
    return [log_slope(error_table(rows, "samples", (1.0, noise_variance, quality)), variant)]


@quantity("slope of the error on the round without real data, over sigma^2 d/(n-d-1), minus 1; c0^2 = {quality}, noise "
          "variance {noise_variance}", "theory")  # fmt: skip
def growth_per_round(data: PaperData, quality: float = 1.0, noise_variance: float = 1.0) -> list[Estimate]:
    """Fitted over all rounds in each replicate, at each n; the line starts at c0^2."""
    rows = chosen_rows(data, "iterative_mixing", "variant == 'all_synthetic'")
    estimates = []
    for n, group in rows.groupby("samples"):
        table = error_table(group, "round", (1.0, noise_variance, quality))
        at = table.columns.to_numpy(dtype=np.float64)
        slopes = table.to_numpy() @ ((at - at.mean()) / np.sum((at - at.mean()) ** 2))
        step = float(exact_ridgeless(int(group["dimension"].iloc[0]), n, 0, 0.0, noise_variance).variance)
        estimates.append(over_designs(slopes / step - 1, f"n = {n}"))
    return estimates


@quantity("simulated / formula - 1 for {name} of {experiment}, where: {where}", "theory")
def value_agreement(
    data: PaperData, experiment: str, name: str, where: str = "all", formula: str = "theory"
) -> list[Estimate]:
    """Single numbers against the verified formula (``theory``) or the paper's as quoted (``quoted``)."""
    estimates = []
    for (setting, at), group in _values(data, experiment, name, where).groupby(["setting", "at"], sort=False):
        expected = float(group[formula].iloc[0])
        if not (np.isfinite(expected) and expected != 0):
            raise ValueError(
                f"{experiment}, {name}, {setting} at {at:g}: the formula gives {expected}: expected non-zero."
            )
        estimates.append(over_designs(group["value"] / expected - 1, f"{setting}, at {at:g}"))
    return estimates


@quantity("slope of ln({name}) on ln(at) in {experiment}, where: {where}", "log-log slope")
def value_slope(data: PaperData, experiment: str, name: str, where: str = "all") -> list[Estimate]:
    """Scaling exponent of single numbers, fitted in each replicate; deterministic where there is one replicate."""
    estimates = []
    for setting, group in _values(data, experiment, name, where).groupby("setting", sort=False):
        slope = log_slope(group.pivot(index="replicate", columns="at", values="value"), str(setting))
        estimates.append(fixed(slope.value, slope.label) if slope.replicates == 1 else slope)
    return estimates


@quantity("limit for d -> infinity of {name} in {experiment}, from a line in 1/d", "theory")
def extrapolated_gap(data: PaperData, experiment: str, name: str) -> list[Estimate]:
    """Intercept of the least-squares line of simulated / theory - 1 on 1/d, fitted in each replicate."""
    table = _values(data, experiment, name, "all").pivot(index="replicate", columns="at", values="value")
    if table.shape[1] < 3:
        raise NotAvailable(f"'{experiment}' has only {table.shape[1]} dimensions; an extrapolation needs 3")
    inverse = 1 / table.columns.to_numpy(dtype=np.float64)
    centred = inverse - inverse.mean()
    weights = 1 / inverse.size - inverse.mean() * centred / np.sum(centred**2)
    return [over_designs(table.to_numpy() @ weights, name)]


@quantity("{name} of {experiment}, where: {where}", "as computed")
def computed_value(data: PaperData, experiment: str, name: str, where: str = "all") -> list[Estimate]:
    """Numbers without chance, or means over replicates."""
    estimates = []
    for (setting, at), group in _values(data, experiment, name, where).groupby(["setting", "at"], sort=False):
        label = f"{setting}, at {at:g}"
        single = len(group) == 1
        estimates.append(fixed(group["value"].iloc[0], label) if single else over_designs(group["value"], label))
    return estimates


@quantity("mean {name} of '{setting}' over that of '{other}' in {experiment}, minus 1", "theory")
def value_ratio(data: PaperData, experiment: str, name: str, setting: str, other: str) -> list[Estimate]:
    """Two independent simulations; both are divided by the second's mean, whose own error is thereby counted once."""
    rows = _values(data, experiment, name, "all")
    samples = [rows.loc[rows["setting"] == wanted, "value"].to_numpy() for wanted in (setting, other)]
    if min(len(sample) for sample in samples) == 0:
        raise NotAvailable(f"'{experiment}' has no settings '{setting}' and '{other}'")
    mean = samples[1].mean()
    ratio = two_sample_contrast(samples[0] / mean, samples[1] / mean, f"{setting} / {other}")
    return [replace(ratio, per_replicate={})]


def _last_round(data: PaperData, variant: str) -> pd.DataFrame:
    rows = chosen_rows(data, "iterative_mixing", f"variant == '{variant}'")
    return rows[rows["round"] == rows["round"].max()]


def _values(data: PaperData, experiment: str, name: str, where: str) -> pd.DataFrame:
    table = data.table(GROUP, experiment)
    rows = table[table["quantity"] == name]
    rows = rows if where == "all" else rows.query(where)
    if rows.empty:
        raise NotAvailable(f"'{experiment}' has no '{name}' where {where}")
    return rows
