"""Figures and tables of language-model arms, from their measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from modelcollapse.presentation.style import (
    PALETTE,
    PAPER_COLOUR,
    draw_seeds,
    mean_and_interval,
    new_figure,
    save_figure,
)
from modelcollapse.presentation.tables import read_columns, write_table

COLUMNS = ("seed", "generation", "measure", "unit", "value")
HUMAN = -1
HISTOGRAM_GENERATIONS = (0, 1, 2, 3, 5, 9)
MARKERS = "osD^vP*X"


@dataclass(frozen=True)
class PaperBand:
    """What a paper reports of the degradation, as ln(perplexity / generation 0) in nats."""

    low: float
    high: float
    label: str


def read_arms(tables: Mapping[str, Path]) -> dict[str, pd.DataFrame]:
    """Measures by arm."""
    return {arm: read_columns(path, COLUMNS) for arm, path in tables.items()}


def series(measures: pd.DataFrame, measure: str) -> tuple[np.ndarray, np.ndarray]:
    """Generations [g] and values [seeds, g] of an aggregated measure, human reference excluded."""
    chosen = measures[(measures.measure == measure) & (measures.unit == -1) & (measures.generation != HUMAN)]
    table = chosen.pivot(index="seed", columns="generation", values="value")
    return table.columns.to_numpy(), table.to_numpy()


def recursive(arms: Mapping[str, pd.DataFrame]) -> list[str]:
    """Arms with a generation 0 and at least one more: those that can be drawn against generation 0."""
    return [arm for arm, table in arms.items() if {0, 1} <= set(table[table.measure == "perplexity"].generation)]


def draw_perplexity(tables: Mapping[str, Path], band: PaperBand | None, outputs: dict[str, Path]) -> None:
    """Perplexity on human test text by generation, and its logarithm against generation 0."""
    arms = read_arms(tables)
    figure, axes = new_figure(1, 2, height=3.6)
    for place, arm in enumerate(recursive(arms)):
        x, values = series(arms[arm], "cross_entropy")
        style = {"colour": PALETTE[place % len(PALETTE)], "marker": MARKERS[place % len(MARKERS)]}
        draw_seeds(axes[0, 0], x, np.exp(values), arm, **style)
        draw_seeds(axes[0, 1], x, values - values[:, :1], arm, **style)
    axes[0, 0].set(xlabel="generation", ylabel="perplexity on human test text", yscale="log")
    axes[0, 0].yaxis.set_major_formatter("{x:.0f}")
    axes[0, 0].yaxis.set_minor_formatter("{x:.0f}")
    axes[0, 1].set(xlabel="generation", ylabel="ln(perplexity / generation 0)  [nats]")
    if band is not None:
        axes[0, 1].axhspan(band.low, band.high, color=PAPER_COLOUR, alpha=0.2, label=band.label)
    axes[0, 1].legend(fontsize="x-small")
    axes[0, 0].set_title("mean and 95 % interval over seeds", fontsize="small")
    for axis in axes.flat:
        axis.xaxis.get_major_locator().set_params(integer=True)
    save_figure(figure, outputs)


def draw_histogram(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Per-sequence perplexity of each generation's samples under generation 0, and of held-out human text."""
    arms = read_arms(tables)
    names = recursive(arms)
    figure, axes = new_figure((len(names) + 1) // 2, min(2, len(names)), height=2.9 * ((len(names) + 1) // 2))
    for axis, arm in zip(axes.flat, names, strict=False):
        _histogram(axis, arms[arm], arm)
    for axis in axes.flat[len(names) :]:
        axis.set_visible(False)
    save_figure(figure, outputs)


def _histogram(axis: Axes, measures: pd.DataFrame, title: str) -> None:
    values = measures[(measures.measure == "sequence_perplexity") & (measures.unit >= 0)]
    bins = np.geomspace(values.value.quantile(0.001), values.value.quantile(0.999), 40)
    generations = [g for g in (HUMAN, *HISTOGRAM_GENERATIONS) if (values.generation == g).any()]
    for place, generation in enumerate(generations):
        chosen = values[values.generation == generation].value
        label = "human (held out)" if generation == HUMAN else f"generation {generation}"
        colour = "black" if generation == HUMAN else PALETTE[(place - 1) % len(PALETTE)]
        weights = np.full(len(chosen), 1 / len(chosen))
        axis.hist(chosen, bins=bins, weights=weights, histtype="step", color=colour, label=label, linewidth=1.3)
    axis.set(
        xscale="log", xlabel="perplexity of a sequence under generation 0", ylabel="share of sequences", title=title
    )
    axis.legend(fontsize="x-small")


def draw_control(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Epochs x kept data: degradation at the last generation, which the paper's two settings confound."""
    arms = read_arms(tables)
    figure, axes = new_figure(1, 1, width=5.5)
    axis = axes[0, 0]
    for place, kept in enumerate((0, 10)):
        means, halves, epochs = [], [], []
        for count in (5, 10):
            if (arm := f"epochs{count}_kept{kept}") in arms:
                _, values = series(arms[arm], "cross_entropy")
                mean, half = mean_and_interval(values[:, -1] - values[:, 0])
                means.append(mean)
                halves.append(np.nan_to_num(half))
                epochs.append(count + (place - 0.5) * 0.1)
        if means:
            axis.errorbar(
                epochs, means, halves, label=f"{kept} % kept", color=PALETTE[place], marker=MARKERS[place], capsize=3
            )
    axis.set(
        xlabel="epochs per generation", xticks=(5, 10), ylabel="ln(perplexity / generation 0), last generation [nats]"
    )
    axis.legend()
    save_figure(figure, outputs)


def draw_own_perplexity(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Cross-entropy of each model on held-out samples of its predecessor, split into entropy and divergence."""
    arms = {arm: table for arm, table in read_arms(tables).items() if (table.measure == "own_entropy").any()}
    if not arms:
        raise ValueError("No arm has an own perplexity with log q: beam search has none.")
    figure, axes = new_figure(1, len(arms), width=max(4.0, 2.6 * len(arms)))
    names = {
        "own_cross_entropy": "cross-entropy",
        "own_entropy": "entropy of the writer",
        "own_divergence": "divergence",
    }
    for axis, (arm, table) in zip(axes.flat, arms.items(), strict=True):
        for place, (measure, label) in enumerate(names.items()):
            x, values = series(table, measure)
            draw_seeds(axis, x, values, label, PALETTE[place], MARKERS[place])
        axis.set(xlabel="generation", ylabel="nats per token", title=arm)
        axis.xaxis.get_major_locator().set_params(integer=True)
    axes.flat[0].legend(fontsize="x-small")
    save_figure(figure, outputs)


def draw_repetition(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Share of repeated 4-grams within a sample, by generation; human text dashed."""
    arms = read_arms(tables)
    figure, axes = new_figure(1, 1, width=6.0, height=3.4)
    axis = axes[0, 0]
    for place, (arm, table) in enumerate((a, t) for a, t in arms.items() if a in recursive(arms)):
        x, values = series(table, "repeated_4gram_share")
        draw_seeds(axis, x, values, arm, PALETTE[place % len(PALETTE)], MARKERS[place % len(MARKERS)])
    human = next(iter(arms.values()))
    human = human[(human.measure == "repeated_4gram_share") & (human.generation == HUMAN)].value.mean()
    axis.axhline(human, color="black", linestyle="--", label="human training text")
    axis.set(xlabel="generation", ylabel="repeated 4-grams within a sample [share]")
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.legend(fontsize="x-small")
    save_figure(figure, outputs)


def tabulate_arms(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Mean, 95 % interval over seeds and number of seeds of every aggregated measure, by arm and generation."""
    rows = []
    for arm, measures in read_arms(tables).items():
        for (measure, generation), group in measures[measures.unit == -1].groupby(["measure", "generation"]):
            mean, half = mean_and_interval(group.value.to_numpy()[:, None])
            rows.append(
                {
                    "arm": arm,
                    "measure": measure,
                    "generation": "human" if generation == HUMAN else str(generation),
                    "mean": float(mean[0]),
                    "ci_low": float(mean[0] - half[0]),
                    "ci_high": float(mean[0] + half[0]),
                    "n_seeds": len(group),
                }
            )
    write_table(pd.DataFrame(rows), outputs)


def tabulate_perplexity(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Perplexity on human test text: one row per arm, one column per generation, mean [95 % interval over seeds]."""
    rows: list[dict[str, object]] = []
    for arm, measures in read_arms(tables).items():
        x, values = series(measures, "cross_entropy")
        mean, half = mean_and_interval(values)
        cells = {f"gen {g}": _cell(m, h) for g, m, h in zip(x, mean, half, strict=True)}
        rows.append({"arm": arm, "seeds": len(values), **cells})
    generations: Sequence[int] = sorted({int(key[4:]) for row in rows for key in row if key.startswith("gen ")})
    columns = ["arm", "seeds", *[f"gen {g}" for g in generations]]
    write_table(pd.DataFrame(rows, columns=columns).fillna(""), outputs)


def _cell(mean: float, half: float) -> str:
    """exp of a mean cross-entropy and of its interval's ends."""
    if np.isnan(half):
        return f"{np.exp(mean):.1f}"
    return f"{np.exp(mean):.1f} [{np.exp(mean - half):.1f}, {np.exp(mean + half):.1f}]"
