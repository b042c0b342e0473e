"""Quantities of strong collapse: agreement of theory and simulation, floors, slopes, widths.

The tables hold each design's error by source at unit signal, noise variance and quality, so that every mixture of them is
a weighted sum, paired by design. ``where`` selects rows by a condition on the table's columns.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from modelcollapse.evidence.estimates import Estimate
from modelcollapse.evidence.intervals import seed_contrast
from modelcollapse.evidence.quantities import Registry
from modelcollapse.measures.paper_data import NotAvailable, PaperData

STRONG_COLLAPSE_QUANTITIES = Registry()
quantity = STRONG_COLLAPSE_QUANTITIES.register
GROUP = "strong_collapse"
PARTS = ("bias", "variance", "zeta")


@quantity("simulated / {reference} - 1 for the {part} of {experiment}, where: {where}; c^2 = {quality}, noise variance "
          "{noise_variance}, signal {signal}", "theory")  # fmt: skip
def error_agreement(
    data: PaperData,
    experiment: str,
    part: str = "total",
    reference: str = "theory",
    where: str = "all",
    quality: float = 1.0,
    noise_variance: float = 1.0,
    signal: float = 1.0,
) -> list[Estimate]:
    """Simulation against the deterministic equivalent (``theory``) or the exact finite-size mean (``exact``)."""
    scales = (signal, noise_variance, quality)
    estimates = []
    for setting, rows in chosen_rows(data, experiment, where).groupby("setting", sort=False):
        expected = float(combined(rows.iloc[:1], part, scales, f"{reference}_").iloc[0])
        if not (np.isfinite(expected) and expected > 0):
            raise ValueError(
                f"The {reference} value of '{part}' in {experiment}, {setting}, must be positive: {expected}."
            )
        values = combined(rows, part, scales) / expected - 1
        estimates.append(over_designs(values, f"{part}, {setting}"))
    return estimates


@quantity("slope of ln(simulated error) on ln(samples) in {experiment} for each {by}, where: {where}; c^2 = {quality}, "
          "noise variance {noise_variance}", "log-log slope")  # fmt: skip
def error_slope(
    data: PaperData,
    experiment: str,
    where: str,
    by: str = "synthetic_share",
    quality: float = 1.0,
    noise_variance: float = 1.0,
) -> list[Estimate]:
    """Scaling exponent, fitted in every replicate."""
    rows = chosen_rows(data, experiment, where)
    return [
        log_slope(error_table(group, "samples", (1.0, noise_variance, quality)), f"{by} = {value}")
        for value, group in rows.groupby(by)
    ]


@quantity("slope of ln(simulated error) on ln(share p2) in {experiment}, where: {where}; noise variance {noise_variance}",
          "log-log slope")  # fmt: skip
def share_exponent(data: PaperData, experiment: str, where: str, noise_variance: float = 1.0) -> list[Estimate]:
    """Power of p2 with which the floor grows, at every n asked for."""
    rows = chosen_rows(data, experiment, where)
    return [
        log_slope(error_table(group, "synthetic_share", (1.0, noise_variance, 1.0)), f"n = {samples:.0e}")
        for samples, group in rows.groupby("samples")
    ]


@quantity("slope of ln(simulated error) on ln(c^2) over {qualities} in {experiment}, where: {where}; noise variance "
          "{noise_variance}", "log-log slope")  # fmt: skip
def quality_exponent(
    data: PaperData, experiment: str, where: str, qualities: list[float], noise_variance: float = 1.0
) -> list[Estimate]:
    """Power of c^2 with which the floor grows, for every setting asked for."""
    estimates = []
    for setting, group in chosen_rows(data, experiment, where).groupby("setting", sort=False):
        columns = {c2: combined(group, "total", (1.0, noise_variance, c2)).to_numpy() for c2 in qualities}
        estimates.append(log_slope(pd.DataFrame(columns, index=group["replicate"]), setting))
    return estimates


@quantity("[E(p2) / E(0)] / [1 + p1 p2 c^2 / sigma^2 + n / n_x] - 1 in {experiment}, where: {where}; c^2 = {quality}, noise "
          "variance {noise_variance}", "theory")  # fmt: skip
def crossover_agreement(
    data: PaperData, experiment: str, where: str, quality: float = 1.0, noise_variance: float = 1.0
) -> list[Estimate]:
    """A mixture's error in units of the clean error of the same design; n_x = sigma^2 d / (p2^2 c^2)."""
    estimates = []
    for setting, rows, ratio in _with_clean(data, experiment, where, (1.0, noise_variance, quality)):
        p2, n = rows["synthetic_share"].iloc[0], rows["samples"].iloc[0]
        multiple = n * p2**2 * quality / (noise_variance * rows["dimension"].iloc[0])
        predicted = 1 + (1 - p2) * p2 * quality / noise_variance + multiple
        estimates.append(over_designs(ratio / predicted - 1, f"{setting} = {multiple:.3g} n_x"))
    return estimates


