"""Figures and tables of mixtures, autoencoders and theory simulations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from modelcollapse.presentation.style import (
    MARKERS,
    PALETTE,
    PAPER_COLOUR,
    count_generations,
    draw_seeds,
    generation_colours,
    hide_unused,
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
THEORY_COLUMNS = (
    "experiment",
    "setting",
    "samples",
    "generation",
    "quantity",
    "simulated",
    "standard_error",
    "exact",
    "paper_formula",
)
QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class TheoryPanel:
    """One quantity of one theory experiment."""

    experiment: str
    quantity: str
    title: str
    label: str
    across: str = "linear"
    upwards: str = "linear"
    samples: tuple[int, ...] | None = None
    """Sample sizes shown, so that a panel can be read; all where none of them was simulated."""


THEORY_PANELS = (
    TheoryPanel("gaussian_unbiased", "variance_of_sample", "variance of a sample", "Var(X) / σ²"),
    TheoryPanel("gaussian_unbiased", "expected_risk", "distance to the truth", "E[W2²] / σ²", "log", "log"),
    TheoryPanel("gaussian_growth", "expected_risk", "by growth of M (first M = 1,000)", "E[W2²] / σ²", "log", "log"),
    TheoryPanel("gaussian_loop", "median_sd", "typical fit (ddof = 0)", "median of the fitted sd / σ", "linear", "log"),
    TheoryPanel("gaussian_pool", "rms_mean_error", "what is kept", "rms error of the mean / σ", "log", "log", (100,)),
    TheoryPanel("gaussian_multivariate", "expected_log_determinant", "several dimensions", "E[ln det Σ]"),
    TheoryPanel("discrete", "expected_diversity", "discrete law, M = 100: diversity", "E[1 - Σ p²]"),
    TheoryPanel("discrete", "expected_support", "discrete law, M = 100: support", "expected states left", "log"),
)


def draw_mixture(chains: Mapping[str, Path], sizes: Mapping[str, int], outputs: dict[str, Path]) -> None:
    """Squared L2 to the first fit and to the truth by generation: median and 10-90 % band over seeds."""
    figure, (axes,) = new_figure(1, 2, height=4.2)
    for place, (name, path) in enumerate(chains.items()):
        table = read_columns(path, ("seed", "generation", *MIXTURE_COLUMNS))
        later = table[table.generation > 0]
        for axis, column in zip(axes, MIXTURE_COLUMNS, strict=True):
            band = later.groupby("generation")[column].quantile(list(QUANTILES)).unstack()
            label = f"{name.replace('_', ' ')} ({_seeds(table.seed.nunique())})"
            axis.plot(band.index, band[0.5], color=PALETTE[place % len(PALETTE)], label=label, linewidth=1)
            axis.fill_between(
                band.index, band[0.1], band[0.9], color=PALETTE[place % len(PALETTE)], alpha=0.2, linewidth=0
            )
        if name.startswith("one_blob") and sizes.get(name) in PAPER_SQUARED_L2:
            colour, value = PALETTE[place % len(PALETTE)], PAPER_SQUARED_L2[sizes[name]]
            axes[0].plot(2050, value, marker="*", markersize=9, color=colour, markeredgecolor="black")
    axes[0].plot([], [], "*", color="white", markeredgecolor="black", markersize=9, label="paper, one run, by eye")
    for axis, label in zip(axes, MIXTURE_COLUMNS.values(), strict=True):
        axis.set(yscale="log", ylabel=label)
        count_generations(axis)
    figure.suptitle("median and 10-90 % band over seeds", fontsize="medium")
    legend_below(figure, axes[0], columns=3)
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
    hide_unused(axes, len(shown))
    figure.supxlabel("x")
    figure.supylabel("y")
    save_figure(figure, outputs)


def draw_vae_grid(arrays: Path, outputs: dict[str, Path]) -> None:
    """Ten by ten decoder samples of the original and later generations."""
    with _stored(arrays, "grid") as stored:
        grids = stored["grid"]
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


def draw_vae_latents(tables: Sequence[Path], arrays: Path, outputs: dict[str, Path]) -> None:
    """Latents of generated images under the original encoder, and what a digit classifier makes of the images."""
    with _stored(arrays, "latents") as stored:
        latents = stored["latents"]
    frames = [read_columns(path, ("generation", *VAE_PANELS)) for path in tables]
    human = [read_metadata(path).get("human_test", {}) for path in tables]
    figure, axes = new_figure(2, 2, width=8.0, height=5.8)
    _latent_density(axes[0, 0], latents)
    x = frames[0].generation.to_numpy()
    for axis, (column, label) in zip(axes.flat[1:], VAE_PANELS.items(), strict=True):
        draw_seeds(axis, x, np.stack([frame[column] for frame in frames]), f"ours ({_seeds(len(frames))})", PALETTE[0])
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


def draw_theory(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Simulated points with 95 % intervals over exact lines, the paper's formula dashed."""
    rows = {name: read_columns(path, THEORY_COLUMNS) for name, path in tables.items()}
    absent = {panel.experiment for panel in THEORY_PANELS} - set(rows)
    if absent:
        raise ValueError(f"The theory figure needs the experiment '{min(absent)}': give its table too.")
    figure, axes = new_figure(3, 3, width=9.0, height=8.4)
    for axis, panel in zip(axes.flat, THEORY_PANELS, strict=False):
        table = rows[panel.experiment]
        chosen = table[(table.quantity == panel.quantity) & (table.generation > 0)]
        if panel.samples is not None and chosen.samples.isin(panel.samples).any():
            chosen = chosen[chosen.samples.isin(panel.samples)]
        _theory_panel(axis, chosen)
        axis.set(title=panel.title, xlabel="fits made", ylabel=panel.label, xscale=panel.across, yscale=panel.upwards)
        axis.legend(fontsize="x-small")
    _theory_key(axes.flat[len(THEORY_PANELS)])
    save_figure(figure, outputs)


