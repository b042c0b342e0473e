"""Weighted and iterative mixing: Fig. 9 and 10 of Dohmatob et al., with the quoted formulas beside the verified ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from modelcollapse.measures.paper_data import PaperData
from modelcollapse.papers.dohmatob.figures.points import (
    draw_points,
    read_parts,
    read_values,
    replicates,
    with_error,
)
from modelcollapse.presentation.style import (
    MARKERS,
    PALETTE,
    PAPER_COLOUR,
    generation_colours,
    legend_below,
    new_figure,
    save_figure,
)
from modelcollapse.regression.ridge.iterative_mixing import VARIANTS, expected_errors, quoted_limit, real_part_error
from modelcollapse.regression.ridge.weighted_mixing import (
    optimal_weight,
    quoted_optimal_weight,
    quoted_weighted_error,
    weighted_error,
)

QUALITY, NOISE, SHARE = 1.0, 0.25, 0.5
INITIAL_QUALITY = 1.0
VARIANT_LABELS = {
    "fresh_noisy": "fresh real data, noisy labels",
    "fresh_noiseless": "fresh real data, noiseless labels",
    "fixed_noisy": "fixed real data, noisy labels",
    "fixed_noiseless": "fixed real data, noiseless labels",
}


def draw_weighted_mixing(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Left: error by n for every weight. Right: the best weight by n."""
    rows = with_error(read_parts(data, "weighted_mixing"), QUALITY, NOISE)
    best = read_values(data, "optimal_weight")
    figure, (axes,) = new_figure(1, 2, width=9.5, height=5.2)
    d = int(rows.dimension.iloc[0])
    n = np.geomspace(rows.samples.min(), rows.samples.max(), 100)
    weights = sorted(rows.weight.unique())
    for place, (weight, colour) in enumerate(zip(weights, generation_colours(len(weights)), strict=True)):
        axes[0].plot(n, weighted_error(d, n, SHARE, weight, QUALITY, NOISE).total, color=colour, linewidth=1.1)
        axes[0].plot(n, quoted_weighted_error(d, n, SHARE, weight, QUALITY, NOISE), "--", color=colour, linewidth=0.7)
        label = f"α = {weight:g}" + {0.0: " (synthetic dropped)", SHARE: " (not re-weighted)"}.get(weight, "")
        draw_points(axes[0], rows[rows.weight == weight], "samples", colour, MARKERS[place % len(MARKERS)], label=label)
    axes[0].plot([], [], color="black", linewidth=1.1, label="verified formula")
    axes[0].plot([], [], "--", color="black", linewidth=0.7, label="Corollary 2 as quoted")
    axes[0].set(xscale="log", yscale="log", xlabel="samples n", ylabel="test error on real data")
    axes[0].set_title(f"fixed weight α; d = {d}, p2 = {SHARE:g}, {replicates(rows)}")
    legend_below(figure, axes[0], columns=4)
    chosen = best[best.quantity == "optimal_weight"]
    axes[1].plot(
        n, [optimal_weight(d, size, SHARE, QUALITY, NOISE) for size in n], color=PALETTE[0], label="verified formula"
    )
    draw_points(axes[1], chosen, "at", PALETTE[0], value="value", label="simulated")
    axes[1].plot(
        n, quoted_optimal_weight(d, n, SHARE, QUALITY, NOISE), "--", color=PAPER_COLOUR, label="Eq. 18 as quoted"
    )
    axes[1].set(
        xscale="log",
        yscale="log",
        xlabel="samples n",
        ylabel="best weight α*",
        title="best weight of the synthetic half",
    )
    axes[1].legend()
    save_figure(figure, outputs)


def draw_iterative_mixing(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Left: error by round at the second smallest n, in units of sigma^2 d/n. Right: error after the last round by n."""
    rows = with_error(read_parts(data, "iterative_mixing"), INITIAL_QUALITY, NOISE)
    sizes = sorted(rows.samples.unique())
    shown = sizes[min(1, len(sizes) - 1)]
    figure, (axes,) = new_figure(1, 2, width=10.0, height=4.6)
    _draw_rounds(axes[0], rows[rows.samples == shown])
    last = rows[rows["round"] == rows["round"].max()]
    unit = NOISE * last.dimension / last.samples
    last = last.assign(relative=last.error / unit)
    for place, name in enumerate(VARIANTS):
        draw_points(axes[1], last[last.variant == name], "samples", PALETTE[place], MARKERS[place], "relative")
        axes[1].plot(sizes, [_relative(name, last, size) for size in sizes], color=PALETTE[place], linewidth=1.1)
    alone = [_alone(last, size) for size in sizes]
    axes[1].plot(sizes, alone, color="black", linewidth=1.1)
    draw_points(axes[1], last[last.variant == "real_part"], "samples", "black", "x", "relative")
    axes[1].axhline(quoted_limit(SHARE), color=PAPER_COLOUR, linestyle="--", linewidth=1)
    axes[1].set(xscale="log", yscale="log", xlabel="samples n per round", ylabel="error / (σ² d / n)")
    axes[1].set_title(f"after {int(last['round'].max())} rounds")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize="small")
    figure.suptitle(
        f"p1 = p2 = 1/2, d = {int(rows.dimension.iloc[0])}, {replicates(rows)}; lines: recursion", fontsize="medium"
    )
    save_figure(figure, outputs)


def _draw_rounds(axis: Axes, rows: pd.DataFrame) -> None:
    d, n, last = int(rows.dimension.iloc[0]), int(rows.samples.iloc[0]), int(rows["round"].max())
    unit = NOISE * d / n
    relative = rows.assign(relative=rows.error / unit)
    for place, name in enumerate(VARIANTS):
        path = expected_errors(name, last, d, n, SHARE, INITIAL_QUALITY, NOISE)[1:] / unit
        axis.plot(np.arange(1, last + 1), path, color=PALETTE[place], linewidth=1.1)
        chosen = relative[(relative.variant == name) & (relative["round"] > 0)]
        draw_points(axis, chosen, "round", PALETTE[place], MARKERS[place], "relative", label=VARIANT_LABELS[name])
    axis.axhline(
        real_part_error(d, n, SHARE, NOISE) / unit, color="black", linewidth=1.1, label="real half alone (exact)"
    )
    axis.axhline(quoted_limit(SHARE), color=PAPER_COLOUR, linestyle="--", linewidth=1, label="Eq. 19: 1/(1 - p2²)")
    axis.set(yscale="log", xlabel="round", ylabel="error / (σ² d / n)", title=f"n = {n} per round")


def _relative(variant: str, rows: pd.DataFrame, n: int) -> float:
    d, last = int(rows.dimension.iloc[0]), int(rows["round"].max())
    return expected_errors(variant, last, d, int(n), SHARE, INITIAL_QUALITY, NOISE)[-1] / (NOISE * d / n)


def _alone(rows: pd.DataFrame, n: int) -> float:
    d = int(rows.dimension.iloc[0])
    return real_part_error(d, int(n), SHARE, NOISE) / (NOISE * d / n)
