"""Figures and tables of language-model arms, from their measures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
    mean_and_interval,
    new_figure,
    save_figure,
)
from modelcollapse.presentation.tables import read_columns, write_table

COLUMNS = ("seed", "generation", "measure", "unit", "value")
HUMAN = -1
HISTOGRAM_GENERATIONS = (0, 1, 2, 3, 5, 9)
OWN_MEASURES = {
    "own_cross_entropy": "cross-entropy",
    "own_entropy": "entropy H of the writer",
    "own_divergence": "divergence KL from writer to reader",
}
DECODING = ("beam", "greedy", "top_", "temperature")
"""How the names of arms begin whose difference is the decoding."""
HISTOGRAM_QUANTILES = (0.01, 0.1, 0.5, 0.9, 0.99)
RELATIVE = "ln(perplexity / generation 0) [nats]"


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
    table = by_seed(measures, measure)
    return table.columns.to_numpy(), table.to_numpy()


def by_seed(measures: pd.DataFrame, measure: str) -> pd.DataFrame:
    """An aggregated measure with one row per seed and one column per generation, human reference excluded."""
    chosen = measures[(measures.measure == measure) & (measures.unit == -1) & (measures.generation != HUMAN)]
    return chosen.pivot(index="seed", columns="generation", values="value")


def recursive(arms: Mapping[str, pd.DataFrame]) -> list[str]:
    """Arms that go on after generation 1, or as far as any arm does: not the controls of a single generation."""
    last = {arm: int(table.generation.max()) for arm, table in arms.items() if (table.generation == 0).any()}
    enough = min(2, max(last.values(), default=0))
    return [arm for arm, generation in last.items() if generation >= enough >= 1]


def main_arms(arms: Mapping[str, pd.DataFrame]) -> list[str]:
    """Recursive arms with the most seeds: those that verdicts rest on."""
    seeds = {arm: arms[arm].seed.nunique() for arm in recursive(arms)}
    return [arm for arm, count in seeds.items() if count == max(seeds.values())]


def ablations(arms: Mapping[str, pd.DataFrame]) -> list[str]:
    """Recursive arms with fewer seeds than the main ones."""
    return [arm for arm in recursive(arms) if arm not in main_arms(arms)]


def controls(arms: Mapping[str, pd.DataFrame]) -> list[str]:
    """Arms that start from generation 0 and stop earlier than the recursive ones."""
    started = [arm for arm, table in arms.items() if (table.generation == 0).any() and table.generation.max() > 0]
    return [arm for arm in started if arm not in recursive(arms)]


def label_of(arm: str) -> str:
    """An arm's name in words."""
    if found := re.fullmatch(r"epochs(\d+)_kept(\d+)", arm):
        return f"{found[1]} epochs, {found[2]} % kept"
    return arm.replace("_", " ")


def draw_perplexity(tables: Mapping[str, Path], band: PaperBand | None, outputs: dict[str, Path]) -> None:
    """Perplexity on human test text by generation, and its logarithm against generation 0."""
    arms = read_arms(tables)
    names = main_arms(arms)
    figure, (axes,) = new_figure(1, 2, height=4.2)
    for place, arm in enumerate(names):
        x, values = series(arms[arm], "cross_entropy")
        _draw_arm(axes[0], place, label_of(arm), x, np.exp(values))
        _draw_arm(axes[1], place, label_of(arm), x, values - values[:, :1])
    for place, arm in enumerate(controls(arms)):
        x, values = series(arms[arm], "cross_entropy")
        # human ceilings have no generation 0 of their own: they are held against the one that all arms share
        start = series(arms[names[0]], "cross_entropy")[1][: len(values), 0]
        style = {"color": "black", "marker": MARKERS[place % len(MARKERS)], "fillstyle": "none", "linestyle": "none"}
        for axis, shown in ((axes[0], np.exp(values[:, -1])), (axes[1], values[:, -1] - start)):
            mean, half = mean_and_interval(shown)
            axis.errorbar(x[-1], mean, np.nan_to_num(half), label=f"control: {label_of(arm)}", capsize=2, **style)
    axes[0].set(ylabel="perplexity on human test text", yscale="log")
    axes[0].yaxis.set_major_formatter("{x:.0f}")
    axes[0].yaxis.set_minor_formatter("{x:.0f}")
    axes[1].set(ylabel=RELATIVE)
    if band is not None:
        axes[1].axhspan(band.low, band.high, color=PAPER_COLOUR, alpha=0.2, label=band.label)
    for axis in axes:
        count_generations(axis)
    figure.suptitle(f"mean and 95 % interval over {_seeds(arms, names)}; thin: single seeds", fontsize="medium")
    legend_below(figure, axes[1], columns=3)
    save_figure(figure, outputs)


