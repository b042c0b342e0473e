"""Figures and tables of refitted least squares."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from modelcollapse.measures.paper_data import PaperData
from modelcollapse.papers.gerstgrasser.figures.regime_points import (
    HALF_WIDTH,
    REGIME_COLOURS,
    REGIME_MARKERS,
    add_key,
    regime_name,
    regimes_over_iterations,
    rows_of,
    write_comparison,
)
from modelcollapse.presentation.style import PAPER_COLOUR, legend_below, new_figure, save_figure
from modelcollapse.presentation.tables import read_columns, write_table

GRID_COLUMNS = ("dimension", "samples", "noise_variance", "regime", "iteration", "seed", "test_error", "exact")
GRID_KEYS = ["dimension", "samples", "noise_variance", "regime"]
SHOWN_PAIRS = ("d=10, T=32", "d=10, T=100", "d=10, T=1000")
LIMIT = np.pi**2 / 2 - 2
"""Limiting multiplier of accumulate_subsample for T >> d (docs/theory.md)."""


def draw_linear(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Test error by iteration and regime for three designs."""
    rows = pd.concat([rows_of(data, name, "test_error") for name in ("linear_law", "linear_subsample")])
    figure, (axes,) = new_figure(1, len(SHOWN_PAIRS), width=9.0, height=3.6)
    for axis, name in zip(axes, SHOWN_PAIRS, strict=True):
        regimes_over_iterations(axis, rows, {regime: f"{name}, {regime}" for regime in REGIME_COLOURS})
        replace = rows[rows.setting == f"{name}, replace"].sort_values("generation")
        slip = replace.exact * (replace.generation + 1) / replace.generation
        axis.plot(replace.generation, slip, ":", color=PAPER_COLOUR, linewidth=1)
        axis.set(title=name, xlabel="iteration", xscale="log", yscale="log")
    axes[0].set_ylabel("test error / noise variance")
    add_key(axes[0], REGIME_COLOURS, "theory (subsample: T >> d)")
    axes[0].plot([], [], ":", color=PAPER_COLOUR, linewidth=1, label="B (n + 1), as drawn by the authors")
    legend_below(figure, axes[0], columns=3)
    save_figure(figure, outputs)


def draw_linear_gap(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """How the gap between regimes scales: with iterations, with B over the sequel's grid, and with samples per dimension."""
    grid = read_columns(data, "grid", "linear_grid", GRID_COLUMNS)
    figure, (axes,) = new_figure(1, 3, width=9.6, height=3.6)
    _gap_by_iteration(axes[0], rows_of(data, "linear_law", "multiplier"))
    _errors_over_grid(axes[1], grid)
    _draws_by_samples(axes[2], rows_of(data, "linear_subsample", "multiplier"))
    add_key(axes[1], REGIME_COLOURS, "theory")
    legend_below(figure, axes[1], columns=5)
    save_figure(figure, outputs)


def _gap_by_iteration(axis: Axes, rows: pd.DataFrame) -> None:
    table = rows.assign(
        design=rows.setting.str.rpartition(", ")[0],
        regime=rows.setting.str.rpartition(", ")[2],
        # a gap at iteration 1 is zero by definition and has no place on a log scale
    )[rows.generation > 1]
    for design, group in table.groupby("design", sort=False):
        wide = group.pivot(index="generation", columns="regime", values="simulated")
        axis.plot(wide.index, wide["replace"] - wide["accumulate"], ".", markersize=5, label=design)
    exact = group.pivot(index="generation", columns="regime", values="exact")
    axis.plot(exact.index, exact["replace"] - exact["accumulate"], color="black", linewidth=1)
    axis.set(title="gap replace - accumulate", xlabel="iteration", ylabel="gap / B", xscale="log", yscale="log")
    axis.legend(fontsize="x-small", title="line: n - Σ 1/i²", title_fontsize="x-small")


def _errors_over_grid(axis: Axes, grid: pd.DataFrame) -> None:
    last = grid[grid.iteration == grid.iteration.max()]
    first = grid[(grid.iteration == 1) & (grid.regime == "replace")]
    scale = first.groupby(GRID_KEYS[:3]).exact.first().rename("first")
    grouped = last.groupby(GRID_KEYS)
    table = pd.DataFrame({"mean": grouped.test_error.mean(), "exact": grouped.exact.first()}).reset_index()
    table = table.merge(scale.reset_index(), on=GRID_KEYS[:3]).sort_values("first")
    for regime, group in table.groupby("regime", sort=False):
        axis.plot(group["first"], group["mean"], REGIME_MARKERS[regime], markersize=3, color=REGIME_COLOURS[regime])
        axis.plot(group["first"], group["exact"], color=REGIME_COLOURS[regime], linewidth=0.8)
    title = f"the sequel's grid, iteration {int(last.iteration.iloc[0])}"
    axis.set(title=title, xlabel="B = σ² d / (T - d - 1)", ylabel="mean test error", xscale="log", yscale="log")


def _draws_by_samples(axis: Axes, rows: pd.DataFrame) -> None:
    last = rows[rows.generation == rows.generation.max()]
    design = last.setting.str.extract(r"d=(\d+), T=(\d+)").astype(int)
    colour, half = REGIME_COLOURS["accumulate_subsample"], HALF_WIDTH * last.standard_error
    axis.errorbar(design[1] / design[0], last.simulated, half, fmt=REGIME_MARKERS["accumulate_subsample"], color=colour)
    axis.axhline(last.exact.iloc[0], color=colour, linewidth=1)
    axis.axhline(LIMIT, color="black", linewidth=0.8, linestyle="--", label="π²/2 - 2, all iterations")
    title = f"{regime_name('accumulate_subsample')}, iteration {int(last.generation.iloc[0])}"
    axis.set(title=title, xlabel="samples per dimension T / d", ylabel="test error / B", xscale="log")
    axis.legend(fontsize="x-small")


def tabulate_linear(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Simulated beside exact for every setting at all recorded iterations."""
    write_comparison(
        pd.concat([rows_of(data, name, "test_error") for name in ("linear_law", "linear_subsample")]), outputs
    )


def tabulate_linear_grid(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """The sequel's grid: mean over seeds with its standard error, median and theory at the last iteration."""
    frame = read_columns(data, "grid", "linear_grid", GRID_COLUMNS)
    last = frame[frame.iteration == frame.iteration.max()]
    grouped = last.groupby(GRID_KEYS, sort=True)
    error = grouped.test_error
    table = pd.DataFrame(
        {
            "mean": error.mean(),
            "standard_error": error.std() / np.sqrt(error.size()),
            "median": error.median(),
            "theory": grouped.exact.first(),
            "seeds": error.size(),
        }
    ).reset_index()
    table.insert(4, "iteration", int(last.iteration.iloc[0]))
    write_table(table, outputs)


FIGURES = {"linear": draw_linear, "linear_gap": draw_linear_gap}
TABLES = {"linear": tabulate_linear, "linear_grid": tabulate_linear_grid}
