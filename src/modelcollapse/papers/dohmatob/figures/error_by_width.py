"""Error by model size: Pareto diagram, double descent, amplification (Fig. 1, 2 and 4 of Dohmatob et al.)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.lines import Line2D

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
from modelcollapse.regression.ridge.exact_forms import isotropic_ridgeless
from modelcollapse.regression.ridge.spectra import named_spectrum
from modelcollapse.regression.strong_collapse import ErrorParts, random_projections
from modelcollapse.simulation.rows import PARTS

QUALITIES = (0.0, 0.1, 0.5, 1.0)
NOISE = {"isotropic": 0.1, "power_law": 0.01}
TITLES = {"isotropic": "identity covariance", "power_law": "eigenvalues i^-1.5"}
CURVE_POINTS = 240


def theory_by_width(rows: pd.DataFrame, share: float, quality: float, noise: float, widths: np.ndarray) -> ErrorParts:
    """The theory's curve for the spectrum, n, d and ridge of some rows."""
    first = rows.iloc[0]
    spectrum = named_spectrum(first.spectrum, int(first.dimension))
    return random_projections(spectrum, first.samples, widths, share, quality, noise, first.ridge)


def draw_pareto(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Error with the mixture against error with real data alone, along the model size, for several qualities."""
    rows = read_parts(data, "error_by_width")
    rows = rows[rows.spectrum == "isotropic"]
    shares = sorted(rows.synthetic_share.unique())
    n, noise = int(rows.samples.iloc[0]), NOISE["isotropic"]
    widths = curve_widths(rows)
    # both branches end where the error leaves the simulated range on its way to the peak
    edges = 0.8 * n, 1.2 * n
    branches = [np.append(widths[widths < edges[0]], edges[0]), np.append(edges[1], widths[widths > edges[1]])]
    norm = LogNorm(widths.min() / n, widths.max() / n)
    figure, (axes,) = new_figure(1, len(shares), width=3.6 * len(shares), height=4.2)
    for axis, share in zip(axes, shares, strict=True):
        chosen = rows[rows.synthetic_share == share]
        for place, quality in enumerate(QUALITIES):
            for branch in branches:
                curve = theory_by_width(chosen, share, quality, noise, branch)
                axis.plot(curve.bias + curve.variance, curve.total, color="0.6", linewidth=0.8, zorder=1)
            points = _pareto_points(chosen, quality, noise)
            bars = {"fmt": "none", "ecolor": "0.4", "elinewidth": 0.8, "zorder": 1.5}
            axis.errorbar(points.x, points.y, 1.96 * points.y_error, 1.96 * points.x_error, **bars)
            colours = {"c": points.index / n, "norm": norm, "cmap": "viridis", "zorder": 2, "s": 22}
            axis.scatter(points.x, points.y, marker=MARKERS[place], edgecolors="black", linewidths=0.4, **colours)
        ends = np.array(axis.get_xlim())
        axis.plot(ends, ends, ":", color="black", linewidth=1)
        axis.set(xscale="log", yscale="log", xlabel="error, real data alone (same n)")
        axis.set_title(f"n2 = {round(share * n)} of n = {n} synthetic")
    axes[0].set_ylabel("error with the mixture")
    figure.colorbar(ScalarMappable(norm, "viridis"), ax=list(axes), label="model size per sample, m/n", aspect=30)
    handles = [
        Line2D(
            [],
            [],
            marker=MARKERS[place],
            color="0.6",
            markerfacecolor="0.8",
            markeredgecolor="black",
            label=f"c² = {c2:g}",
        )
        for place, c2 in enumerate(QUALITIES)
    ]
    handles.append(Line2D([], [], linestyle=":", color="black", label="equal errors"))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    d = int(rows.dimension.iloc[0])
    figure.suptitle(
        f"d = {d}, Σ = I, σ² = {noise:g}, λ = {rows.ridge.iloc[0]:g}; lines: theory, points: {replicates(rows)}",
        fontsize="medium",
    )
    save_figure(figure, outputs)


def _pareto_points(rows: pd.DataFrame, quality: float, noise: float) -> pd.DataFrame:
    clean = with_error(rows, 0.0, noise).groupby("width")["error"]
    mixed = with_error(rows, quality, noise).groupby("width")["error"]
    root = np.sqrt(clean.count())
    return pd.DataFrame(
        {
            "x": clean.mean(),
            "y": mixed.mean(),
            "x_error": (clean.std() / root).fillna(0.0),
            "y_error": (mixed.std() / root).fillna(0.0),
        }
    )


def draw_error_by_width(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Test error by width for every share (columns), spectrum (rows) and quality (colours)."""
    rows = read_parts(data, "error_by_width")
    spectra, shares = list(rows.spectrum.unique()), sorted(rows.synthetic_share.unique())
    figure, axes = new_figure(len(spectra), len(shares), width=3.3 * len(shares), height=2.9 * len(spectra) + 0.5)
    widths = curve_widths(rows)
    for line, name in zip(axes, spectra, strict=True):
        for axis, share in zip(line, shares, strict=True):
            chosen = rows[(rows.spectrum == name) & (rows.synthetic_share == share)]
            for place, quality in enumerate(QUALITIES):
                curve = theory_by_width(chosen, share, quality, NOISE[name], widths)
                axis.plot(widths, curve.total, color=PALETTE[place], linewidth=1.1)
                best = widths[int(np.argmin(curve.total))]
                axis.plot(best, curve.total.min(), "v", color=PALETTE[place], markersize=7, markerfacecolor="none")
                points = with_error(chosen, quality, NOISE[name])
                draw_points(axis, points, "width", PALETTE[place], MARKERS[place], label=f"c² = {quality:g}")
            _mark_threshold(axis, chosen)
            axis.set(xscale="log", yscale="log")
            axis.set_title(f"{TITLES[name]}, p2 = {share:g}")
        line[0].set_ylabel("test error on real data")
    for axis in axes[-1]:
        axis.set_xlabel("width m")
    axes[0, 0].plot([], [], "v", color="black", markerfacecolor="none", label="best width (theory)")
    axes[0, 0].plot([], [], ":", color="black", label="m = n")
    legend_below(figure, axes[0, 0], columns=6)
    figure.suptitle(f"lines: theory; points: mean of {replicates(rows)}, 95 % intervals", fontsize="medium")
    save_figure(figure, outputs)


def draw_amplification(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """zeta by width: growing below m = n, falling above it towards a positive limit."""
    rows = read_parts(data, "error_by_width")
    rows = rows[rows.spectrum == "isotropic"]
    d, n = int(rows.dimension.iloc[0]), int(rows.samples.iloc[0])
    figure, (axes,) = new_figure(1, 1, width=5.6, height=4.0)
    axis, widths = axes[0], curve_widths(rows)
    for place, share in enumerate(sorted(rows.synthetic_share.unique())):
        chosen = rows[rows.synthetic_share == share]
        colour = PALETTE[place]
        axis.plot(widths, theory_by_width(chosen, share, 1.0, 0.0, widths).zeta, color=colour, linewidth=1.1)
        limit = isotropic_ridgeless(d, n, share, 1.0, 0.0).zeta
        axis.axhline(limit, color=colour, linestyle="--", linewidth=0.9)
        draw_points(axis, chosen, "width", colour, MARKERS[place], "zeta", label=f"p2 = {share:g}")
    _mark_threshold(axis, rows)
    axis.plot([], [], "--", color="black", linewidth=0.9, label="m → ∞: c² p2 (φ-p2) / (φ(φ-1))")
    axis.plot([], [], ":", color="black", label="m = n")
    axis.set(xscale="log", yscale="log", xlabel="width m", ylabel="ζ / c²: what the synthetic labels add")
    axis.set_title(f"d = {d}, n = {n}, Σ = I; lines: theory; {replicates(rows)}")
    axis.legend()
    save_figure(figure, outputs)


def draw_double_descent(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Bias, variance and zeta around m = n for falling ridges."""
    rows = read_parts(data, "double_descent")
    share = sorted(rows.synthetic_share.unique())[len(rows.synthetic_share.unique()) // 2]
    rows = rows[rows.synthetic_share == share]
    ridges = sorted(rows.ridge.unique(), reverse=True)
    n = int(rows.samples.iloc[0])
    widths = np.unique(np.round(np.concatenate([np.linspace(0.4, 1.8, 140), np.linspace(0.9, 1.1, 60)]) * n))
    figure, (axes,) = new_figure(1, 3, width=9.5, height=3.6)
    for axis, part in zip(axes, PARTS, strict=True):
        for place, (ridge, colour) in enumerate(zip(ridges, generation_colours(len(ridges)), strict=True)):
            chosen = rows[rows.ridge == ridge]
            curve = theory_by_width(chosen, share, 1.0, 1.0, widths)
            axis.plot(widths, getattr(curve, part), color=colour, linewidth=1.1)
            draw_points(axis, chosen, "width", colour, MARKERS[place], part, label=f"λ = {ridge:g}")
        _mark_threshold(axis, rows)
        units = {"bias": "signal", "variance": "noise variance", "zeta": "quality c²"}[part]
        axis.set(yscale="log", xlabel="width m", title=part, ylabel=f"at unit {units}")
        axis.set_xlim(widths.min(), widths.max())
    axes[0].plot([], [], ":", color="black", label="m = n")
    legend_below(figure, axes[0], columns=4)
    d = int(rows.dimension.iloc[0])
    figure.suptitle(
        f"d = {d}, n = {n}, Σ = I, p2 = {share:g}; lines: theory; points: {replicates(rows)}, 95 % intervals",
        fontsize="medium",
    )
    save_figure(figure, outputs)


def curve_widths(rows: pd.DataFrame) -> np.ndarray:
    """Widths from the smallest to the largest, dense around m = n, and not m = n itself."""
    n = float(rows.samples.iloc[0])
    dense = n * np.linspace(0.85, 1.15, 40)
    return np.unique(np.concatenate([np.geomspace(rows.width.min(), rows.width.max(), CURVE_POINTS), dense]))


def _mark_threshold(axis: Axes, rows: pd.DataFrame) -> None:
    axis.axvline(float(rows.samples.iloc[0]), color="black", linestyle=":", linewidth=1)
