"""Figure and table of refitted discrete laws."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes

from modelcollapse.measures.paper_data import PaperData
from modelcollapse.papers.gerstgrasser.figures.regime_points import (
    HALF_WIDTH,
    REGIMES,
    add_key,
    regimes_over_iterations,
    rows_of,
    two_sizes,
    write_comparison,
)
from modelcollapse.presentation.style import PALETTE, legend_below, new_figure, save_figure


def draw_discrete(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Discrete laws: diversity, entropy and support of the three regimes, and the time to total collapse."""
    rows = rows_of(data, "discrete_law", "diversity", "median_entropy", "support")
    size = two_sizes(rows)[0]
    panels = {"diversity": "mean 1 - Σ p²", "median_entropy": "median entropy [nats]", "support": "mean states left"}
    figure, axes = new_figure(2, 2, width=8.0, height=5.6)
    for axis, (quantity, label) in zip(axes.flat, panels.items(), strict=False):
        settings = {regime: f"N={size}, {regime}" for regime in REGIMES}
        regimes_over_iterations(axis, rows[rows.quantity == quantity], settings)
        axis.set(title=f"N = {size}", xlabel="iteration", ylabel=label, xscale="log")
    _absorption(axes[1, 1], rows_of(data, "discrete_absorption", "absorption_time"))
    add_key(axes[0, 0], REGIMES, "exact, where a formula exists")
    legend_below(figure, axes[0, 0], columns=4)
    save_figure(figure, outputs)


def _absorption(axis: Axes, rows: pd.DataFrame) -> None:
    half = HALF_WIDTH * rows.standard_error
    axis.errorbar(rows.samples, rows.simulated, half, fmt="o", color=PALETTE[3], label="replace, simulated")
    axis.plot(rows.samples, rows.exact, color=PALETTE[3], linewidth=1, label="exact")
    axis.plot(rows.samples, rows.paper_formula, "--", color="black", linewidth=0.8, label="2 N (K-1) ln(K/(K-1))")
    axis.set(title="until one state is left", xlabel="samples N", ylabel="iterations", xscale="log", yscale="log")
    axis.legend(fontsize="x-small")


def tabulate_discrete(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Discrete laws at iterations 1, 10 and the last, and the times to total collapse."""
    law = rows_of(data, "discrete_law", "diversity", "squared_error", "entropy", "median_entropy", "support")
    law = law[law.generation.isin({1, 10, int(law.generation.max())})]
    times = rows_of(data, "discrete_absorption", "absorption_time", "median_absorption_time")
    write_comparison(pd.concat([law, times]), outputs)


FIGURES = {"discrete": draw_discrete}
TABLES = {"discrete": tabulate_discrete}
