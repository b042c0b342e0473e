"""Error by number of samples: Fig. 3 of Dohmatob et al., the floors, and where they become visible."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from modelcollapse.measures.paper_data import PaperData
from modelcollapse.papers.dohmatob.figures.points import draw_points, read_parts, replicates, with_error
from modelcollapse.presentation.style import (
    MARKERS,
    PALETTE,
    generation_colours,
    legend_below,
    new_figure,
    save_figure,
)
from modelcollapse.regression.ridge.exact_forms import crossover_samples, floor, isotropic_ridgeless

QUALITY, NOISE = 1.0, 0.25
FLOOR_QUALITIES = (0.1, 0.5, 1.0)


def draw_error_by_samples(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Test error by n for every share of synthetic data: Corollary 1 as lines, simulated designs as points."""
    rows = with_error(read_parts(data, "error_by_samples"), QUALITY, NOISE)
    figure, (axes,) = new_figure(1, 1, width=6.5, height=4.8)
    axis = axes[0]
    shares = sorted(rows.synthetic_share.unique())
    d = int(rows.dimension.iloc[0])
    n = np.geomspace(rows.samples.min(), rows.samples.max(), 400)
    for place, (share, colour) in enumerate(zip(shares, generation_colours(len(shares)), strict=True)):
        label = "p2 = 0: real data alone" if share == 0 else f"p2 = {share:g}"
        axis.plot(n, isotropic_ridgeless(d, n, share, QUALITY, NOISE).total, color=colour, linewidth=1.2)
        draw_points(
            axis, rows[rows.synthetic_share == share], "samples", colour, MARKERS[place % len(MARKERS)], label=label
        )
        if share > 0:
            where = crossover_samples(d, share, QUALITY, NOISE)
            if n[0] < where < n[-1]:
                axis.plot(where, 2 * floor(share, QUALITY), "|", color=colour, markersize=14, markeredgewidth=1.5)
    axis.plot([], [], "|", color="black", markersize=10, label="cross-over sample size")
    axis.plot([], [], color="black", linewidth=1.2, label="Corollary 1")
    axis.set(
        xscale="log",
        yscale="log",
        xlabel="samples n, real and synthetic",
        ylabel="test error on real data",
        title=f"d = {d}, identity covariance, c² = {QUALITY:g}, σ² = {NOISE:g}; {replicates(rows)}, 95 % intervals",
    )
    legend_below(figure, axis, columns=3)
    save_figure(figure, outputs)


def draw_floors(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Left: error at the largest n by share and quality, beside p2^2 c^2. Right: where a share becomes visible."""
    rows = read_parts(data, "error_by_samples")
    figure, (axes,) = new_figure(1, 2, width=9.0, height=4.0)
    d, largest = int(rows.dimension.iloc[0]), int(rows.samples.max())
    last = rows[(rows.samples == largest) & (rows.synthetic_share > 0)]
    shares = np.geomspace(last.synthetic_share.min(), last.synthetic_share.max(), 50)
    for place, quality in enumerate(FLOOR_QUALITIES):
        colour = PALETTE[place]
        axes[0].plot(shares, floor(shares, quality), color=colour, linewidth=1.2)
        points = with_error(last, quality, NOISE)
        draw_points(axes[0], points, "synthetic_share", colour, MARKERS[place], label=f"c² = {quality:g}")
    axes[0].plot([], [], color="black", linewidth=1.2, label="p2² c²")
    axes[0].set(
        xscale="log", yscale="log", xlabel="share p2 of synthetic samples", ylabel=f"test error at n = {largest:.0e}"
    )
    axes[0].set_title("floor")
    axes[0].legend()
    _draw_visibility(axes[1], rows, d)
    save_figure(figure, outputs)


def _draw_visibility(axis: Axes, rows: pd.DataFrame, d: int) -> None:
    errors = with_error(rows, QUALITY, NOISE)
    clean = errors[errors.synthetic_share == 0].set_index(["samples", "replicate"])["error"]
    shares = [share for share in sorted(errors.synthetic_share.unique()) if share > 0]
    for place, (share, colour) in enumerate(zip(shares, generation_colours(len(shares)), strict=True)):
        chosen = errors[errors.synthetic_share == share].set_index(["samples", "replicate"])
        ratio = (chosen["error"] / clean.reindex(chosen.index)).rename("ratio").reset_index()
        crossover = crossover_samples(d, share, QUALITY, NOISE)
        ratio["of_crossover"] = ratio["samples"] / crossover
        near = ratio[(ratio.of_crossover > 1e-4) & (ratio.of_crossover < 1e4)]
        if near.empty:
            continue
        x = np.geomspace(max(1e-4, near.of_crossover.min()), near.of_crossover.max(), 100)
        axis.plot(x, 1 + share * (1 - share) * QUALITY / NOISE + x, color=colour, linewidth=1.2)
        draw_points(axis, near, "of_crossover", colour, MARKERS[place % len(MARKERS)], "ratio", label=f"p2 = {share:g}")
    axis.axvline(1.0, color="black", linestyle=":", linewidth=1)
    axis.plot([], [], color="black", linewidth=1.2, label="1 + p1 p2 c²/σ² + n/n×")
    axis.set(
        xscale="log",
        yscale="log",
        xlabel="n / n×,   n× = σ² d / (p2² c²)",
        ylabel="error / error on real data alone",
        title="when a share becomes visible",
    )
    axis.legend()
