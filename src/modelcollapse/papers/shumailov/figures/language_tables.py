"""Tables of language-model arms, from their measures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from modelcollapse.measures.measure_rows import AGGREGATED, COLUMNS, HUMAN
from modelcollapse.measures.paper_data import PaperData
from modelcollapse.presentation.arm_series import arms_with, measure_of, series
from modelcollapse.presentation.style import mean_and_interval
from modelcollapse.presentation.tables import read_columns, write_table

HISTOGRAM_QUANTILES = (0.01, 0.1, 0.5, 0.9, 0.99)


def tabulate_arms(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Mean, 95 % interval over seeds and number of seeds of every measure over all rows, by arm and generation."""
    rows = []
    for arm in data.settings.language_model.arms:
        if arm not in data.files["measures"]:
            continue
        measures = read_columns(data, "measures", arm, COLUMNS)
        for (measure, generation), group in measures[measures.unit == AGGREGATED].groupby(["measure", "generation"]):
            mean, half = mean_and_interval(group.value.to_numpy()[:, None])
            rows.append(
                {
                    "arm": arm,
                    "measure": measure,
                    "generation": _generation(generation),
                    "mean": float(mean[0]),
                    "ci_low": float(mean[0] - half[0]),
                    "ci_high": float(mean[0] + half[0]),
                    "n_seeds": len(group),
                }
            )
    write_table(pd.DataFrame(rows), outputs)


def tabulate_perplexity(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Perplexity on human test text: one row per arm, one column per generation, mean [95 % interval over seeds]."""
    rows: list[dict[str, object]] = []
    for arm in arms_with(data, "cross_entropy"):
        x, values = series(data, arm, "cross_entropy")
        mean, half = mean_and_interval(values)
        cells = {f"gen {g}": _cell(m, h) for g, m, h in zip(x, mean, half, strict=True)}
        rows.append({"arm": arm, "seeds": len(values), **cells})
    generations = sorted({int(key[4:]) for row in rows for key in row if key.startswith("gen ")})
    columns = ["arm", "seeds", *[f"gen {g}" for g in generations]]
    write_table(pd.DataFrame(rows, columns=columns).fillna(""), outputs)


def tabulate_histogram(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Quantiles of per-sequence perplexity under generation 0, seeds pooled, by arm and generation."""
    rows = []
    for arm in arms_with(data, "sequence_cross_entropy"):
        for generation, group in measure_of(data, arm, "sequence_cross_entropy").groupby("generation"):
            perplexity = np.exp(group.value)
            quantiles = {f"q{100 * q:g}": float(perplexity.quantile(q)) for q in HISTOGRAM_QUANTILES}
            rows.append({"arm": arm, "generation": _generation(generation), "sequences": len(group), **quantiles})
    write_table(pd.DataFrame(rows), outputs)


def _generation(number: int) -> str:
    return "human" if number == HUMAN else str(number)


def _cell(mean: float, half: float) -> str:
    """exp of a mean cross-entropy and of its interval's ends."""
    if np.isnan(half):
        return f"{np.exp(mean):.1f}"
    return f"{np.exp(mean):.1f} [{np.exp(mean - half):.1f}, {np.exp(mean + half):.1f}]"
