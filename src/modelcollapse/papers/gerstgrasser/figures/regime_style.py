"""What the figures of replaced and accumulated data share: colours of regimes, points with intervals, the key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes

from modelcollapse.presentation.style import PALETTE
from modelcollapse.presentation.tables import read_columns, write_table

REGIME_COLOURS = {
    "replace": PALETTE[3],
    "replace_growing": PALETTE[1],
    "accumulate_subsample": PALETTE[0],
    "accumulate": PALETTE[2],
}
REGIME_MARKERS = {"replace": "o", "replace_growing": "s", "accumulate_subsample": "D", "accumulate": "^"}
COLUMNS = ("setting", "samples", "generation", "quantity", "simulated", "standard_error", "exact", "replicates")
HALF_WIDTH = 1.96


def regime_name(regime: str) -> str:
    """A regime in words."""
    return regime.replace("_", " ")


def rows_of(tables: Mapping[str, Path], experiment: str, quantity: str | Sequence[str]) -> pd.DataFrame:
    """Rows of one quantity, or of several, of one theory experiment.

    Raises:
        ValueError: the experiment's table was not given.
    """
    if experiment not in tables:
        raise ValueError(f"The experiment '{experiment}' is needed: give its table too.")
    frame = read_columns(tables[experiment], COLUMNS)
    names = [quantity] if isinstance(quantity, str) else list(quantity)
    return frame[frame["quantity"].isin(names)]


def regimes_over_iterations(axis: Axes, rows: pd.DataFrame, settings: Mapping[str, str]) -> None:
    """Points with 95 % intervals over theory lines, one colour per regime; ``settings`` maps regimes to settings."""
    for regime, setting in settings.items():
        chosen = rows[rows.setting == setting].sort_values("generation")
        colour, marker = REGIME_COLOURS[regime], REGIME_MARKERS[regime]
        half = HALF_WIDTH * chosen.standard_error.fillna(0)
        style = {"fmt": marker, "markersize": 3.5, "elinewidth": 1, "color": colour}
        axis.errorbar(chosen.generation, chosen.simulated, half, **style)
        axis.plot(chosen.generation, chosen.exact, color=colour, linewidth=1)


def add_key(axis: Axes, regimes: Sequence[str], line: str) -> None:
    """Empty lines that name the regimes, and what the thin lines are, for a legend."""
    for regime in regimes:
        axis.plot([], [], REGIME_MARKERS[regime], color=REGIME_COLOURS[regime], label=regime_name(regime))
    axis.plot([], [], color="black", linewidth=1, label=line)


def write_comparison(rows: pd.DataFrame, outputs: dict[str, Path]) -> None:
    """Table of simulated beside exact, with their ratio where there is an exact value."""
    table = rows[["setting", "generation", "quantity", "simulated", "standard_error", "exact", "replicates"]]
    table = table.rename(columns={"generation": "iteration", "replicates": "chains"})
    write_table(table.assign(ratio=(table.simulated / table.exact).where(table.exact.fillna(0) != 0)), outputs)
