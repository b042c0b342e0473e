"""Simulated points of strong collapse: means with 95 % intervals over designs, and how they are drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats

from modelcollapse.measures.paper_data import PaperData
from modelcollapse.presentation.style import LEVEL
from modelcollapse.presentation.tables import read_columns
from modelcollapse.simulation.rows import ERROR_PART_SCHEMA, REPLICATE_SCHEMA


def read_parts(data: PaperData, experiment: str) -> pd.DataFrame:
    """The table of an experiment with errors by source.

    Raises:
        NotAvailable: the experiment was not run.
    """
    return read_columns(data, "strong_collapse", experiment, ERROR_PART_SCHEMA.names)


def read_values(data: PaperData, experiment: str) -> pd.DataFrame:
    """The table of an experiment with single numbers.

    Raises:
        NotAvailable: the experiment was not run.
    """
    return read_columns(data, "strong_collapse", experiment, REPLICATE_SCHEMA.names)


def with_error(rows: pd.DataFrame, quality: float, noise_variance: float) -> pd.DataFrame:
    """The rows with a column ``error``: the sum of the parts at unit signal and these scales."""
    return rows.assign(error=rows["bias"] + noise_variance * rows["variance"] + quality * rows["zeta"])


def summarised(rows: pd.DataFrame, by: str, value: str = "error") -> pd.DataFrame:
    """Mean, half of its 95 % t interval and number of replicates at every value of a column, rising."""
    grouped = rows.groupby(by)[value]
    count = grouped.count()
    half = stats.t.ppf((1 + LEVEL) / 2, np.maximum(count - 1, 1)) * grouped.std(ddof=1) / np.sqrt(count)
    return pd.DataFrame({"mean": grouped.mean(), "half": half.fillna(0.0), "n": count})


def draw_points(
    axis: Axes, rows: pd.DataFrame, by: str, colour, marker: str = "o", value: str = "error", **style
) -> None:
    """Means with intervals, no line."""
    points = summarised(rows, by, value)
    style = {"fmt": marker, "markersize": 4, "color": colour, "capsize": 2, "elinewidth": 1} | style
    axis.errorbar(points.index, points["mean"], points["half"], **style)


def replicates(rows: pd.DataFrame) -> str:
    """``100 designs``."""
    count = rows["replicate"].nunique()
    return f"{count} design{'s' * (count != 1)}"
