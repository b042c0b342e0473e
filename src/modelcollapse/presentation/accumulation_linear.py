"""Figures and tables of refitted least squares."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from modelcollapse.presentation.accumulation_style import REGIME_COLOURS, REGIME_MARKERS, points, regime_name, rows_of
from modelcollapse.presentation.style import PAPER_COLOUR, legend_below, new_figure, save_figure
from modelcollapse.presentation.tables import read_columns, write_table

GRID_COLUMNS = ("dimension", "samples", "noise_variance", "regime", "iteration", "seed", "test_error", "exact")
SHOWN_PAIRS = ((10, 32), (10, 100), (32, 100))


def draw_linear(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Test error by iteration and regime for three designs of the precise comparison and of the draws."""
    law, draws = rows_of(tables, "linear_law", "test_error"), rows_of(tables, "linear_subsample", "test_error")
    figure, (axes,) = new_figure(1, len(SHOWN_PAIRS), width=9.0, height=3.6)
    for axis, (dimension, samples) in zip(axes, SHOWN_PAIRS, strict=True):
        _errors_of_pair(axis, pd.concat([law, draws]), f"d={dimension}, T={samples}")
        axis.set(title=f"d = {dimension}, T = {samples}", xlabel="iteration", xscale="log", yscale="log")
    axes[0].set_ylabel("test error / noise variance")
    axes[0].plot([], [], color="black", linewidth=1, label="theory (drawn rows: T >> d)")
    legend_below(figure, axes[0], columns=3)
    save_figure(figure, outputs)


def _errors_of_pair(axis: Axes, rows: pd.DataFrame, name: str) -> None:
    for regime, colour in REGIME_COLOURS.items():
        chosen = rows[rows.setting == f"{name}, {regime}"].sort_values("generation")
        label = f"{regime_name(regime)}, simulated with 95 % interval"
        points(axis, chosen, colour, REGIME_MARKERS[regime], label)
        axis.plot(chosen.generation, chosen.exact, color=colour, linewidth=1)
    replace = rows[rows.setting == f"{name}, replace"].sort_values("generation")
    slip = replace.exact * (replace.generation + 1) / replace.generation
    axis.plot(
        replace.generation, slip, ":", color=PAPER_COLOUR, linewidth=1, label="B (n + 1), as drawn by the authors"
    )


def tabulate_linear(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Simulated beside exact for every setting at all recorded iterations."""
    rows = pd.concat([rows_of(tables, name, "test_error") for name in ("linear_law", "linear_subsample")])
    table = rows[["setting", "generation", "simulated", "standard_error", "exact", "replicates"]]
    table = table.rename(columns={"generation": "iteration", "replicates": "designs"})
    write_table(table.assign(ratio=table.simulated / table.exact), outputs)


def tabulate_linear_grid(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """The sequel's grid: mean over seeds with its standard error, median and theory at the last iteration."""
    frame = read_columns(tables["linear_grid"], GRID_COLUMNS)
    last = frame[frame.iteration == frame.iteration.max()]
    keys = ["dimension", "samples", "noise_variance", "regime"]
    grouped = last.groupby(keys, sort=True)
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
