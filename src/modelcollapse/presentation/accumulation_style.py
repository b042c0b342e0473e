"""What the figures of replaced and accumulated data share: colours of regimes, points with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes

from modelcollapse.presentation.style import PALETTE
from modelcollapse.presentation.tables import read_columns

REGIME_COLOURS = {
    "replace": PALETTE[3],
    "replace_growing": PALETTE[1],
    "accumulate_subsample": PALETTE[0],
    "accumulate": PALETTE[2],
}
REGIME_MARKERS = {"replace": "o", "replace_growing": "s", "accumulate_subsample": "D", "accumulate": "^"}
COLUMNS = ("setting", "samples", "generation", "quantity", "simulated", "standard_error", "exact", "replicates")


def regime_name(regime: str) -> str:
    """A regime in words."""
    return regime.replace("_", " ")


def rows_of(tables: Mapping[str, Path], experiment: str, quantity: str) -> pd.DataFrame:
    """Rows of one quantity of one theory experiment.

    Raises:
        ValueError: the experiment's table was not given.
    """
    if experiment not in tables:
        raise ValueError(f"The experiment '{experiment}' is needed: give its table too.")
    frame = read_columns(tables[experiment], COLUMNS)
    return frame[frame["quantity"] == quantity]


def points(axis: Axes, rows: pd.DataFrame, colour: tuple, marker: str, label: str) -> None:
    """Simulated values with 95 % intervals over the generations."""
    half = 1.96 * rows.standard_error.fillna(0)
    axis.errorbar(
        rows.generation, rows.simulated, half, fmt=marker, markersize=3.5, elinewidth=1, color=colour, label=label
    )
