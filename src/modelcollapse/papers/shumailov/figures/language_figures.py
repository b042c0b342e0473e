"""Figures of language-model arms, from their measures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from modelcollapse.measures.measure_rows import HUMAN
from modelcollapse.measures.paper_data import NotAvailable, PaperData
from modelcollapse.papers.shumailov.figures.epochs_and_kept import draw_control
from modelcollapse.papers.shumailov.figures.language_tables import (
    tabulate_arms,
    tabulate_histogram,
    tabulate_perplexity,
)
from modelcollapse.presentation.arm_series import (
    arms_with,
    by_seed,
    count_seeds,
    measure_of,
    of_human,
    series,
)
from modelcollapse.presentation.chosen_arms import label_of
from modelcollapse.presentation.sample_table import tabulate_samples
from modelcollapse.presentation.style import (
    MARKERS,
    PALETTE,
    PAPER_COLOUR,
    RELATIVE,
    count_generations,
    draw_seeds,
    generation_colours,
    hide_unused,
    legend_below,
    mean_and_interval,
    new_figure,
    save_figure,
)

PAPER_BAND = (0.46, 0.60)
"""Degradation that the paper reports for its setting A (5 epochs, nothing kept): 20 to 28 points above a perplexity of 34
(Shumailov et al., main text), as ln(perplexity / generation 0) in nats."""
HISTOGRAM_GENERATIONS = (0, 1, 2, 3, 5, 9)
OWN_MEASURES = {
    "own_cross_entropy": "cross-entropy",
    "own_entropy": "entropy H of the writer",
    "own_divergence": "divergence KL from writer to reader",
}


def draw_perplexity(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Perplexity on human test text by generation, and its logarithm against generation 0.

    Raises:
        NotAvailable: no main arm was run.
    """
    names = _main_arms(data, "cross_entropy")
    figure, (axes,) = new_figure(1, 2, height=4.2)
    for place, arm in enumerate(names):
        x, values = series(data, arm, "cross_entropy")
        _draw_arm(axes[0], place, _label(data, arm), x, np.exp(values))
        _draw_arm(axes[1], place, _label(data, arm), x, values - values[:, :1])
    for place, arm in enumerate(arms_with(data, "cross_entropy", "control")):
        values = by_seed(data, arm, "cross_entropy")
        start = values[0] if 0 in values else _shared_start(data, arm)
        style = {"color": "black", "marker": MARKERS[place % len(MARKERS)], "fillstyle": "none", "linestyle": "none"}
        later = values.drop(columns=0, errors="ignore")
        for axis, shown in ((axes[0], np.exp(later)), (axes[1], later.sub(start, axis="index").dropna())):
            mean, half = mean_and_interval(shown.to_numpy())
            label = f"control: {_label(data, arm)}"
            axis.errorbar(shown.columns, mean, np.nan_to_num(half), label=label, capsize=2, **style)
    axes[0].set(ylabel="perplexity on human test text", yscale="log")
    axes[0].yaxis.set_major_formatter("{x:.0f}")
    axes[0].yaxis.set_minor_formatter("{x:.0f}")
    axes[1].set(ylabel=RELATIVE)
    low, high = PAPER_BAND
    axes[1].axhspan(low, high, color=PAPER_COLOUR, alpha=0.2, label=f"paper (setting A): {low:.2f}-{high:.2f}")
    for axis in axes:
        count_generations(axis)
    seeds = count_seeds(data, names, "cross_entropy")
    figure.suptitle(f"mean and 95 % interval over {seeds}; thin: single seeds", fontsize="medium")
    legend_below(figure, axes[1], columns=3)
    save_figure(figure, outputs)


def _shared_start(data: PaperData, arm: str) -> pd.Series:
    """Cross-entropy of generation 0 by seed: arms that train on human data alone have none of their own, but all arms of a
    family share it. Empty where no main arm of the family was run."""
    arms = data.settings.language_model.arms
    for name in _main_arms(data, "cross_entropy"):
        if arms[name].family == arms[arm].family:
            return by_seed(data, name, "cross_entropy")[0]
    return pd.Series(dtype=float)


