"""Figures and tables of mixtures and autoencoders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from modelcollapse.densities.mixture.settings import MixtureSettings
from modelcollapse.measures.paper_data import NotAvailable, PaperData
from modelcollapse.papers.shumailov.shown_conditions import shown_mixture
from modelcollapse.presentation.style import (
    PALETTE,
    PAPER_COLOUR,
    count_generations,
    draw_seeds,
    generation_colours,
    hide_unused,
    in_seeds,
    legend_below,
    new_figure,
    save_figure,
)
from modelcollapse.presentation.tables import read_columns, write_table
from modelcollapse.runtime.parquet import read_metadata

# read by eye off the saved plot of the released notebook, at about generation 2,050 (Shumailov et al., SI Fig. 8)
PAPER_SQUARED_L2 = {500: 700.0, 1000: 200.0, 10000: 0.42, 50000: 1.3e-3, 200000: 5e-4}
# mean over 5 saved runs of the released notebook, generations 1 to 5
PAPER_LATENT_STD = (0.688, 0.603, 0.534, 0.483, 0.443)
MILESTONES = (0, 50, 100, 150, 200, 350, 2000)
GRID_GENERATIONS = (0, 5, 10, 20)
LATENT_GENERATIONS = (0, 1, 2, 5, 9, 20)
TILE_LINE = 110
"""Grey value between the tiles of a sheet of images."""
VAE_PANELS = {
    "latent_std": "std of the latents",
    "classifier_confidence": "classifier's mean top probability",
    "class_entropy": "entropy of its mean prediction [nats]",
}
MIXTURE_COLUMNS = {
    "squared_l2_to_first_fit": "squared L2 distance to the first fit",
    "normalised_l2_to_truth": "squared L2 distance to the truth / its norm",
}
QUANTILES = (0.1, 0.5, 0.9)


def draw_mixture(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Squared L2 to the first fit and to the truth by generation: median and 10-90 % band over seeds."""
    figure, (axes,) = new_figure(1, 2, height=4.2)
    for place, (name, settings) in enumerate(_mixtures(data).items()):
        table = read_columns(data, "mixture", name, ("seed", "generation", *MIXTURE_COLUMNS))
        colour = PALETTE[place % len(PALETTE)]
        later = table[table.generation > 0]
        for axis, column in zip(axes, MIXTURE_COLUMNS, strict=True):
            band = later.groupby("generation")[column].quantile(list(QUANTILES)).unstack()
            label = f"{name.replace('_', ' ')} ({in_seeds(table.seed.nunique())})"
            axis.plot(band.index, band[0.5], color=colour, label=label, linewidth=1)
            axis.fill_between(band.index, band[0.1], band[0.9], color=colour, alpha=0.2, linewidth=0)
        if settings.data == "one_blob" and settings.samples in PAPER_SQUARED_L2:
            value = PAPER_SQUARED_L2[settings.samples]
            axes[0].plot(2050, value, marker="*", markersize=9, color=colour, markeredgecolor="black")
    axes[0].plot([], [], "*", color="white", markeredgecolor="black", markersize=9, label="paper, one run, by eye")
    for axis, label in zip(axes, MIXTURE_COLUMNS.values(), strict=True):
        axis.set(yscale="log", ylabel=label)
        count_generations(axis)
    figure.suptitle("median and 10-90 % band over seeds", fontsize="medium")
    legend_below(figure, axes[0], columns=3)
    save_figure(figure, outputs)


