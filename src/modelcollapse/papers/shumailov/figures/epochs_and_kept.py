"""Epochs crossed with kept data, which the paper's two settings change together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from modelcollapse.measures.paper_data import NotAvailable, PaperData
from modelcollapse.papers.shumailov.shown_conditions import crossed_arms
from modelcollapse.presentation.arm_series import by_seed
from modelcollapse.presentation.style import (
    MARKERS,
    PALETTE,
    RELATIVE,
    in_seeds,
    mean_and_interval,
    new_figure,
    save_figure,
)


def draw_control(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Degradation at the last generation by epochs, one line per share of human data kept.

    Raises:
        NotAvailable: none of these arms was run.
    """
    degradation = crossed_degradation(data)
    all_epochs, all_kept = ([*map(float, level)] for level in degradation.columns.levels)
    figure, axes = new_figure(1, 1, width=5.5, height=3.6)
    axis = axes[0, 0]
    for place, kept in enumerate(all_kept):
        epochs = [count for count in all_epochs if (count, kept) in degradation]
        mean, half = mean_and_interval(degradation[[(count, kept) for count in epochs]].to_numpy())
        shifted = np.array(epochs) + (place - 0.5) * 0.1
        style = {"color": PALETTE[place % len(PALETTE)], "marker": MARKERS[place % len(MARKERS)], "capsize": 3}
        axis.errorbar(shifted, mean, np.nan_to_num(half), label=f"{100 * kept:g} % kept", **style)
    limits = (min(all_epochs) - 1, max(all_epochs) + 1)
    axis.set(xlabel="epochs per generation", xticks=all_epochs, xlim=limits, ylabel=RELATIVE)
    axis.set_title(_title(degradation), fontsize="medium")
    axis.legend()
    save_figure(figure, outputs)


def crossed_degradation(data: PaperData) -> pd.DataFrame:
    """ln(perplexity / generation 0) in nats at the last generation: one row per seed that all arms share, one column per
    pair (epochs, share of human data kept) that was run.

    Raises:
        NotAvailable: none was run.
    """
    found = {}
    for pair, arm in crossed_arms(data.settings.language_model).items():
        if arm in data.files.get("measures", {}):
            table = by_seed(data, arm, "cross_entropy")
            found[pair] = table[table.columns.max()] - table[0]
    if not found:
        raise NotAvailable("no main arm that replaces or keeps data was run")
    return pd.DataFrame(found).rename_axis(columns=["epochs", "kept"]).dropna()


def interaction(degradation: pd.DataFrame) -> np.ndarray | None:
    """Per seed: how much more the most epochs change the effect of kept data than the fewest, in nats. None where one of
    the four corners was not run, or there are no four."""
    epochs, kept = ((min(level), max(level)) for level in degradation.columns.levels)
    corners = [(count, share) for count in epochs for share in kept]
    if len(set(corners)) < 4 or any(corner not in degradation for corner in corners):
        return None
    kept_matters = [degradation[count, kept[1]] - degradation[count, kept[0]] for count in epochs]
    return (kept_matters[1] - kept_matters[0]).to_numpy()


def _title(degradation: pd.DataFrame) -> str:
    title = f"last generation, mean and 95 % interval over {in_seeds(len(degradation))}"
    differences = interaction(degradation)
    if differences is None:
        return title
    mean, half = mean_and_interval(differences[:, None])
    spread = "" if np.isnan(half[0]) else f" [{mean[0] - half[0]:.3f}, {mean[0] + half[0]:.3f}]"
    return f"{title}\ninteraction of epochs and kept data: {mean[0]:.3f}{spread} nats"
