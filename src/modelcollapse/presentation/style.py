"""One house style for all figures: colour-blind safe, intervals drawn, the same bytes for the same data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy import stats

from modelcollapse.runtime.files import write_atomically

PALETTE = sns.color_palette("colorblind")
PAPER_COLOUR = "0.35"
LEVEL = 0.95
MARKERS = "osD^vP*X"
MOST_ERROR_BARS = 12
"""Intervals at more places than this are drawn as a band."""
HASHSALT = "modelcollapse"
RELATIVE = "ln(perplexity / generation 0) [nats]"
"""Axis label of a degradation."""


def use_style() -> None:
    """Set fonts, grid and reproducible SVG names."""
    sns.set_theme(context="paper", style="whitegrid", palette="colorblind", font="DejaVu Sans")
    matplotlib.rcParams.update(
        {
            "svg.hashsalt": HASHSALT,
            "svg.fonttype": "path",  # the same picture where the font is missing
            "figure.dpi": 150,
            "savefig.dpi": 150,
            "legend.frameon": True,
            "legend.fontsize": "small",
            "axes.titlesize": "medium",
        }
    )


def new_figure(rows: int = 1, columns: int = 1, width: float = 8.0, height: float = 3.2) -> tuple[Figure, np.ndarray]:
    """A figure with a grid of axes [rows, columns]; sizes in inches."""
    use_style()
    figure, axes = plt.subplots(rows, columns, figsize=(width, height), layout="constrained", squeeze=False)
    return figure, axes


def hide_unused(axes: np.ndarray, used: int) -> None:
    """Take away the axes of a grid from place ``used`` on."""
    for axis in axes.flat[used:]:
        axis.set_visible(False)


def count_generations(axis: Axes) -> None:
    """Label the x axis as generations, with whole numbers only."""
    axis.set_xlabel("generation")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))


def legend_below(figure: Figure, axis: Axes, columns: int) -> None:
    """One legend for the whole figure below it, with the entries of ``axis``."""
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=columns)


def in_seeds(*counts: int) -> str:
    """``1 seed``, ``5 seeds``, or ``1-5 seeds`` for several numbers of seeds."""
    low, high = min(counts), max(counts)
    return f"{low if low == high else f'{low}-{high}'} seed{'s' * (high != 1)}"


def generation_colours(count: int) -> list[tuple[float, float, float]]:
    """Colours from dark (early) to light (late) that keep their order in grey and for the colour-blind."""
    return list(sns.color_palette("viridis", count + 1)[:count])


def save_figure(figure: Figure, outputs: Mapping[str, Path]) -> None:
    """Write ``svg`` and ``png`` without dates or versions in them, and close the figure."""
    with write_atomically(outputs["svg"]) as temporary:
        figure.savefig(temporary, format="svg", metadata={"Date": None, "Creator": None})
    with write_atomically(outputs["png"]) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})
    plt.close(figure)


def mean_and_interval(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over the first axis (seeds) and half the 95 % t interval; NaN halves for one seed."""
    count = values.shape[0]
    mean = values.mean(axis=0)
    if count < 2:
        return mean, np.full_like(mean, np.nan)
    return mean, stats.t.ppf((1 + LEVEL) / 2, count - 1) * values.std(axis=0, ddof=1) / np.sqrt(count)


def draw_seeds(axes: Axes, x: np.ndarray, values: np.ndarray, label: str, colour: tuple, marker: str = "o") -> None:
    """Thin lines per seed, their mean with a 95 % t interval over seeds (bars, or a band). ``values`` is [seeds, x]."""
    for seed in values if len(values) > 1 else []:
        axes.plot(x, seed, color=colour, alpha=0.25, linewidth=0.7)
    mean, half = mean_and_interval(values)
    half = np.nan_to_num(half)
    if len(x) > MOST_ERROR_BARS:
        axes.fill_between(x, mean - half, mean + half, color=colour, alpha=0.2, linewidth=0)
        axes.plot(x, mean, color=colour, label=label, marker=marker, markersize=3)
    else:
        axes.errorbar(x, mean, half, color=colour, label=label, marker=marker, markersize=4, capsize=2)