def draw_mixture_samples(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """The points of one chain of the shown mixture at the paper's milestones.

    Raises:
        NotAvailable: no mixture was run.
    """
    name = shown_mixture(data.settings.mixture)
    number, x, y = _arrays(data, "mixture_arrays", name or "", ("generation", "x", "y"))
    shown = [g for g in (-1, *MILESTONES) if (number == g).any()]
    figure, axes = new_figure(2, (len(shown) + 1) // 2, height=4.2)
    for axis, generation in zip(axes.flat, shown, strict=False):
        chosen = number == generation
        axis.scatter(x[chosen], y[chosen], s=3, color=PALETTE[0], alpha=0.5, linewidths=0)
        axis.set(
            title="real data" if generation == -1 else f"model {generation}", xlim=(-5, 5), ylim=(-5, 5), aspect="equal"
        )
    hide_unused(axes, len(shown))
    figure.supxlabel("x")
    figure.supylabel("y")
    save_figure(figure, outputs)


def draw_vae_grid(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Ten by ten decoder samples of the original and later generations."""
    (grids,) = _arrays(data, "vae_arrays", _shown_chain(data), ("grid",))
    shown = [g for g in GRID_GENERATIONS if g < len(grids)] or list(range(len(grids)))
    figure, axes = new_figure(1, len(shown), width=2.1 * len(shown), height=2.4)
    for axis, generation in zip(axes.flat, shown, strict=True):
        axis.imshow(tiled(grids[generation]), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        axis.set(title="original" if generation == 0 else f"generation {generation}", xticks=[], yticks=[])
        axis.grid(visible=False)
    save_figure(figure, outputs)


def tiled(images: np.ndarray) -> np.ndarray:
    """A square sheet of images uint8 [n, height, width], row by row, with a grey line between them."""
    side = int(np.sqrt(len(images)))
    line = max(1, images.shape[1] // 10)
    framed = np.pad(images[: side * side], ((0, 0), (line, 0), (line, 0)), constant_values=TILE_LINE)
    height, width = framed.shape[1:]
    return framed.reshape(side, side, height, width).transpose(0, 2, 1, 3).reshape(side * height, side * width)


def draw_vae_latents(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Latents of generated images under the original encoder, and what a digit classifier makes of the images."""
    (latents,) = _arrays(data, "vae_arrays", _shown_chain(data), ("latents",))
    frames = [read_columns(data, "vae", name, ("generation", *VAE_PANELS)) for name in data.files["vae"]]
    human = [read_metadata(path).get("human_test", {}) for path in data.files["vae"].values()]
    figure, axes = new_figure(2, 2, width=8.0, height=5.8)
    _latent_density(axes[0, 0], latents)
    x = frames[0].generation.to_numpy()
    for axis, (column, label) in zip(axes.flat[1:], VAE_PANELS.items(), strict=True):
        draw_seeds(
            axis, x, np.stack([frame[column] for frame in frames]), f"ours ({in_seeds(len(frames))})", PALETTE[0]
        )
        if all(column in measures for measures in human):
            level = np.mean([measures[column] for measures in human])
            axis.axhline(level, color="black", linestyle=":", label="human test images")
        axis.set(ylabel=label)
        count_generations(axis)
    axes[0, 1].plot(range(1, 6), PAPER_LATENT_STD, "*--", color=PAPER_COLOUR, label="paper's code, MNIST")
    axes[0, 1].legend()
    axes[1, 0].legend()
    axes[1, 1].legend()
    figure.suptitle("mean and 95 % interval over seeds; thin: single seeds", fontsize="medium")
    save_figure(figure, outputs)


def _latent_density(axis: Axes, latents: np.ndarray) -> None:
    shown = [g for g in LATENT_GENERATIONS if g < len(latents)]
    edge = max(2.0, float(np.abs(latents[0]).max()))
    for generation, colour in zip(shown, generation_colours(len(shown)), strict=True):
        values = latents[generation].ravel()
        label = "original" if generation == 0 else f"generation {generation}"
        bins = np.linspace(-edge, edge, 49)
        axis.hist(values, bins=bins, density=True, histtype="step", color=colour, label=label, linewidth=1.3)
    axis.set(xlabel="latent mean under the original encoder", ylabel="density (first seed)")
    axis.legend()


def _mixtures(data: PaperData) -> dict[str, MixtureSettings]:
    """Settings of the mixtures that were run, by name."""
    return {name: mixture for name, mixture in data.settings.mixture.items() if name in data.files.get("mixture", {})}


def _shown_chain(data: PaperData) -> str:
    return f"seed{data.settings.first_seed}"


def _arrays(data: PaperData, group: str, name: str, arrays: Sequence[str]) -> list[np.ndarray]:
    """Arrays of an NPZ file.

    Raises:
        NotAvailable: the file was not made.
        ValueError: an array is missing; the message names it and the file.
    """
    if name not in data.files.get(group, {}):
        raise NotAvailable(f"'{name}' of '{group}' was not made")
    path = data.files[group][name]
    with np.load(path, allow_pickle=False) as stored:
        for array in arrays:
            if array not in stored:
                raise ValueError(f"{path} has no array '{array}': delete it and run the same command again.")
        return [stored[array] for array in arrays]


def tabulate_mixture(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Median and 10-90 % range over seeds at the milestones."""
    rows = []
    for name in _mixtures(data):
        table = read_columns(data, "mixture", name, ("seed", "generation", *MIXTURE_COLUMNS, "trace_covariance"))
        last = int(table.generation.max())
        for generation in sorted({g for g in MILESTONES if g <= last} | {last}):
            now = table[table.generation == generation]
            row: dict[str, object] = {"mixture": name, "generation": generation, "n_seeds": len(now)}
            for column in (*MIXTURE_COLUMNS, "trace_covariance"):
                low, median, high = now[column].astype(float).quantile(list(QUANTILES))
                row |= {f"{column}_median": median, f"{column}_q10": low, f"{column}_q90": high}
            rows.append(row)
    write_table(pd.DataFrame(rows), outputs, digits=3)


def tabulate_vae(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Mean and standard deviation over seeds of every measure, by generation."""
    frame = pd.concat([read_columns(data, "vae", name, ("generation", *VAE_PANELS)) for name in data.files["vae"]])
    columns = [column for column in frame.columns if column not in ("generation", "training_images")]
    grouped = frame.groupby("generation")[columns]
    mean, deviation = grouped.mean(), grouped.std().add_suffix("_sd")
    table = pd.concat([mean, deviation], axis=1)[[c for name in columns for c in (name, f"{name}_sd")]]
    table.insert(0, "n_seeds", grouped.size())
    write_table(table.reset_index(), outputs)


FIGURES = {
    "mixture": draw_mixture,
    "mixture_samples": draw_mixture_samples,
    "vae_grid": draw_vae_grid,
    "vae_latents": draw_vae_latents,
}
TABLES = {"mixture": tabulate_mixture, "vae": tabulate_vae}
