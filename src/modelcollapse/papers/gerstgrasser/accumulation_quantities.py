"""Quantities of refitted kernel density estimates, grids and scaling laws (Gerstgrasser et al. and the sequel)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from modelcollapse.evidence.estimates import Estimate
from modelcollapse.evidence.intervals import seed_contrast, simulation_estimate
from modelcollapse.evidence.quantities import Registry
from modelcollapse.measures.paper_data import NotAvailable, PaperData

ACCUMULATION_QUANTITIES = Registry()
quantity = ACCUMULATION_QUANTITIES.register
GRID_VALUES = {"linear_grid": ("test_error", "exact"), "gaussian_grid": ("trace_ratio", "exact_trace_ratio")}
"""Grid -> column of its values and of their expectations."""


@quantity("test loss of the KDE {chain} at iteration {iteration}, {regime}", "nat")
def kde_loss(data: PaperData, chain: str, regime: str, iteration: int) -> list[Estimate]:
    """Mean over seeds."""
    losses = _losses(data, chain, regime, iteration)
    return [seed_contrast(losses, list(losses.index), f"{chain}, {regime}, iteration {iteration}")]


@quantity("test loss of the KDE {chain} at iteration {iteration}, {regime} minus {other}", "nat")
def kde_difference(data: PaperData, chain: str, regime: str, other: str, iteration: int) -> list[Estimate]:
    """Paired within a seed: same real sample and test set."""
    difference = _losses(data, chain, regime, iteration) - _losses(data, chain, other, iteration)
    return [seed_contrast(difference, list(difference.index), f"{chain}, {regime} - {other}, iteration {iteration}")]


@quantity(
    "change of the test loss of the KDE {chain} per e-fold of iterations from {first} on, {regime}", "nat per e-fold"
)
def kde_log_slope(data: PaperData, chain: str, regime: str, first: int) -> list[Estimate]:
    """Least-squares slope of each seed's loss on ln t."""
    frame = _chain(data, chain, regime)
    table = frame[frame["iteration"] >= first].pivot(index="seed", columns="iteration", values="test_loss")
    if table.shape[1] < 3:
        raise NotAvailable(f"'{chain}' has only {table.shape[1]} recorded iterations from {first} on; a slope needs 3")
    at = np.log(table.columns.to_numpy(dtype=np.float64))
    slopes = table.to_numpy() @ ((at - at.mean()) / np.sum((at - at.mean()) ** 2))
    return [seed_contrast(slopes, list(table.index), f"{chain}, {regime}, slope on ln t from {first} on")]


@quantity("slope of ln({quantity}) of {experiment} on ln(samples), over its settings", "log-log slope")
def log_log_slope(data: PaperData, experiment: str, quantity: str) -> list[Estimate]:
    """Settings are independent simulations; standard errors by the delta method."""
    table = data.table("theory", experiment)
    rows = table[table["quantity"] == quantity].sort_values("samples")
    if rows["samples"].nunique() < 3:
        raise NotAvailable(f"'{experiment}' has only {rows['samples'].nunique()} sample sizes; a slope needs 3")
    at = np.log(rows["samples"].to_numpy(dtype=np.float64))
    weights = (at - at.mean()) / np.sum((at - at.mean()) ** 2)
    slope = float(weights @ np.log(rows["simulated"]))
    error = float(np.sqrt(np.sum((weights * rows["standard_error"] / rows["simulated"]) ** 2)))
    label = f"{experiment}, N = {rows['samples'].min()} to {rows['samples'].max()}"
    return [simulation_estimate(slope, error, int(rows["replicates"].min()), label)]


@quantity("mean over the settings of {grid} of value / expectation - 1 at iteration {iteration}, {regime}", "theory")
def grid_agreement(data: PaperData, grid: str, regime: str, iteration: int) -> list[Estimate]:
    """One number per seed: its mean over all settings of the sequel's grid."""
    if grid not in GRID_VALUES:
        raise ValueError(f"There is no grid '{grid}': expected one of {', '.join(GRID_VALUES)}.")
    value, exact = GRID_VALUES[grid]
    table = data.table("grid", grid)
    rows = table[(table["regime"] == regime) & (table["iteration"] == iteration)]
    if rows.empty:
        raise NotAvailable(f"'{grid}' has no '{regime}' at iteration {iteration}")
    per_seed = (rows[value] / rows[exact] - 1).groupby(rows["seed"]).mean()
    return [seed_contrast(per_seed, list(per_seed.index), f"{grid}, {regime}, iteration {iteration}")]


def _chain(data: PaperData, chain: str, regime: str) -> pd.DataFrame:
    table = data.table("kde", chain)
    rows = table[table["regime"] == regime]
    if rows.empty:
        raise ValueError(f"'{chain}' has no regime '{regime}': expected one of {', '.join(table['regime'].unique())}.")
    return rows


def _losses(data: PaperData, chain: str, regime: str, iteration: int) -> pd.Series:
    rows = _chain(data, chain, regime)
    rows = rows[rows["iteration"] == iteration]
    if rows.empty:
        raise NotAvailable(f"'{chain}' has no iteration {iteration}")
    return rows.set_index("seed")["test_loss"].sort_index()
