"""Figures and tables of regression on images with real and synthetic labels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from modelcollapse.measures.paper_data import NotAvailable, PaperData
from modelcollapse.presentation.style import (
    MARKERS,
    PALETTE,
    PAPER_COLOUR,
    draw_seeds,
    generation_colours,
    in_seeds,
    legend_below,
    mean_and_interval,
    new_figure,
    save_figure,
)
from modelcollapse.presentation.tables import read_columns, write_table
from modelcollapse.runtime.parquet import read_metadata

Frames = Mapping[str, pd.DataFrame]
"""Model -> one row per seed and training set, with the column ``seed``."""
COLUMNS = (
    "design",
    "samples",
    "real",
    "synthetic",
    "share",
    "labeller",
    "width",
    "mean_squared_error",
    "accuracy",
    "label_error",
)
TITLES = {"random_features": "random features, ridge readout", "two_layer": "two-layer network"}
ERROR = "squared error on real test images"
EVERY_PANEL = "mean and 95 % interval over {count}; thin: single seeds"


def draw_image_scaling(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Test error against n, one line per share p2 of synthetic labels (Dohmatob et al., v2 Fig. 7)."""
    frames = _frames(data)
    figure, (axes,) = _panels(frames, 1)
    for axis, frame in zip(axes, frames.values(), strict=True):
        mixed = frame[frame.design == "mixed"]
        shares = sorted(mixed.share.unique())
        for share, colour, marker in zip(shares, generation_colours(len(shares)), MARKERS, strict=False):
            label = "p2 = 0 (real labels)" if share == 0 else f"p2 = {share:g}"
            _line(axis, mixed[mixed.share == share], "samples", "mean_squared_error", label, colour, marker)
        axis.set(xscale="log", yscale="log", xlabel="training images n, real and synthetic", ylabel=ERROR)
        _mark_sizes(axis, sorted(mixed.samples.unique()))
    _finish(figure, axes[0], frames, outputs, columns=6)


