"""Figure and table of the theory simulations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes

from modelcollapse.measures.paper_data import PaperData
from modelcollapse.presentation.style import MARKERS, PALETTE, new_figure, save_figure
from modelcollapse.presentation.tables import read_columns, write_table
from modelcollapse.simulation.rows import SUMMARY_SCHEMA


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


PANELS = (
    TheoryPanel("gaussian_unbiased", "variance_of_sample", "variance of a sample", "Var(X) / σ²"),
    TheoryPanel("gaussian_unbiased", "expected_risk", "distance to the truth", "E[W2²] / σ²", "log", "log"),
    TheoryPanel("gaussian_growth", "expected_risk", "by growth of M (first M = 1,000)", "E[W2²] / σ²", "log", "log"),
    TheoryPanel("gaussian_loop", "median_sd", "typical fit (ddof = 0)", "median of the fitted sd / σ", "linear", "log"),
    TheoryPanel("gaussian_pool", "rms_mean_error", "what is kept", "rms error of the mean / σ", "log", "log", (100,)),
    TheoryPanel("gaussian_multivariate", "expected_log_determinant", "several dimensions", "E[ln det Σ]"),
    TheoryPanel("discrete", "expected_diversity", "discrete law, M = 100: diversity", "E[1 - Σ p²]"),
    TheoryPanel("discrete", "expected_support", "discrete law, M = 100: support", "expected states left", "log"),
)


def draw_theory(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Simulated points with 95 % intervals over exact lines, the paper's formula dashed.

    Raises:
        NotAvailable: an experiment was not run.
    """
    figure, axes = new_figure(3, 3, width=9.0, height=8.4)
    for axis, panel in zip(axes.flat, PANELS, strict=False):
        table = read_columns(data, "theory", panel.experiment, SUMMARY_SCHEMA.names)
        chosen = table[(table.quantity == panel.quantity) & (table.generation > 0)]
        if panel.samples is not None and chosen.samples.isin(panel.samples).any():
            chosen = chosen[chosen.samples.isin(panel.samples)]
        _theory_panel(axis, chosen)
        axis.set(title=panel.title, xlabel="fits made", ylabel=panel.label, xscale=panel.across, yscale=panel.upwards)
        axis.legend(fontsize="x-small")
    _theory_key(axes.flat[len(PANELS)])
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


def tabulate_theory(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Simulated beside exact and the paper's formula, at the last generation of every setting and quantity."""
    frame = pd.concat([read_columns(data, "theory", name, SUMMARY_SCHEMA.names) for name in data.files["theory"]])
    last = frame.groupby(["experiment", "setting", "quantity"], sort=False).generation.transform("max")
    write_table(frame[frame.generation == last].reset_index(drop=True), outputs)


FIGURES = {"theory": draw_theory}
TABLES = {"theory": tabulate_theory}
