"""One house style for all figures: colour-blind safe, intervals drawn, the same bytes for the same data."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from modelcollapse.runtime.files import write_atomically

PALETTE = sns.color_palette("colorblind")
PAPER_COLOUR = "0.35"
LEVEL = 0.95


def use_style() -> None:
    """Set fonts, grid and reproducible SVG names."""
    sns.set_theme(context="paper", style="whitegrid", palette="colorblind", font="DejaVu Sans")
    matplotlib.rcParams.update(
        {"svg.hashsalt": "modelcollapse", "figure.dpi": 150, "savefig.dpi": 150, "legend.frameon": True}
    )


def new_figure(rows: int = 1, columns: int = 1, width: float = 8.0, height: float = 3.2) -> tuple[Figure, np.ndarray]:
    """A figure with a grid of axes [rows, columns]; sizes in inches."""
    use_style()
    figure, axes = plt.subplots(rows, columns, figsize=(width, height), layout="constrained", squeeze=False)
    return figure, axes


def save_figure(figure: Figure, outputs: dict[str, Path]) -> None:
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
    """Thin lines per seed, their mean with a 95 % interval over seeds. ``values`` is [seeds, len(x)]."""
    for seed in values if len(values) > 1 else []:
        axes.plot(x, seed, color=colour, alpha=0.25, linewidth=0.7)
    mean, half = mean_and_interval(values)
    axes.errorbar(x, mean, np.nan_to_num(half), color=colour, label=label, marker=marker, markersize=4, capsize=2)
