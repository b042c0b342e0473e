"""Steps of Dohmatob et al.: theory of strong collapse beside simulation, its figures and tables."""

from __future__ import annotations

from typing import Annotated

import typer

from modelcollapse.commands.step import (
    Folder,
    Output,
    SettingsText,
    Table,
    by_name,
    figure_outputs,
    parse_settings,
    perform,
    table_outputs,
)
from modelcollapse.regression.strong_collapse_settings import StrongCollapseSettings

EXPERIMENTS = {
    "ridge_mixture": ("regression.dohmatob_theorems", "run_ridge"),
    "projection_mixture": ("regression.dohmatob_theorems", "run_projections"),
    "finite_size": ("regression.dohmatob_theorems", "run_finite_size"),
    "plain_mixture": ("regression.dohmatob_theorems", "run_plain"),
    "error_by_samples": ("regression.dohmatob_samples", "run"),
    "error_by_width": ("regression.dohmatob_widths", "run_widths"),
    "double_descent": ("regression.dohmatob_widths", "run_peak"),
    "weighted_mixing": ("regression.dohmatob_mixing", "run_weighted"),
    "optimal_weight": ("regression.dohmatob_mixing", "run_optimal_weight"),
    "iterative_mixing": ("regression.dohmatob_mixing", "run_iterative"),
    "generations": ("regression.dohmatob_chains", "run_generations"),
    "adaptive_ridge": ("regression.dohmatob_chains", "run_adaptive_ridge"),
    "tails": ("regression.dohmatob_chains", "run_tails"),
}
"""Experiment -> module and function that make its table."""
FIGURES = {
    "theorems": ("ridge_mixture", "projection_mixture"),
    "finite_size": ("finite_size", "error_by_samples"),
    "error_by_samples": ("error_by_samples",),
    "floors": ("error_by_samples",),
    "pareto": ("error_by_width",),
    "double_descent": ("double_descent",),
    "error_by_width": ("error_by_width",),
    "amplification": ("error_by_width",),
    "weighted_mixing": ("weighted_mixing", "optimal_weight"),
    "iterative_mixing": ("iterative_mixing",),
    "generations": ("generations", "adaptive_ridge"),
    "tails": ("tails",),
}
"""Figure -> the experiments it is drawn from."""
TABLES = {name: (name,) for name in EXPERIMENTS}
"""Table -> the experiments it is made from."""


def register(app: typer.Typer) -> None:
    """Add these steps to the command line."""
    for command in (run_strong_collapse, draw_strong_collapse, tabulate_strong_collapse):
        app.command()(command)


def run_strong_collapse(
    experiment: Annotated[str, typer.Argument(help=", ".join(EXPERIMENTS))],
    settings: SettingsText,
    table: Output,
) -> None:
    """Simulate one experiment of Dohmatob et al. beside its theory."""
    module, function = named(experiment, EXPERIMENTS, "experiment")
    sizes = parse_settings(StrongCollapseSettings, settings)
    perform(
        "run-strong-collapse",
        module,
        {},
        sizes.model_dump() | {"experiment": experiment},
        {"table": table},
        lambda module, outputs, work: getattr(module, function)(sizes, outputs),
    )


def draw_strong_collapse(
    figure: Annotated[str, typer.Argument(help=", ".join(FIGURES))],
    table: Table,
    folder: Folder,
) -> None:
    """Draw one figure of Dohmatob et al.: theory lines over simulated points with intervals."""
    named(figure, FIGURES, "figure")
    perform(
        "draw-strong-collapse",
        "presentation.strong_collapse",
        by_name(table),
        {"figure": figure},
        figure_outputs(folder, figure),
        lambda module, outputs, work: module.draw(figure, by_name(table), outputs),
    )


def tabulate_strong_collapse(
    kind: Annotated[str, typer.Argument(help=", ".join(TABLES))],
    table: Table,
    folder: Folder,
) -> None:
    """Write one table of Dohmatob et al. as CSV and Markdown."""
    named(kind, TABLES, "table")
    perform(
        "tabulate-strong-collapse",
        "presentation.strong_collapse_tables",
        by_name(table),
        {"kind": kind},
        table_outputs(folder, kind),
        lambda module, outputs, work: module.tabulate(kind, by_name(table), outputs),
    )


def named(name: str, valid: dict, kind: str):
    """The entry of that name; ``ValueError`` that lists the valid ones if there is none."""
    if name not in valid:
        raise ValueError(f"There is no {kind} '{name}': expected one of {', '.join(valid)}.")
    return valid[name]