def draw_image_controls(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """What synthetic images cost: against the mixture's real part alone, and when they are added to fixed real ones."""
    frames = _frames(data)
    figure, axes = _panels(frames, 2, height=6.4)
    for column, frame in enumerate(frames.values()):
        axis = axes[0, column]
        mixed = frame[frame.design == "mixed"].set_index(["seed", "samples", "share"]).mean_squared_error
        part = frame[frame.design == "real_part"].set_index(["seed", "samples", "share"]).mean_squared_error
        cost = np.log(mixed.loc[part.index] / part).rename("cost").reset_index()
        shares = sorted(cost.share.unique())
        for share, colour, marker in zip(shares, generation_colours(len(shares)), MARKERS, strict=False):
            _line(axis, cost[cost.share == share], "samples", "cost", f"p2 = {share:g}", colour, marker)
        axis.axhline(0, color=PAPER_COLOUR, linestyle="--", linewidth=1)
        axis.set(xscale="log", xlabel="n of the mixture", ylabel="ln(error of mixture / of its real part)")
        _mark_sizes(axis, sorted(cost.samples.unique()))
        axis = axes[1, column]
        added = frame[frame.design == "added"]
        real = frame[(frame.design == "mixed") & (frame.share == 0) & (frame.samples >= added.real.min())]
        _line(
            axis,
            added,
            "samples",
            "mean_squared_error",
            f"{added.real.min()} real, the rest synthetic",
            PALETTE[1],
            "s",
        )
        _line(axis, real, "samples", "mean_squared_error", "all real", PALETTE[0], "o")
        axis.set(xscale="log", yscale="log", xlabel="training images n, real and synthetic", ylabel=ERROR)
        _mark_sizes(axis, sorted({*added.samples.unique(), *real.samples.unique()}))
        axis.legend()
    _finish(figure, axes[0, 0], frames, outputs, columns=5)


def draw_image_widths(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Test error, and its excess over real labels alone, against width for every labeller.

    Raises:
        NotAvailable: no model has a sweep over widths.
    """
    sweeps = {model: frame[frame.design == "width"] for model, frame in _frames(data).items()}
    sweeps = {model: swept for model, swept in sweeps.items() if len(swept)}
    if not sweeps:
        raise NotAvailable("no width was swept: set 'widths' of a model under dohmatob.images")
    figure, axes = _panels(sweeps, 2, height=6.4)
    for column, swept in enumerate(sweeps.values()):
        real = swept[swept.labeller == ""].set_index(["seed", "width"]).mean_squared_error
        for place, labeller in enumerate(_by_quality(swept)):
            rows = swept[swept.labeller == labeller]
            colour, marker = PALETTE[place], MARKERS[place]
            _line(axes[0, column], rows, "width", "mean_squared_error", labeller or "real labels alone", colour, marker)
            if labeller:
                excess = rows.set_index(["seed", "width"]).mean_squared_error - real
                excess = excess.rename("excess").reset_index()
                _line(axes[1, column], excess, "width", "excess", labeller, colour, marker)
        for axis, label in zip(axes[:, column], (ERROR, "error minus that of real labels"), strict=True):
            axis.axvline(swept.samples.iloc[0], color=PAPER_COLOUR, linestyle="--", linewidth=1)
            axis.set(xscale="log", yscale="log", xlabel="width (dashed: n)", ylabel=label)
        axes[1, column].set_yscale("symlog", linthresh=0.02)
    _finish(figure, axes[0, 0], sweeps, outputs, columns=5)


def draw_image_floor(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Excess error over real labels at the largest n against p2^2 c^2, the floor of linear theory."""
    frames = _frames(data)
    figure, (axes,) = _panels(frames, 1)
    for axis, frame in zip(axes, frames.values(), strict=True):
        table = floor_table(frame)
        for share, rows in table.groupby("share"):
            x, y = rows.floor.to_numpy(), rows.excess.to_numpy()
            axis.plot(x, y, "o", color=PALETTE[0], alpha=0.35, markersize=4)
            mean, half = mean_and_interval(y)
            axis.errorbar(x.mean(), mean, np.nan_to_num(half), color="black", marker="_", capsize=3)
            axis.annotate(f"p2 = {share:g}", (x.mean(), mean), xytext=(8, -10), textcoords="offset points", fontsize=8)
        ends = np.array([table.floor.min() / 2, table.floor.max() * 2])
        axis.plot(ends, ends, "--", color=PAPER_COLOUR, linewidth=1, label="p2² c², c² measured on test images")
        threshold = max(float(table.floor.min()) / 2, 1e-6)
        axis.set_yscale("symlog", linthresh=threshold)
        axis.set(xscale="log", xlabel="p2² c²", ylabel=f"excess error at n = {table.samples.iloc[0]}")
        axis.legend()
    _finish(figure, None, frames, outputs, columns=0, note="points: seeds; bars: mean and 95 % interval over {count}")


def floor_table(frame: pd.DataFrame) -> pd.DataFrame:
    """seed, samples, share, floor (p2^2 c^2), excess (error minus that with p2 = 0) at the largest n."""
    mixed = frame[(frame.design == "mixed") & (frame.samples == frame.samples.max())]
    clean = mixed[mixed.share == 0].set_index("seed").mean_squared_error
    rows = mixed[mixed.share > 0]
    exact_share = rows.synthetic / (rows.synthetic + rows.real)
    return pd.DataFrame(
        {
            "seed": rows.seed,
            "samples": rows.samples,
            "share": rows.share,
            "floor": exact_share**2 * rows.label_error,
            "excess": rows.mean_squared_error - rows.seed.map(clean),
        }
    ).reset_index(drop=True)


def tabulate_image_errors(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Mean error over seeds with its 95 % half interval, and mean accuracy, of every model and training set."""
    parts = []
    keys = ["design", "samples", "real", "synthetic", "share", "labeller", "width"]
    for model, frame in _frames(data).items():
        grouped = frame.groupby(keys, sort=False)
        table = pd.DataFrame(
            {
                "mean_squared_error": grouped.mean_squared_error.mean(),
                "half_interval": grouped.mean_squared_error.agg(_half),
                "accuracy": grouped.accuracy.mean(),
                "n_seeds": grouped.size(),
            }
        ).reset_index()
        table.insert(0, "model", model)
        parts.append(table)
    write_table(pd.concat(parts, ignore_index=True), outputs)


def tabulate_image_labellers(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Every labeller's c^2 and accuracy on real test images, mean and standard deviation over seeds."""
    rows = [
        {"model": model, "labeller": name, "seed": seed, **facts}
        for model in _frames(data)
        for seed, path in data.files[f"images_{model}"].items()
        for name, facts in read_metadata(path)["labellers"].items()
    ]
    grouped = pd.DataFrame(rows).groupby(["model", "labeller"], sort=False)
    table = grouped[["error", "accuracy"]].agg(["mean", "std"])
    table.columns = [f"{name}_{what}" if what == "mean" else f"{name}_sd" for name, what in table.columns]
    table["n_seeds"] = grouped.size()
    write_table(table.reset_index(), outputs)


def _frames(data: PaperData) -> dict[str, pd.DataFrame]:
    """The models that were run, without errors of single images.

    Raises:
        NotAvailable: there is none.
    """
    frames = {}
    for model in TITLES:
        group = f"images_{model}"
        if data.files.get(group):
            for name in data.files[group]:
                read_columns(data, group, name, COLUMNS)
            frames[model] = data.tables(group)[[*COLUMNS, "seed"]]
    if not frames:
        raise NotAvailable("no regression on images was run")
    return frames


def _panels(frames: Frames, rows: int, height: float = 3.8) -> tuple[Figure, np.ndarray]:
    figure, axes = new_figure(rows, len(frames), width=4.3 * len(frames), height=height)
    for axis, model in zip(axes[0], frames, strict=True):
        axis.set_title(TITLES[model])
    return figure, axes


def _line(axis: Axes, frame: pd.DataFrame, x: str, y: str, label: str, colour: tuple, marker: str) -> None:
    values = frame.pivot(index="seed", columns=x, values=y)
    draw_seeds(axis, values.columns.to_numpy(), values.to_numpy(), label, colour, marker)


def _mark_sizes(axis: Axes, sizes: list[int]) -> None:
    axis.set_xticks(sizes, [f"{size:,}" for size in sizes], minor=False)
    axis.set_xticks([], minor=True)


def _by_quality(swept: pd.DataFrame) -> list[str]:
    """Real labels first, then labellers in the order of the config."""
    return ["", *(name for name in swept.labeller.unique() if name)]


def _finish(
    figure: Figure,
    legend: Axes | None,
    frames: Frames,
    outputs: Mapping[str, Path],
    columns: int,
    note: str = EVERY_PANEL,
) -> None:
    count = next(iter(frames.values())).seed.nunique()
    figure.suptitle(note.format(count=in_seeds(count)), fontsize="medium")
    if legend is not None:
        legend_below(figure, legend, columns)
    save_figure(figure, outputs)


def _half(values: pd.Series) -> float:
    _, half = mean_and_interval(values.to_numpy()[:, None])
    return float(half[0])


FIGURES = {
    "image_scaling": draw_image_scaling,
    "image_controls": draw_image_controls,
    "image_widths": draw_image_widths,
    "image_floor": draw_image_floor,
}
TABLES = {"image_errors": tabulate_image_errors, "image_labellers": tabulate_image_labellers}