@quantity("ln(error of the mixture / error on real data alone) on the same design in {experiment}, where: {where}; c^2 = "
          "{quality}, noise variance {noise_variance}", "log ratio")  # fmt: skip
def mixture_penalty(
    data: PaperData, experiment: str, where: str, quality: float = 1.0, noise_variance: float = 1.0
) -> list[Estimate]:
    """What synthetic samples cost, as a factor."""
    return [
        over_designs(np.log(ratio), setting)
        for setting, rows, ratio in _with_clean(data, experiment, where, (1.0, noise_variance, quality))
    ]


@quantity("ln({part} at width m = n / {part} at each width more than {distance} n away from it) in {experiment}, ridge "
          "{ridge}, share {share}", "log ratio")  # fmt: skip
def peak_excess(
    data: PaperData, experiment: str, part: str, ridge: float, share: float, distance: float = 0.05
) -> list[Estimate]:
    """All of them above 0: the peak lies within that distance of m = n."""
    rows = chosen_rows(data, experiment, f"ridge == {ridge} and synthetic_share == {share}")
    table = rows.pivot(index="replicate", columns="width", values=part)
    n = int(rows["samples"].iloc[0])
    others = [width for width in table.columns if abs(width / n - 1) > distance]
    if n not in table.columns or not others:
        raise NotAvailable(f"'{experiment}' has no width of {n} with others to compare")
    return [over_designs(np.log(table[n] / table[m]), f"{part}, m = n over {m}") for m in others]


@quantity("ln({part} at m = n with ridge {ridge} / with ridge {other}) in {experiment}", "log ratio")
def peak_growth(data: PaperData, experiment: str, part: str, ridge: float, other: float) -> list[Estimate]:
    """Growth of the peak as the ridge falls, on the same designs."""
    rows = chosen_rows(data, experiment, "width == samples")
    estimates = []
    for share, group in rows.groupby("synthetic_share"):
        table = group.pivot(index="replicate", columns="ridge", values=part)
        missing = [value for value in (ridge, other) if value not in table.columns]
        if missing:
            raise NotAvailable(f"'{experiment}' was not run with ridge {missing[0]:g}")
        label = f"{part}, p2 = {share:g}"
        estimates.append(over_designs(np.log(table[ridge] / table[other]), label))
    return estimates


@quantity("ln(zeta at a width / zeta at the next smaller width) in {experiment}, for all neighbours where: {where}",
          "log ratio")  # fmt: skip
def zeta_steps(data: PaperData, experiment: str, where: str) -> list[Estimate]:
    """All above 0: zeta grows with the width; all below 0: it falls. Widths share their samples."""
    estimates = []
    for share, group in chosen_rows(data, experiment, where).groupby("synthetic_share"):
        table = group.pivot(index="replicate", columns="width", values="zeta")
        for smaller, larger in zip(table.columns[:-1], table.columns[1:], strict=True):
            label = f"p2 = {share:g}, m = {smaller} to {larger}"
            estimates.append(over_designs(np.log(table[larger] / table[smaller]), label))
    if not estimates:
        raise NotAvailable(f"'{experiment}' has no two widths where {where}")
    return estimates


@quantity("zeta at the largest width of {experiment} over its limit p2 (phi - p2) / (phi (phi - 1)), minus 1, where: "
          "{where}", "theory")  # fmt: skip