def draw_ablations(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Degradation in arms with too few seeds for a verdict, beside the first main arm: decoding, then all others.

    Raises:
        ValueError: there is no such arm.
    """
    arms = read_arms(tables)
    names = ablations(arms)
    if not names:
        raise ValueError("No arm has fewer seeds than the others, so there are no ablations: run with 'arms: all'.")
    groups = {
        "decoding": [arm for arm in names if arm.startswith(DECODING)],
        "weights and data": [arm for arm in names if not arm.startswith(DECODING)],
    }
    groups = {title: chosen for title, chosen in groups.items() if chosen}
    reference = main_arms(arms)[0]
    figure, (axes,) = new_figure(1, len(groups), width=4.4 * len(groups), height=3.6)
    for axis, (title, chosen) in zip(axes, groups.items(), strict=True):
        for place, arm in enumerate([reference, *chosen]):
            x, values = series(arms[arm], "cross_entropy")
            _draw_arm(axis, place, label_of(arm), x, values - values[:, :1])
        axis.set(ylabel=RELATIVE, title=title)
        count_generations(axis)
        axis.legend()
    figure.suptitle(
        f"{_seeds(arms, names)} ({label_of(reference)}: {_seeds(arms, [reference])}), no verdict", fontsize="medium"
    )
    save_figure(figure, outputs)


def draw_histogram(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Per-sequence perplexity of each generation's samples under generation 0, and of held-out human text."""
    arms = read_arms(tables)
    names = main_arms(arms)
    values = {arm: arms[arm][(arms[arm].measure == "sequence_perplexity") & (arms[arm].unit >= 0)] for arm in names}
    pooled = pd.concat(list(values.values())).value
    bins = np.geomspace(pooled.quantile(0.001), pooled.quantile(0.999), 40)
    rows = (len(names) + 1) // 2
    figure, axes = new_figure(rows, min(2, len(names)), height=2.4 * rows + 0.9)
    for axis, arm in zip(axes.flat, names, strict=False):
        _histogram(axis, values[arm], bins)
        axis.set(title=label_of(arm))
    hide_unused(axes, len(names))
    figure.suptitle(f"samples of {_seeds(arms, names)} pooled", fontsize="medium")
    legend_below(figure, axes.flat[0], columns=4)
    save_figure(figure, outputs)


def _histogram(axis: Axes, values: pd.DataFrame, bins: np.ndarray) -> None:
    generations = [g for g in HISTOGRAM_GENERATIONS if (values.generation == g).any()]
    colours = dict(zip(generations, generation_colours(len(generations)), strict=True))
    for generation in (HUMAN, *generations):
        chosen = values[values.generation == generation].value
        if len(chosen):
            axis.hist(
                chosen,
                bins=bins,
                weights=np.full(len(chosen), 1 / len(chosen)),
                histtype="step",
                color=colours.get(generation, "black"),
                linestyle="--" if generation == HUMAN else "-",
                label="human (held out)" if generation == HUMAN else f"generation {generation}",
                linewidth=1.3,
            )
    axis.set(xscale="log", xlabel="perplexity of a sequence under generation 0", ylabel="share of sequences")


def draw_control(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Epochs x kept data: degradation at the last generation, which the paper's two settings confound."""
    degradation = control_degradation(read_arms(tables))
    figure, axes = new_figure(1, 1, width=5.5, height=3.6)
    axis = axes[0, 0]
    for place, kept in enumerate((0, 10)):
        epochs = [count for count in (5, 10) if f"epochs{count}_kept{kept}" in degradation]
        chosen = degradation[[f"epochs{count}_kept{kept}" for count in epochs]].to_numpy()
        if not epochs:
            continue
        mean, half = mean_and_interval(chosen)
        shifted = np.array(epochs) + (place - 0.5) * 0.1
        style = {"label": f"{kept} % kept", "color": PALETTE[place], "marker": MARKERS[place], "capsize": 3}
        axis.errorbar(shifted, mean, np.nan_to_num(half), **style)
    axis.set(xlabel="epochs per generation", xticks=(5, 10), xlim=(4, 11), ylabel=RELATIVE)
    axis.set_title(_control_title(degradation), fontsize="medium")
    axis.legend()
    save_figure(figure, outputs)


def control_degradation(arms: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """ln(perplexity / generation 0) in nats at the last generation: seeds that all arms share x arms of the 2 x 2.

    Raises:
        ValueError: no arm of the 2 x 2 is there.
    """
    names = [f"epochs{epochs}_kept{kept}" for kept in (0, 10) for epochs in (5, 10)]
    found = {}
    for name in names:
        if name in arms:
            table = by_seed(arms[name], "cross_entropy")
            found[name] = table[table.columns.max()] - table[0]
    if not found:
        raise ValueError(f"The control needs at least one of the arms {', '.join(names)}: none was given.")
    return pd.DataFrame(found).dropna()


def interaction(degradation: pd.DataFrame) -> np.ndarray:
    """Per seed: how much more ten epochs change the effect of kept data than five, in nats."""
    kept_matters = {e: degradation[f"epochs{e}_kept10"] - degradation[f"epochs{e}_kept0"] for e in (5, 10)}
    return (kept_matters[10] - kept_matters[5]).to_numpy()


def _control_title(degradation: pd.DataFrame) -> str:
    count = len(degradation)
    title = f"last generation, mean and 95 % interval over {count} seed{'s' * (count != 1)}"
    if degradation.shape[1] < 4:
        return title
    mean, half = mean_and_interval(interaction(degradation)[:, None])
    spread = "" if np.isnan(half[0]) else f" [{mean[0] - half[0]:.3f}, {mean[0] + half[0]:.3f}]"
    return f"{title}\ninteraction of epochs and kept data: {mean[0]:.3f}{spread} nats"


def draw_own_perplexity(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Cross-entropy of each model on held-out samples of its predecessor, split into entropy and divergence.

    Raises:
        ValueError: no arm has the split.
    """
    arms = read_arms(tables)
    names = [arm for arm in main_arms(arms) if (arms[arm].measure == "own_entropy").any()]
    if not names:
        raise ValueError("No arm has an own perplexity with log q: beam search has none.")
    figure, (axes,) = new_figure(1, len(names), width=max(4.0, 2.3 * len(names)), height=3.4)
    for axis, arm in zip(axes, names, strict=True):
        for place, (measure, label) in enumerate(OWN_MEASURES.items()):
            x, values = series(arms[arm], measure)
            _draw_arm(axis, place, label, x, values)
        axis.set(title=label_of(arm), ylim=(0, None))
        axis.sharey(axes[0])
        count_generations(axis)
    axes[0].set(ylabel="nats per token")
    figure.suptitle(f"own perplexity, mean and 95 % interval over {_seeds(arms, names)}", fontsize="medium")
    legend_below(figure, axes[0], columns=3)
    save_figure(figure, outputs)


def draw_repetition(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Share of repeated 4-grams within a sample, by generation; human text dashed."""
    arms = read_arms(tables)
    names = main_arms(arms)
    figure, axes = new_figure(1, 1, width=6.0, height=3.6)
    axis = axes[0, 0]
    for place, arm in enumerate(names):
        x, values = series(arms[arm], "repeated_4gram_share")
        _draw_arm(axis, place, label_of(arm), x, values)
    human = next(iter(arms.values()))
    human = human[(human.measure == "repeated_4gram_share") & (human.generation == HUMAN)].value.mean()
    axis.axhline(human, color="black", linestyle="--", label="human training text")
    axis.set(ylabel="repeated 4-grams within a sample [share]")
    axis.set_title(f"mean and 95 % interval over {_seeds(arms, names)}", fontsize="medium")
    count_generations(axis)
    axis.legend()
    save_figure(figure, outputs)


def _draw_arm(axis: Axes, place: int, label: str, x: np.ndarray, values: np.ndarray) -> None:
    draw_seeds(axis, x, values, label, PALETTE[place % len(PALETTE)], MARKERS[place % len(MARKERS)])


def _seeds(arms: Mapping[str, pd.DataFrame], names: Sequence[str]) -> str:
    counts = sorted({arms[arm].seed.nunique() for arm in names})
    text = "-".join(str(count) for count in (counts if len(counts) == 1 else (counts[0], counts[-1])))
    return f"{text} seed" if text == "1" else f"{text} seeds"


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


def tabulate_histogram(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Quantiles of per-sequence perplexity under generation 0, seeds pooled, by arm and generation."""
    rows = []
    for arm, measures in read_arms(tables).items():
        chosen = measures[(measures.measure == "sequence_perplexity") & (measures.unit >= 0)]
        for generation, group in chosen.groupby("generation"):
            quantiles = {f"q{100 * q:g}": float(group.value.quantile(q)) for q in HISTOGRAM_QUANTILES}
            name = "human" if generation == HUMAN else str(generation)
            rows.append({"arm": arm, "generation": name, "sequences": len(group), **quantiles})
    write_table(pd.DataFrame(rows), outputs)


def _cell(mean: float, half: float) -> str:
    """exp of a mean cross-entropy and of its interval's ends."""
    if np.isnan(half):
        return f"{np.exp(mean):.1f}"
    return f"{np.exp(mean):.1f} [{np.exp(mean - half):.1f}, {np.exp(mean + half):.1f}]"
