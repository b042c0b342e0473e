"""What the figures of replaced and accumulated data share: colours of regimes, points with intervals, the key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes

from modelcollapse.measures.paper_data import PaperData
from modelcollapse.presentation.style import PALETTE
from modelcollapse.presentation.tables import read_columns, write_table
from modelcollapse.simulation.rows import SUMMARY_SCHEMA

REGIMES = ("replace", "accumulate_subsample", "accumulate")
"""Regimes that densities are refitted under; regressions have ``replace_growing`` as well."""
REGIME_COLOURS = {
    "replace": PALETTE[3],
    "replace_growing": PALETTE[1],
    "accumulate_subsample": PALETTE[0],
    "accumulate": PALETTE[2],
}
REGIME_MARKERS = {"replace": "o", "replace_growing": "s", "accumulate_subsample": "D", "accumulate": "^"}
HALF_WIDTH = 1.96
"""Standard errors in half of a 95 % interval."""


def regime_name(regime: str) -> str:
    """A regime in words."""
    return regime.replace("_", " ")


def rows_of(data: PaperData, experiment: str, *quantities: str) -> pd.DataFrame:
    """Rows of some quantities of one theory experiment, or of all where none is named.

    Raises:
        NotAvailable: the experiment was not run.
    """
    frame = read_columns(data, "theory", experiment, SUMMARY_SCHEMA.names)
    return frame[frame["quantity"].isin(quantities)] if quantities else frame


def two_sizes(rows: pd.DataFrame) -> list[int]:
    """10 and 100 points where both were run, else the smallest and largest."""
    sizes = sorted(int(size) for size in rows.samples.unique())
    return [10, 100] if {10, 100} <= set(sizes) else sorted({sizes[0], sizes[-1]})


def regimes_over_iterations(axis: Axes, rows: pd.DataFrame, settings: Mapping[str, str]) -> None:
    """Points with 95 % intervals over theory lines, one colour per regime; ``settings`` maps regimes to settings."""
    for regime, setting in settings.items():
        chosen = rows[rows.setting == setting].sort_values("generation")
        colour, marker = REGIME_COLOURS[regime], REGIME_MARKERS[regime]
        half = HALF_WIDTH * chosen.standard_error.fillna(0)
        style = {"fmt": marker, "markersize": 3.5, "elinewidth": 1, "color": colour}
        axis.errorbar(chosen.generation, chosen.simulated, half, **style)
        axis.plot(chosen.generation, chosen.exact, color=colour, linewidth=1)


def add_key(axis: Axes, regimes: Iterable[str], line: str) -> None:
    """Empty lines that name the regimes, and what the thin lines are, for a legend."""
    for regime in regimes:
        axis.plot([], [], REGIME_MARKERS[regime], color=REGIME_COLOURS[regime], label=regime_name(regime))
    axis.plot([], [], color="black", linewidth=1, label=line)


def write_comparison(rows: pd.DataFrame, outputs: Mapping[str, Path]) -> None:
    """Table of simulated beside exact, with their ratio where there is an exact value."""
    table = rows[["setting", "generation", "quantity", "simulated", "standard_error", "exact", "replicates"]]
    table = table.rename(columns={"generation": "iteration", "replicates": "chains"})
    write_table(table.assign(ratio=(table.simulated / table.exact).where(table.exact.fillna(0) != 0)), outputs)
