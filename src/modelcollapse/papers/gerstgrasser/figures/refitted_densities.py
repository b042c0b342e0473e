"""Figures and tables of refitted Gaussians and discrete laws."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from modelcollapse.papers.gerstgrasser.figures.regime_style import (
    HALF_WIDTH,
    REGIME_COLOURS,
    REGIME_MARKERS,
    add_key,
    regimes_over_iterations,
    rows_of,
    write_comparison,
)
from modelcollapse.presentation.style import PALETTE, legend_below, new_figure, save_figure
from modelcollapse.presentation.tables import read_columns, write_table

REGIMES = ("replace", "accumulate_subsample", "accumulate")
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


def draw_gaussian(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """One-dimensional Gaussians: means, medians and errors of the three regimes for a small and a larger sample."""
    rows = rows_of(tables, "gaussian_law", sorted({panel[0] for panel in GAUSSIAN_PANELS}))
    sizes = _two_sizes(rows)
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


def draw_gaussian_grid(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """The sequel's grid: trace of the covariance by dimension, for a small and a larger sample."""
    frame = read_columns(tables["gaussian_grid"], GRID_COLUMNS)
    dimensions, sizes = sorted(frame.dimension.unique()), _two_sizes(frame)
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


def draw_discrete(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Discrete laws: diversity, entropy and support of the three regimes, and the time to total collapse."""
    rows = rows_of(tables, "discrete_law", ("diversity", "median_entropy", "support"))
    size = _two_sizes(rows)[0]
    panels = {"diversity": "mean 1 - Σ p²", "median_entropy": "median entropy [nats]", "support": "mean states left"}
    figure, axes = new_figure(2, 2, width=8.0, height=5.6)
    for axis, (quantity, label) in zip(axes.flat, panels.items(), strict=False):
        settings = {regime: f"N={size}, {regime}" for regime in REGIMES}
        regimes_over_iterations(axis, rows[rows.quantity == quantity], settings)
        axis.set(title=f"N = {size}", xlabel="iteration", ylabel=label, xscale="log")
    _absorption(axes[1, 1], rows_of(tables, "discrete_absorption", "absorption_time"), tables["discrete_absorption"])
    add_key(axes[0, 0], REGIMES, "exact, where a formula exists")
    legend_below(figure, axes[0, 0], columns=4)
    save_figure(figure, outputs)


def _absorption(axis: Axes, rows: pd.DataFrame, path: Path) -> None:
    limit = read_columns(path, ("quantity", "paper_formula")).loc[rows.index, "paper_formula"]
    half = HALF_WIDTH * rows.standard_error
    axis.errorbar(rows.samples, rows.simulated, half, fmt="o", color=PALETTE[3], label="replace, simulated")
    axis.plot(rows.samples, rows.exact, color=PALETTE[3], linewidth=1, label="exact")
    axis.plot(rows.samples, limit, "--", color="black", linewidth=0.8, label="2 N (K-1) ln(K/(K-1))")
    axis.set(title="until one state is left", xlabel="samples N", ylabel="iterations", xscale="log", yscale="log")
    axis.legend(fontsize="x-small")


def _two_sizes(rows: pd.DataFrame) -> list[int]:
    """10 and 100 points where both were run, else the smallest and largest."""
    sizes = sorted(int(size) for size in rows.samples.unique())
    return [10, 100] if {10, 100} <= set(sizes) else sorted({sizes[0], sizes[-1]})


def tabulate_gaussian(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """All quantities of the one-dimensional Gaussians at iterations 1, 10 and the last."""
    rows = read_columns(tables["gaussian_law"], ("setting", "generation", "quantity"))
    rows = rows_of(tables, "gaussian_law", sorted(rows.quantity.unique()))
    write_comparison(rows[rows.generation.isin({1, 10, int(rows.generation.max())})], outputs)


def tabulate_gaussian_grid(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """The sequel's grid at the last iteration: means over seeds with standard errors, medians, exact expectations."""
    frame = read_columns(tables["gaussian_grid"], GRID_COLUMNS)
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


def tabulate_discrete(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Discrete laws at iterations 1, 10 and the last, and the times to total collapse."""
    law = rows_of(tables, "discrete_law", ("diversity", "squared_error", "entropy", "median_entropy", "support"))
    law = law[law.generation.isin({1, 10, int(law.generation.max())})]
    times = rows_of(tables, "discrete_absorption", ("absorption_time", "median_absorption_time"))
    write_comparison(pd.concat([law, times]), outputs)
