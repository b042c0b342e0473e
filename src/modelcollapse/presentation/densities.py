"""Figures and tables of mixtures, autoencoders and theory simulations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from modelcollapse.presentation.style import PALETTE, PAPER_COLOUR, draw_seeds, new_figure, save_figure
from modelcollapse.presentation.tables import read_columns, write_table

# read by eye off the saved plot of the released notebook, at about generation 2,050 (Shumailov et al., SI Fig. 8)
PAPER_SQUARED_L2 = {500: 700.0, 1000: 200.0, 10000: 0.42, 50000: 1.3e-3, 200000: 5e-4}
# mean over 5 saved runs of the released notebook, generations 1 to 5
PAPER_LATENT_STD = (0.688, 0.603, 0.534, 0.483, 0.443)
MILESTONES = (0, 50, 100, 150, 200, 350, 2000)
GRID_GENERATIONS = (0, 5, 10, 20)
QUANTILES = (0.1, 0.5, 0.9)


def draw_mixture(chains: Mapping[str, Path], sizes: Mapping[str, int], outputs: dict[str, Path]) -> None:
    """Squared L2 to the first fit and to the truth by generation: median and 10-90 % band over seeds."""
    figure, axes = new_figure(1, 2, height=3.6)
    columns = {
        "squared_l2_to_first_fit": "squared L2 to the first fit",
        "normalised_l2_to_truth": "squared L2 to truth / truth's",
    }
    for place, (name, path) in enumerate(chains.items()):
        table = read_columns(path, ("seed", "generation", *columns))
        for axis, column in zip(axes.flat, columns, strict=True):
            band = table[table.generation > 0].groupby("generation")[column].quantile(list(QUANTILES)).unstack()
            label = f"{name} (n = {table.seed.nunique()})"
            axis.plot(band.index, band[0.5], color=PALETTE[place], label=label, linewidth=1)
            axis.fill_between(band.index, band[0.1], band[0.9], color=PALETTE[place], alpha=0.2)
        if name.startswith("one_blob") and sizes[name] in PAPER_SQUARED_L2:
            value = PAPER_SQUARED_L2[sizes[name]]
            axes[0, 0].plot(2050, value, marker="*", markersize=9, color=PALETTE[place], markeredgecolor="black")
    axes[0, 0].plot([], [], "*", color="white", markeredgecolor="black", markersize=9, label="paper, one run, by eye")
    for axis, label in zip(axes.flat, columns.values(), strict=True):
        axis.set(yscale="log", xlabel="generation", ylabel=label)
    axes[0, 0].legend(fontsize="x-small")
    axes[0, 1].set_title("median and 10-90 % band over seeds", fontsize="small")
    save_figure(figure, outputs)


def draw_mixture_samples(samples: Path, outputs: dict[str, Path]) -> None:
    """The points of one chain at the paper's milestones."""
    table = read_columns(samples, ("generation", "x", "y"))
    shown = [g for g in (-1, *MILESTONES) if (table.generation == g).any()]
    figure, axes = new_figure(2, (len(shown) + 1) // 2, height=4.2)
    for axis, generation in zip(axes.flat, shown, strict=False):
        points = table[table.generation == generation]
        axis.scatter(points.x, points.y, s=3, color=PALETTE[0], alpha=0.5, linewidths=0)
        axis.set(
            title="real data" if generation == -1 else f"model {generation}", xlim=(-5, 5), ylim=(-5, 5), aspect="equal"
        )
    for axis in axes.flat[len(shown) :]:
        axis.set_visible(False)
    figure.supxlabel("x")
    figure.supylabel("y")
    save_figure(figure, outputs)


def draw_vae_grid(arrays: Path, outputs: dict[str, Path]) -> None:
    """Ten by ten decoder samples of the original and later generations."""
    with np.load(arrays, allow_pickle=False) as stored:
        grids = stored["grid"]
    shown = [g for g in GRID_GENERATIONS if g < len(grids)] or list(range(len(grids)))
    figure, axes = new_figure(1, len(shown), width=2.1 * len(shown), height=2.5)
    for axis, generation in zip(axes.flat, shown, strict=True):
        count, height, width = grids[generation].shape
        side = int(np.sqrt(count))
        tiles = grids[generation][: side * side].reshape(side, side, height, width)
        axis.imshow(tiles.transpose(0, 2, 1, 3).reshape(side * height, side * width), cmap="gray", vmin=0, vmax=255)
        axis.set(title="original" if generation == 0 else f"generation {generation}", xticks=[], yticks=[])
        axis.grid(visible=False)
    save_figure(figure, outputs)


def draw_vae_latents(tables: Sequence[Path], arrays: Path, outputs: dict[str, Path]) -> None:
    """Latents of generated images under the original encoder: densities, and their spread by generation."""
    with np.load(arrays, allow_pickle=False) as stored:
        latents = stored["latents"]
    figure, axes = new_figure(1, 3, width=9.5)
    bins = np.linspace(-3, 3, 50)
    for place, generation in enumerate(g for g in (0, 1, 2, 5, 10, 20) if g < len(latents)):
        axes[0, 0].hist(
            latents[generation].ravel(),
            bins=bins,
            density=True,
            histtype="step",
            color=PALETTE[place],
            label=f"gen {generation}",
        )
    axes[0, 0].set(xlabel="latent mean under the original encoder", ylabel="density (one seed)")
    axes[0, 0].legend(fontsize="x-small")
    frames = [read_columns(path, ("generation", "latent_std", "classifier_confidence")) for path in tables]
    x = frames[0].generation.to_numpy()
    for axis, column, label in (
        (axes[0, 1], "latent_std", "std of the latents"),
        (axes[0, 2], "classifier_confidence", "classifier's mean top probability"),
    ):
        draw_seeds(axis, x, np.stack([frame[column] for frame in frames]), f"ours (n = {len(frames)})", PALETTE[0])
        axis.set(xlabel="generation", ylabel=label)
    axes[0, 1].plot(range(1, 6), PAPER_LATENT_STD, "*--", color=PAPER_COLOUR, label="paper's code, MNIST")
    axes[0, 1].legend(fontsize="x-small")
    axes[0, 2].legend(fontsize="x-small")
    save_figure(figure, outputs)


def draw_theory(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Simulated points with 95 % intervals over exact lines, the paper's formula dashed."""
    figure, axes = new_figure(2, 3, width=10.0, height=5.6)
    rows = {name: pd.read_parquet(path) for name, path in tables.items()}
    panels = (
        ("gaussian_unbiased", "variance_of_sample", "Var(X), 1-D Gaussian", {}),
        ("gaussian_unbiased", "expected_risk", "E[W2²], 1-D Gaussian", {"yscale": "log", "xscale": "log"}),
        ("gaussian_growth", "expected_risk", "E[W2²] by growth of M", {"xscale": "log", "yscale": "log"}),
        ("gaussian_pool", "rms_mean_error", "rms error of the mean", {"xscale": "log", "yscale": "log"}),
        ("discrete", "expected_diversity", "1 - sum p², discrete law", {}),
        ("gaussian_multivariate", "expected_log_determinant", "E ln det, d dimensions", {}),
    )
    for axis, (experiment, quantity, title, scale) in zip(axes.flat, panels, strict=True):
        chosen = rows[experiment][rows[experiment].quantity == quantity]
        _theory_panel(axis, chosen)
        axis.set(title=title, xlabel="fits made", **scale)
        axis.legend(fontsize="xx-small")
    save_figure(figure, outputs)


def _theory_panel(axis: Axes, chosen: pd.DataFrame) -> None:
    for place, (setting, group) in enumerate(chosen.groupby("setting", sort=False)):
        group = group[group.generation > 0].sort_values("generation")
        colour = PALETTE[place % len(PALETTE)]
        axis.errorbar(
            group.generation,
            group.simulated,
            1.96 * group.standard_error,
            fmt="o",
            markersize=3,
            color=colour,
            label=setting,
        )
        if group.exact.notna().any():
            axis.plot(group.generation, group.exact, color=colour, linewidth=1)
        if group.paper_formula.notna().any():
            axis.plot(group.generation, group.paper_formula, "--", color=colour, linewidth=0.8)


def tabulate_mixture(chains: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Median and 10-90 % range over seeds at the milestones."""
    rows = []
    for name, path in chains.items():
        table = read_columns(path, ("seed", "generation", "squared_l2_to_first_fit", "trace_covariance"))
        last = int(table.generation.max())
        for generation in sorted({g for g in MILESTONES if g <= last} | {last}):
            now = table[table.generation == generation]
            row: dict[str, object] = {"mixture": name, "generation": generation, "n_seeds": len(now)}
            for column in ("squared_l2_to_first_fit", "normalised_l2_to_truth", "trace_covariance"):
                low, median, high = now[column].astype(float).quantile(list(QUANTILES))
                row |= {f"{column}_median": median, f"{column}_q10": low, f"{column}_q90": high}
            rows.append(row)
    write_table(pd.DataFrame(rows), outputs, digits=3)


def tabulate_vae(tables: Sequence[Path], outputs: dict[str, Path]) -> None:
    """Mean and standard deviation over seeds of every measure, by generation."""
    frame = pd.concat([pd.read_parquet(path) for path in tables])
    columns = [column for column in frame.columns if column not in ("generation", "training_images")]
    grouped = frame.groupby("generation")[columns]
    mean, deviation = grouped.mean(), grouped.std().add_suffix("_sd")
    table = pd.concat([mean, deviation], axis=1)[[c for name in columns for c in (name, f"{name}_sd")]]
    table.insert(0, "n_seeds", grouped.size())
    write_table(table.reset_index(), outputs)


def tabulate_theory(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Simulated beside exact and the paper's formula, at the last generation of every setting and quantity."""
    frame = pd.concat([pd.read_parquet(path) for path in tables.values()])
    last = frame.groupby(["experiment", "setting", "quantity"], sort=False).generation.transform("max")
    write_table(frame[frame.generation == last].reset_index(drop=True), outputs)