def zeta_at_large_width(data: PaperData, experiment: str, where: str) -> list[Estimate]:
    """What no width removes: the isotropic ridgeless limit of m -> infinity at unit quality; -1 would be nothing."""
    estimates = []
    rows = chosen_rows(data, experiment, where)
    for share, group in rows[rows["width"] == rows["width"].max()].groupby("synthetic_share"):
        phi = group["dimension"].iloc[0] / group["samples"].iloc[0]
        limit = share * (phi - share) / (phi * (phi - 1))
        estimates.append(over_designs(group["zeta"] / limit - 1, f"p2 = {share:g}"))
    return estimates


@quantity("ln(error at each other width / error at width {width}) in {experiment}, where: {where}; c^2 = {quality}, noise "
          "variance {noise_variance}", "log ratio")  # fmt: skip
def width_advantage(
    data: PaperData,
    experiment: str,
    where: str,
    width: str | int,
    quality: float,
    noise_variance: float,
    others: list[int] | None = None,
) -> list[Estimate]:
    """All above 0: that width (a number, ``smallest`` or ``largest``) is the best of all, or of it and the ``others``."""
    rows = chosen_rows(data, experiment, where)
    table = error_table(rows, "width", (1.0, noise_variance, quality))
    named = {"smallest": table.columns.min(), "largest": table.columns.max()}
    best = named.get(width, width)
    compared = [m for m in table.columns if m != best] if others is None else others
    missing = [m for m in (best, *compared) if m not in table.columns]
    if missing:
        raise NotAvailable(f"'{experiment}' was not run with width {missing[0]}")
    return [over_designs(np.log(table[m] / table[best]), f"m = {m} over {best}") for m in compared]


def over_designs(values: ArrayLike, label: str) -> Estimate:
    """Mean over replicates with its t interval; their values stay in the experiment's table and are not kept twice."""
    return replace(seed_contrast(values, label=label), per_replicate={})


def combined(rows: pd.DataFrame, part: str, scales: tuple[float, float, float], prefix: str = "") -> pd.Series:
    """A part, or ``total``, at the given signal, noise variance and quality."""
    parts = dict(zip(PARTS, scales, strict=True))
    if part != "total" and part not in parts:
        raise ValueError(f"There is no part '{part}' of an error: expected total, {', '.join(parts)}.")
    chosen = parts if part == "total" else {part: parts[part]}
    return sum(scale * rows[f"{prefix}{name}"] for name, scale in chosen.items())


def chosen_rows(data: PaperData, experiment: str, where: str) -> pd.DataFrame:
    """Rows of an experiment for which a condition holds; ``all`` is no condition.

    Raises:
        NotAvailable: there are none.
    """
    table = data.table(GROUP, experiment)
    rows = table if where == "all" else table.query(where)
    if rows.empty:
        raise NotAvailable(f"'{experiment}' was not run where {where}")
    return rows


def error_table(rows: pd.DataFrame, column: str, scales: tuple[float, float, float]) -> pd.DataFrame:
    """Errors [replicate, value of the column]."""
    errors = rows.assign(error=combined(rows, "total", scales))
    return errors.pivot(index="replicate", columns=column, values="error")


def log_slope(errors: pd.DataFrame, label: str) -> Estimate:
    """Least-squares slope of the logarithm on the logarithm of the columns, in every row.

    Raises:
        NotAvailable: fewer than two columns.
    """
    if errors.shape[1] < 2:
        raise NotAvailable(f"a slope needs two places, but there is only {errors.shape[1]} ({label})")
    at = np.log(errors.columns.to_numpy(dtype=np.float64))
    weights = (at - at.mean()) / np.sum((at - at.mean()) ** 2)
    return over_designs(np.log(errors.to_numpy()) @ weights, label)


def _with_clean(data: PaperData, experiment: str, where: str, scales: tuple[float, float, float]):
    """Setting, rows and error in units of the clean error on the same design."""
    everything = data.table(GROUP, experiment)
    for setting, rows in chosen_rows(data, experiment, where).groupby("setting", sort=False):
        same = (everything["samples"] == rows["samples"].iloc[0]) & (everything["synthetic_share"] == 0)
        clean = combined(everything[same].set_index("replicate"), "total", scales)
        ratio = combined(rows.set_index("replicate"), "total", scales) / clean
        if math.isnan(ratio.iloc[0]):
            raise ValueError(f"{experiment}, {setting}: the clean designs are missing; delete the file and run again.")
        yield setting, rows, ratio.to_numpy()
