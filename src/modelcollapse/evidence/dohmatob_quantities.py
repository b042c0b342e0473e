"""Quantities of strong collapse: agreement of theory and simulation, floors, slopes, widths.

The tables hold each design's error by source at unit signal, noise variance and quality, so that every mixture of them is
a weighted sum, paired by design. ``where`` selects rows by a condition on the table's columns.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from modelcollapse.evidence.estimates import Estimate, fixed
from modelcollapse.evidence.intervals import seed_contrast
from modelcollapse.evidence.quantities import Inputs, NotAvailable, Registry

STRONG_COLLAPSE_QUANTITIES = Registry()
quantity = STRONG_COLLAPSE_QUANTITIES.register
GROUP = "strong_collapse"


@quantity("simulated / {reference} - 1 for the {part} of {experiment}, where: {where}; c^2 = {quality}, noise variance "
          "{noise_variance}, signal {signal}", "theory")  # fmt: skip
def error_agreement(
    inputs: Inputs,
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
    for setting, rows in _rows(inputs, experiment, where).groupby("setting", sort=False):
        expected = float(combined(rows.iloc[:1], part, scales, f"{reference}_").iloc[0])
        if not (np.isfinite(expected) and expected > 0):
            raise ValueError(
                f"{experiment}, {setting}: the {reference} value of '{part}' is {expected}: expected more than 0."
            )
        values = combined(rows, part, scales) / expected - 1
        estimates.append(seed_contrast(values, list(rows["replicate"]), f"{part}, {setting}"))
    return estimates


@quantity("slope of ln(simulated error) on ln(samples) in {experiment}, where: {where}; c^2 = {quality}, noise variance "
          "{noise_variance}", "log-log slope")  # fmt: skip
def error_slope(
    inputs: Inputs, experiment: str, where: str, quality: float = 1.0, noise_variance: float = 1.0
) -> list[Estimate]:
    """Scaling exponent of each share, fitted in every replicate."""
    rows = _rows(inputs, experiment, where)
    estimates = []
    for share, group in rows.groupby("synthetic_share"):
        table = _table(group, "samples", (1.0, noise_variance, quality))
        estimates.append(_slope(table, f"p2={share:g}"))
    return estimates


@quantity("slope of ln(simulated error) on ln({over}) in {experiment}, where: {where}; noise variance {noise_variance}",
          "log-log slope")  # fmt: skip
def floor_exponent(
    inputs: Inputs,
    experiment: str,
    over: str,
    where: str,
    noise_variance: float = 1.0,
    qualities: list[float] | None = None,
) -> list[Estimate]:
    """Power of the share (``synthetic_share``, at c^2 = 1) or of the quality with which the error grows."""
    rows = _rows(inputs, experiment, where)
    if over == "synthetic_share":
        return [
            _slope(_table(group, over, (1.0, noise_variance, 1.0)), f"n={samples}")
            for samples, group in rows.groupby("samples")
        ]
    if over != "quality" or not qualities:
        raise ValueError("floor_exponent goes over 'synthetic_share', or over 'quality' with a list of 'qualities'.")
    estimates = []
    for setting, group in rows.groupby("setting", sort=False):
        columns = {c2: combined(group, "total", (1.0, noise_variance, c2)).to_numpy() for c2 in qualities}
        estimates.append(_slope(pd.DataFrame(columns, index=group["replicate"]), setting))
    return estimates


@quantity("E(p2) / E(0) over 1 + p1 p2 c^2 / sigma^2 + n / n_x, minus 1, in {experiment}, where: {where}; c^2 = {quality}, "
          "noise variance {noise_variance}", "theory")  # fmt: skip
def crossover_agreement(
    inputs: Inputs, experiment: str, where: str, quality: float = 1.0, noise_variance: float = 1.0
) -> list[Estimate]:
    """Error of a mixture in units of the clean error on the same design, against the amended rule; n_x is where the floor
    p2^2 c^2 equals sigma^2 d / n."""
    scales = (1.0, noise_variance, quality)
    everything = inputs.table(GROUP, experiment)
    estimates = []
    for setting, rows in _rows(inputs, experiment, where).groupby("setting", sort=False):
        first = rows.iloc[0]
        clean = everything[(everything["samples"] == first.samples) & (everything["synthetic_share"] == 0)]
        p2 = first.synthetic_share
        crossover = noise_variance * first.dimension / (p2**2 * quality)
        predicted = 1 + (1 - p2) * p2 * quality / noise_variance + first.samples / crossover
        ratio = combined(rows, "total", scales).to_numpy() / combined(clean, "total", scales).to_numpy()
        estimates.append(
            seed_contrast(
                ratio / predicted - 1, list(rows["replicate"]), f"{setting} = {first.samples / crossover:.3g} n_x"
            )
        )
    return estimates


def combined(rows: pd.DataFrame, part: str, scales: tuple[float, float, float], prefix: str = "") -> pd.Series:
    """A part, or ``total``, at the given signal, noise variance and quality."""
    parts = dict(zip(("bias", "variance", "zeta"), scales, strict=True))
    if part != "total" and part not in parts:
        raise ValueError(f"There is no part '{part}' of an error: expected total, {', '.join(parts)}.")
    chosen = parts if part == "total" else {part: parts[part]}
    return sum(scale * rows[f"{prefix}{name}"] for name, scale in chosen.items())


def _rows(inputs: Inputs, experiment: str, where: str) -> pd.DataFrame:
    table = inputs.table(GROUP, experiment)
    rows = table if where == "all" else table.query(where)
    if rows.empty:
        raise NotAvailable(f"'{experiment}' was not run where {where}")
    return rows


def _table(rows: pd.DataFrame, column: str, scales: tuple[float, float, float]) -> pd.DataFrame:
    """Errors [replicate, value of the column]."""
    errors = rows.assign(error=combined(rows, "total", scales))
    return errors.pivot(index="replicate", columns=column, values="error")


def _slope(errors: pd.DataFrame, label: str) -> Estimate:
    if errors.shape[1] < 2:
        raise NotAvailable(f"a slope needs two places, but there is only {errors.shape[1]} ({label})")
    at = np.log(errors.columns.to_numpy(dtype=np.float64))
    weights = (at - at.mean()) / np.sum((at - at.mean()) ** 2)
    slopes = np.log(errors.to_numpy()) @ weights
    if np.ptp(slopes) == 0:
        return fixed(slopes[0], label)
    return seed_contrast(slopes, list(errors.index), label)