def draw_ablations(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Degradation in arms with too few seeds for a verdict, beside the first main arm: decoding, then all others.

    Raises:
        NotAvailable: no ablation was run, or no main arm.
    """
    reference, arms = _main_arms(data, "cross_entropy")[0], data.settings.language_model.arms
    names = arms_with(data, "cross_entropy", "ablation")
    if not names:
        raise NotAvailable("no ablation was run (they run with 'arms: all')")
    groups = {
        "decoding": [arm for arm in names if arms[arm].decoding != arms[reference].decoding],
        "weights and data": [arm for arm in names if arms[arm].decoding == arms[reference].decoding],
    }
    groups = {title: chosen for title, chosen in groups.items() if chosen}
    figure, (axes,) = new_figure(1, len(groups), width=4.4 * len(groups), height=3.6)
    for axis, (title, chosen) in zip(axes, groups.items(), strict=True):
        for place, arm in enumerate([reference, *chosen]):
            x, values = series(data, arm, "cross_entropy")
            _draw_arm(axis, place, _label(data, arm), x, values - values[:, :1])
        axis.set(ylabel=RELATIVE, title=title)
        count_generations(axis)
        axis.legend()
    seeds = [count_seeds(data, chosen, "cross_entropy") for chosen in (names, [reference])]
    figure.suptitle(f"{seeds[0]} ({_label(data, reference)}: {seeds[1]}), no verdict", fontsize="medium")
    save_figure(figure, outputs)


def draw_histogram(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Per-sequence perplexity of each generation's samples under generation 0, and of held-out human text.

    Raises:
        NotAvailable: no main arm was run.
    """
    names = _main_arms(data, "sequence_cross_entropy")
    values = {arm: measure_of(data, arm, "sequence_cross_entropy") for arm in names}
    values = {arm: rows.assign(value=np.exp(rows.value)) for arm, rows in values.items()}
    pooled = pd.concat(list(values.values())).value
    bins = np.geomspace(pooled.quantile(0.001), pooled.quantile(0.999), 40)
    rows = (len(names) + 1) // 2
    figure, axes = new_figure(rows, min(2, len(names)), height=2.4 * rows + 0.9)
    for axis, arm in zip(axes.flat, names, strict=False):
        _histogram(axis, values[arm], bins)
        axis.set(title=_label(data, arm))
    hide_unused(axes, len(names))
    figure.suptitle(f"samples of {count_seeds(data, names, 'sequence_cross_entropy')} pooled", fontsize="medium")
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


def draw_own_perplexity(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Cross-entropy of each model on held-out samples of its predecessor, split into entropy and divergence.

    Raises:
        NotAvailable: no main arm has the split; beam search has none.
    """
    names = _main_arms(data, "own_entropy")
    figure, (axes,) = new_figure(1, len(names), width=max(4.0, 2.3 * len(names)), height=3.4)
    for axis, arm in zip(axes, names, strict=True):
        for place, (measure, label) in enumerate(OWN_MEASURES.items()):
            x, values = series(data, arm, measure)
            _draw_arm(axis, place, label, x, values)
        axis.set(title=_label(data, arm), ylim=(0, None))
        axis.sharey(axes[0])
        count_generations(axis)
    axes[0].set(ylabel="nats per token")
    seeds = count_seeds(data, names, "own_entropy")
    figure.suptitle(f"own perplexity, mean and 95 % interval over {seeds}", fontsize="medium")
    legend_below(figure, axes[0], columns=3)
    save_figure(figure, outputs)


def draw_repetition(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Share of repeated 4-grams of tokens within a sample, by generation; human text dashed.

    Raises:
        NotAvailable: no main arm was run.
    """
    measure = "repeated_token_4gram_share"
    names = _main_arms(data, measure)
    figure, axes = new_figure(1, 1, width=6.0, height=3.6)
    axis = axes[0, 0]
    for place, arm in enumerate(names):
        x, values = series(data, arm, measure)
        _draw_arm(axis, place, _label(data, arm), x, values)
    axis.axhline(of_human(data, names[0], measure), color="black", linestyle="--", label="human training text")
    axis.set(ylabel="repeated 4-grams within a sample [share]")
    axis.set_title(f"mean and 95 % interval over {count_seeds(data, names, measure)}", fontsize="medium")
    count_generations(axis)
    axis.legend()
    save_figure(figure, outputs)


def _main_arms(data: PaperData, measure: str) -> list[str]:
    names = arms_with(data, measure, "main")
    if not names:
        raise NotAvailable(f"no main arm with the measure '{measure}' was run")
    return names


def _label(data: PaperData, arm: str) -> str:
    return label_of(data.settings.language_model, arm)


def _draw_arm(axis: Axes, place: int, label: str, x: np.ndarray, values: np.ndarray) -> None:
    draw_seeds(axis, x, values, label, PALETTE[place % len(PALETTE)], MARKERS[place % len(MARKERS)])


FIGURES = {
    "perplexity": draw_perplexity,
    "histogram": draw_histogram,
    "control": draw_control,
    "own_perplexity": draw_own_perplexity,
    "repetition": draw_repetition,
    "ablations": draw_ablations,
}
TABLES = {
    "perplexity": tabulate_perplexity,
    "arms": tabulate_arms,
    "histogram": tabulate_histogram,
    "samples": tabulate_samples,
}
