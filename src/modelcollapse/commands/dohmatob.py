"""Steps of Dohmatob et al.: theory of strong collapse beside simulation, its figures and tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from modelcollapse.commands.step import (
    Output,
    SettingsText,
    Table,
    by_name,
    figure_outputs,
    parse_settings,
    perform,
    table_outputs,
)
from modelcollapse.papers.dohmatob.settings import StrongCollapseSettings

EXPERIMENTS = {
    "ridge_mixture": ("papers.dohmatob.simulations.theorems", "run_ridge"),
    "projection_mixture": ("papers.dohmatob.simulations.theorems", "run_projections"),
    "finite_size": ("papers.dohmatob.simulations.theorems", "run_finite_size"),
    "plain_mixture": ("papers.dohmatob.simulations.theorems", "run_plain"),
    "error_by_samples": ("papers.dohmatob.simulations.sample_sizes", "run"),
    "error_by_width": ("papers.dohmatob.simulations.widths", "run_widths"),
    "double_descent": ("papers.dohmatob.simulations.widths", "run_peak"),
    "weighted_mixing": ("papers.dohmatob.simulations.mixing_weights", "run_weighted"),
    "optimal_weight": ("papers.dohmatob.simulations.mixing_weights", "run_optimal_weight"),
    "iterative_mixing": ("papers.dohmatob.simulations.mixing_weights", "run_iterative"),
    "generations": ("papers.dohmatob.simulations.chains_and_tails", "run_generations"),
    "adaptive_ridge": ("papers.dohmatob.simulations.chains_and_tails", "run_adaptive_ridge"),
    "tails": ("papers.dohmatob.simulations.chains_and_tails", "run_tails"),
}
"""Experiment -> module and function that make its table."""
FIGURES = (
    "theorems",
    "finite_size",
    "error_by_samples",
    "floors",
    "pareto",
    "double_descent",
    "error_by_width",
    "amplification",
    "weighted_mixing",
    "iterative_mixing",
    "generations",
    "tails",
)
TABLES = ("theorem_1", "theorem_2", "samples", "widths", "mixing", "generations", "tails")


def register(app: typer.Typer) -> None:
    """Add these steps to the command line."""
    for command in (run_strong_collapse, present_strong_collapse):
        app.command()(command)


def run_strong_collapse(
    experiment: Annotated[str, typer.Argument(help=", ".join(EXPERIMENTS))],
    settings: SettingsText,
    table: Output,
) -> None:
    """Simulate one experiment of Dohmatob et al. beside its theory."""
    if experiment not in EXPERIMENTS:
        raise ValueError(f"There is no experiment '{experiment}': expected one of {', '.join(EXPERIMENTS)}.")
    name, function = EXPERIMENTS[experiment]
    sizes = parse_settings(StrongCollapseSettings, settings)
    perform(
        "run-strong-collapse",
        name,
        {},
        sizes.model_dump() | {"experiment": experiment},
        {"table": table},
        lambda module, outputs, work: getattr(module, function)(sizes, outputs),
    )


def present_strong_collapse(
    table: Table,
    figures: Annotated[Path, typer.Option(file_okay=False, help="Where the figures go.")],
    tables: Annotated[Path, typer.Option(file_okay=False, help="Where the tables go.")],
) -> None:
    """Draw all figures and write all tables of strong collapse: one start of the plotting library for all of them."""
    experiments = by_name(table)
    drawn = {name: figure_outputs(figures, name) for name in FIGURES}
    written = {name: table_outputs(tables, name) for name in TABLES}

    def call(module: Any, temporary: dict[str, Path], work: Path) -> None:
        for kind, works, present in (("figure", drawn, module.draw), ("table", written, module.tabulate)):
            for name, paths in works.items():
                present(name, experiments, {role: temporary[f"{kind}.{name}.{role}"] for role in paths})

    outputs = {
        f"{kind}.{name}.{role}": path
        for kind, works in (("figure", drawn), ("table", written))
        for name, paths in works.items()
        for role, path in paths.items()
    }
    perform("present-strong-collapse", "papers.dohmatob.figures.strong_collapse_topics", experiments, {}, outputs, call)
