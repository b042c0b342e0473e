"""Figures and tables of refitted Gaussians."""

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
    REGIMES,
    add_key,
    regimes_over_iterations,
    rows_of,
    two_sizes,
    write_comparison,
)
from modelcollapse.presentation.style import legend_below, new_figure, save_figure
from modelcollapse.presentation.tables import read_columns, write_table

GAUSSIAN_PANELS = (
    ("expected_variance", "maximum likelihood", "mean variance"),
    ("median_variance", "maximum likelihood", "median variance"),
    ("squared_mean_error", "maximum likelihood", "squared error of the mean"),
    ("expected_variance", "unbiased", "mean variance, unbiased"),
)
"""Quantity, estimator, title."""
GRID_COLUMNS = (
    "dimension",
    "samples",
    "regime",
    "iteration",
    "seed",
    "trace_ratio",
    "squared_mean_error",
    "exact_trace_ratio",
    "exact_squared_mean_error",
)
LEAST_SHOWN = 1e-6
"""Where logarithmic axes of the Gaussian panels end: below lie chains that are points."""


def draw_gaussian(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """One-dimensional Gaussians: means, medians and errors of the three regimes for a small and a larger sample."""
    rows = rows_of(data, "gaussian_law", *{panel[0] for panel in GAUSSIAN_PANELS})
    sizes = two_sizes(rows)
    figure, axes = new_figure(len(sizes), len(GAUSSIAN_PANELS), width=10.0, height=2.6 * len(sizes) + 0.5)
    for place, size in enumerate(sizes):
        line = axes[place]
        for axis, (quantity, estimator, title) in zip(line, GAUSSIAN_PANELS, strict=True):
            settings = {regime: f"N={size}, {regime}, {estimator}" for regime in REGIMES}
            regimes_over_iterations(axis, rows[rows.quantity == quantity], settings)
            axis.set(xlabel="iteration", xscale="log", yscale="log")
            if place == 0:
                axis.set_title(title)
            axis.set_ylim(bottom=max(axis.get_ylim()[0], LEAST_SHOWN))
        line[0].set_ylabel(f"N = {size}: in real variances")
    add_key(axes[0, 0], REGIMES, "exact, where a formula exists")
    legend_below(figure, axes[0, 0], columns=4)
    save_figure(figure, outputs)


def draw_gaussian_grid(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """The sequel's grid: trace of the covariance by dimension, for a small and a larger sample."""
    frame = read_columns(data, "grid", "gaussian_grid", GRID_COLUMNS)
    dimensions, sizes = sorted(frame.dimension.unique()), two_sizes(frame)
    figure, axes = new_figure(len(sizes), len(dimensions), width=2.1 * len(dimensions) + 0.8, height=2.5 * len(sizes))
    for line, size in zip(axes, sizes, strict=True):
        for axis, dimension in zip(line, dimensions, strict=True):
            chosen = frame[(frame.dimension == dimension) & (frame.samples == size)]
            for regime in REGIMES:
                _grid_regime(axis, chosen[chosen.regime == regime], regime)
            axis.set(title=f"d = {dimension}, N = {size}", xlabel="iteration", xscale="log")
        line[0].set_ylabel("mean of tr Σ / d")
    add_key(axes[0, 0], REGIMES, "exact expectation")
    legend_below(figure, axes[0, 0], columns=4)
    save_figure(figure, outputs)


def _grid_regime(axis: Axes, rows: pd.DataFrame, regime: str) -> None:
    grouped = rows.groupby("iteration")
    mean, half = grouped.trace_ratio.mean(), HALF_WIDTH * grouped.trace_ratio.sem()
    colour = REGIME_COLOURS[regime]
    axis.errorbar(mean.index, mean, half, fmt=REGIME_MARKERS[regime], markersize=3, color=colour, elinewidth=1)
    axis.plot(mean.index, grouped.exact_trace_ratio.first(), color=colour, linewidth=1)


def tabulate_gaussian(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """All quantities of the one-dimensional Gaussians at iterations 1, 10 and the last."""
    rows = rows_of(data, "gaussian_law")
    write_comparison(rows[rows.generation.isin({1, 10, int(rows.generation.max())})], outputs)


def tabulate_gaussian_grid(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """The sequel's grid at the last iteration: means over seeds with standard errors, medians, exact expectations."""
    frame = read_columns(data, "grid", "gaussian_grid", GRID_COLUMNS)
    last = frame[frame.iteration == frame.iteration.max()]
    grouped = last.groupby(["dimension", "samples", "regime"])
    columns: dict[str, pd.Series] = {}
    for name in ("trace_ratio", "squared_mean_error"):
        columns |= {
            name: grouped[name].mean(),
            f"{name}_standard_error": grouped[name].sem(),
            f"{name}_median": grouped[name].median(),
            f"{name}_exact": grouped[f"exact_{name}"].first(),
        }
    table = pd.DataFrame(columns | {"seeds": grouped.size()}).reset_index()
    table.insert(3, "iteration", np.int64(last.iteration.iloc[0]))
    write_table(table, outputs)


FIGURES = {"gaussian": draw_gaussian, "gaussian_grid": draw_gaussian_grid}
TABLES = {"gaussian": tabulate_gaussian, "gaussian_grid": tabulate_gaussian_grid}