def _theory_panel(axis: Axes, chosen: pd.DataFrame) -> None:
    for place, (setting, group) in enumerate(chosen.groupby("setting", sort=False)):
        group = group.sort_values("generation")
        colour, marker = PALETTE[place % len(PALETTE)], MARKERS[place % len(MARKERS)]
        half = 1.96 * group.standard_error.fillna(0)
        style = {"fmt": marker, "markersize": 3, "color": colour, "label": setting, "elinewidth": 1}
        axis.errorbar(group.generation, group.simulated, half, **style)
        axis.plot(group.generation, group.exact, color=colour, linewidth=1)
        axis.plot(group.generation, group.paper_formula, "--", color="black", linewidth=0.8)


def _theory_key(axis: Axes) -> None:
    axis.axis("off")
    axis.errorbar([], [], [], fmt="o", markersize=4, color=PALETTE[0], label="simulated, 95 % interval")
    axis.plot([], [], color=PALETTE[0], linewidth=1, label="exact, where a formula exists")
    axis.plot([], [], "--", color="black", linewidth=0.8, label="paper's first-order formula")
    axis.legend(loc="center", title="in every panel")


@contextmanager
def _stored(arrays: Path, name: str) -> Iterator[np.lib.npyio.NpzFile]:
    """An NPZ file that must hold this array."""
    with np.load(arrays, allow_pickle=False) as stored:
        if name not in stored:
            raise ValueError(f"{arrays} has no array '{name}': delete it and run the same command again.")
        yield stored


def _seeds(count: int) -> str:
    return f"{count} seed{'s' * (count != 1)}"


def tabulate_mixture(chains: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Median and 10-90 % range over seeds at the milestones."""
    rows = []
    for name, path in chains.items():
        table = read_columns(path, ("seed", "generation", *MIXTURE_COLUMNS, "trace_covariance"))
        last = int(table.generation.max())
        for generation in sorted({g for g in MILESTONES if g <= last} | {last}):
            now = table[table.generation == generation]
            row: dict[str, object] = {"mixture": name, "generation": generation, "n_seeds": len(now)}
            for column in (*MIXTURE_COLUMNS, "trace_covariance"):
                low, median, high = now[column].astype(float).quantile(list(QUANTILES))
                row |= {f"{column}_median": median, f"{column}_q10": low, f"{column}_q90": high}
            rows.append(row)
    write_table(pd.DataFrame(rows), outputs, digits=3)


def tabulate_vae(tables: Sequence[Path], outputs: dict[str, Path]) -> None:
    """Mean and standard deviation over seeds of every measure, by generation."""
    frame = pd.concat([read_columns(path, ("generation", *VAE_PANELS)) for path in tables])
    columns = [column for column in frame.columns if column not in ("generation", "training_images")]
    grouped = frame.groupby("generation")[columns]
    mean, deviation = grouped.mean(), grouped.std().add_suffix("_sd")
    table = pd.concat([mean, deviation], axis=1)[[c for name in columns for c in (name, f"{name}_sd")]]
    table.insert(0, "n_seeds", grouped.size())
    write_table(table.reset_index(), outputs)


def tabulate_theory(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Simulated beside exact and the paper's formula, at the last generation of every setting and quantity."""
    frame = pd.concat([read_columns(path, THEORY_COLUMNS) for path in tables.values()])
    last = frame.groupby(["experiment", "setting", "quantity"], sort=False).generation.transform("max")
    write_table(frame[frame.generation == last].reset_index(drop=True), outputs)
