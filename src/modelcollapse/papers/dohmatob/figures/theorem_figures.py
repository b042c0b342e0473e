"""Theorems against simulations, chains of generations, and lost tails."""

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
    summarised,
)
from modelcollapse.presentation.style import MARKERS, PALETTE, new_figure, save_figure
from modelcollapse.simulation.rows import PARTS

MARGIN = 0.02
"""Half the width of the equivalence band of theory claims."""
LARGEST_GAP = 0.06


def draw_theorems(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Simulated over theory - 1 for every part of every setting of Theorems 1 and 2, with 95 % intervals."""
    figure, axes = new_figure(2, 1, width=9.0, height=5.6)
    for axis, (name, title) in zip(
        axes[:, 0],
        {"ridge_mixture": "Theorem 1: ridge regression", "projection_mixture": "Theorem 2: random projections"}.items(),
        strict=True,
    ):
        rows = read_parts(data, name)
        places = {setting: place for place, setting in enumerate(rows["setting"].unique())}
        for shift, part in enumerate(PARTS):
            gap = rows.assign(gap=rows[part] / rows[f"theory_{part}"] - 1)
            points = summarised(gap, "setting", "gap")
            x = np.array([places[setting] for setting in points.index]) + 0.22 * (shift - 1)
            style = {"fmt": MARKERS[shift], "markersize": 3, "color": PALETTE[shift], "elinewidth": 0.8, "label": part}
            axis.errorbar(x, points["mean"], points["half"], **style)
        axis.axhspan(-MARGIN, MARGIN, color="0.85", zorder=0, label="equivalence band, ± 2 %")
        axis.axhline(0.0, color="black", linewidth=0.8)
        for split in _splits(rows):
            axis.axvline(places[split] - 0.5, color="0.6", linewidth=0.8)
        axis.set(
            ylim=(-LARGEST_GAP, LARGEST_GAP), ylabel="simulated / theory - 1", title=f"{title}, {replicates(rows)}"
        )
        axis.set_xlabel(f"setting: {rows['setting'].iloc[0]} ... {rows['setting'].iloc[-1]}", fontsize="small")
    axes[0, 0].legend(ncols=4, loc="upper right")
    save_figure(figure, outputs)


def draw_finite_size(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Left: gap of Theorem 1 to simulation by dimension. Right: Corollary 1 and the exact mean against simulation."""
    gaps, rows = read_values(data, "finite_size"), read_parts(data, "error_by_samples")
    figure, (axes,) = new_figure(1, 2, width=9.0, height=3.8)
    for place, part in enumerate(PARTS):
        chosen = gaps[gaps.quantity == f"gap_{part}"]
        draw_points(axes[0], chosen, "at", PALETTE[place], MARKERS[place], "value", label=part)
        at = np.sort(chosen["at"].unique())
        means = summarised(chosen, "at", "value")["mean"]
        scale = float((means * 1 / at).sum() / (1 / at**2).sum())
        fine = np.geomspace(at[0], at[-1], 50)
        axes[0].plot(fine, scale / fine, color=PALETTE[place], linewidth=1.1)
    axes[0].plot([], [], color="black", linewidth=1.1, label="fitted constant / d")
    axes[0].axhline(0.0, color="black", linewidth=0.8)
    axes[0].set(xscale="log", xlabel="dimension d", ylabel="simulated / Theorem 1 - 1")
    axes[0].set_title(f"{gaps.setting.iloc[0]}, identity covariance, ridge 0.01, p2 = 0.5")
    axes[0].legend()
    largest = rows[rows.synthetic_share == rows.synthetic_share.max()]
    for place, (reference, label) in enumerate({"theory": "Corollary 1 (limit)", "exact": "exact mean"}.items()):
        for shift, part in enumerate(("variance", "zeta")):
            gap = largest.assign(gap=largest[part] / largest[f"{reference}_{part}"] - 1)
            gap = gap.assign(samples=gap.samples * (1 + 0.06 * shift))
            colour = PALETTE[3 + place]
            draw_points(axes[1], gap, "samples", colour, MARKERS[shift], "gap", label=f"{part} over {label}")
    axes[1].axhline(0.0, color="black", linewidth=0.8)
    d, share = int(largest.dimension.iloc[0]), largest.synthetic_share.iloc[0]
    axes[1].set(xscale="log", xlabel="samples n", ylabel="simulated / formula - 1")
    axes[1].set_title(f"ridgeless, d = {d}, p2 = {share:g}")
    axes[1].legend()
    save_figure(figure, outputs)


def draw_generations(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """The (n+1) law, the ridge regression at the chain's end, over-parametrised loss, and the adaptive ridge."""
    rows, adaptive = read_values(data, "generations"), read_values(data, "adaptive_ridge")
    figure, axes = new_figure(2, 2, width=8.5, height=6.4)
    panels = (
        (axes[0, 0], ("linear",), "least squares, T = 3d: (n+1) σ² d/(T-d-1)"),
        (axes[0, 1], ("ridge",), "ridge regression at the end: clean + n σ0² ρ"),
        (axes[1, 0], ("over_parametrised", "over_parametrised_noisy"), "T0 = d/2: lost even without noise"),
    )
    for axis, names, title in panels:
        for place, name in enumerate(names):
            chosen = rows[rows.quantity == name]
            theory = chosen.groupby("at")["theory"].first()
            axis.plot(theory.index, theory, color=PALETTE[place], linewidth=1.1)
            label = {"over_parametrised": "no noise", "over_parametrised_noisy": "σ0² = 0.25"}.get(name, "simulated")
            draw_points(axis, chosen, "at", PALETTE[place], MARKERS[place], "value", label=label)
        axis.set(xlabel="generations of fake data", ylabel="test error", title=title)
        axis.legend()
    _draw_adaptive(axes[1, 1], adaptive)
    figure.suptitle(f"{rows.replicate.nunique()} chains; lines: formulas", fontsize="medium")
    save_figure(figure, outputs)


def _draw_adaptive(axis: Axes, rows: pd.DataFrame) -> None:
    chosen = rows[rows.quantity == "best_ridge"]
    for place, (setting, group) in enumerate(chosen.groupby("setting", sort=False)):
        group = group.sort_values("at")
        exponent = group.theory.iloc[0]
        axis.plot(group["at"], group["value"], MARKERS[place], color=PALETTE[place], label=setting)
        line = group["value"].iloc[0] * (group["at"] / group["at"].iloc[0]) ** -exponent
        axis.plot(group["at"], line, color=PALETTE[place], linewidth=1.1)
    axis.plot([], [], color="black", linewidth=1.1, label="slope -(1-b) β/(2βr+1)")
    axis.set(
        xscale="log",
        yscale="log",
        xlabel="samples T",
        ylabel="best ridge",
        title="adaptive ridge (Theorem 1, no chance)",
    )
    axis.legend()


def draw_tails(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """A learner that remembers what it saw: clean data, AI data, cut and mixed laws; linear degradation."""
    rows = read_values(data, "tails")
    figure, (axes,) = new_figure(1, 2, width=9.0, height=4.2)
    exponents = list(dict.fromkeys(setting.split(",")[0] for setting in rows["setting"]))
    first = exponents[0]
    clean = rows[(rows.quantity == "clean") & (rows.setting == first)]
    exact = clean.groupby("at")[["theory", "quoted"]].first()
    axes[0].plot(exact.index, exact.theory, color=PALETTE[0], linewidth=1.1, label="exact mean")
    scaled = exact.quoted * exact.theory.iloc[0] / exact.quoted.iloc[0]
    axes[0].plot(exact.index, scaled, "--", color="black", linewidth=0.9, label="slope -(1 - 1/β)")
    draw_points(axes[0], clean, "at", PALETTE[0], MARKERS[0], "value", label="human data")
    for place, (setting, group) in enumerate(rows[rows.quantity == "ai_data"].groupby("setting", sort=False), 1):
        if setting.startswith(f"{first},"):
            label = f"AI data, {setting.split(', ')[1]}"
            draw_points(axes[0], group, "at", PALETTE[place], MARKERS[place], "value", label=label)
            means = summarised(group, "at", "value")["mean"]
            axes[0].plot(means.index, means, color=PALETTE[place], linewidth=0.8)
    for name, style in (("cut", ":"), ("mixed", "-.")):
        group = rows[(rows.quantity == name) & (rows.setting == first)].sort_values("at")
        label = {"cut": "cut at rank 100 (exact)", "mixed": "cut, with 1 % human (exact)"}[name]
        axes[0].plot(group["at"], group["value"], style, color="0.3", linewidth=1.1, label=label)
    axes[0].set(xscale="log", yscale="log", xlabel="samples T", ylabel="test error", title=f"tokens ~ i^-β, {first}")
    axes[0].legend(fontsize="x-small")
    for place, (setting, group) in enumerate(rows[rows.quantity == "generation"].groupby("setting", sort=False)):
        draw_points(axes[1], group, "at", PALETTE[place], MARKERS[place], "value", label=setting)
    axes[1].set(xlabel="generation", ylabel="test error", title="each generation learns from T0 samples of the last")
    axes[1].legend()
    save_figure(figure, outputs)


def _splits(rows: pd.DataFrame) -> list[str]:
    """First setting of every spectrum and number of samples after the first."""
    groups = rows.drop_duplicates(["spectrum", "samples"])["setting"]
    return list(groups)[1:]
