"""Steps of the theory half of Gerstgrasser et al.: replaced and accumulated data in regressions and densities."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from modelcollapse.commands.step import (
    Output,
    SettingsText,
    by_name,
    figure_outputs,
    parse_settings,
    perform,
    table_outputs,
)
from modelcollapse.papers.gerstgrasser.settings import EXPERIMENTS, AccumulationSettings, KdeChainSettings

PRESENTED = {
    "linear": (("linear", "linear_gap"), ("linear", "linear_grid")),
    "gaussian": (("gaussian", "gaussian_grid"), ("gaussian", "gaussian_grid")),
    "kde": (("kde", "kde_variance"), ("kde", "kde_variance")),
    "discrete": (("discrete",), ("discrete",)),
}
"""Topic -> its figures and its tables."""


def register(app: typer.Typer) -> None:
    """Add these steps to the command line."""
    for command in (run_accumulation, run_kde, present_accumulation):
        app.command()(command)


Tables = Annotated[list[Path], typer.Option("--table", help="Result files by experiment; repeat the option.")]


def run_accumulation(
    experiment: Annotated[str, typer.Argument(help=", ".join(EXPERIMENTS))], settings: SettingsText, table: Output
) -> None:
    """Simulate one experiment with replaced and accumulated data beside its closed form."""
    if experiment not in EXPERIMENTS:
        raise ValueError(f"There is no experiment '{experiment}': expected one of {', '.join(EXPERIMENTS)}.")
    group, module_name = EXPERIMENTS[experiment]
    kind = AccumulationSettings.model_fields[group].annotation
    given = parse_settings(kind, settings)
    perform(
        "run-accumulation",
        module_name,
        {},
        given.model_dump() | {"experiment": experiment},
        {"table": table},
        lambda module, outputs, work: module.run_experiment(experiment, given, outputs),
    )


def run_kde(settings: SettingsText, table: Output) -> None:
    """Refit a kernel density estimate with replaced and accumulated data, all seeds one after the other."""
    chain = parse_settings(KdeChainSettings, settings)
    perform(
        "run-kde",
        "papers.gerstgrasser.simulations.kde_chains",
        {},
        chain.model_dump(),
        {"table": table},
        lambda module, outputs, work: module.run_kde(chain, outputs),
    )


def present_accumulation(
    topic: Annotated[str, typer.Argument(help=", ".join(PRESENTED))],
    table: Tables,
    figures: Annotated[Path, typer.Option(file_okay=False, help="Where the figures go.")],
    tables: Annotated[Path, typer.Option(file_okay=False, help="Where the tables go.")],
) -> None:
    """Draw all figures and write all tables of one topic: one start of the plotting library for all of them."""
    if topic not in PRESENTED:
        raise ValueError(f"There is no topic '{topic}': expected one of {', '.join(PRESENTED)}.")
    drawn = {f"draw_{name}": figure_outputs(figures, name) for name in PRESENTED[topic][0]}
    written = {f"tabulate_{name}": table_outputs(tables, name) for name in PRESENTED[topic][1]}
    works = drawn | written
    outputs = {f"{work}.{role}": path for work, paths in works.items() for role, path in paths.items()}

    def call(module: Any, temporary: dict[str, Path], work: Path) -> None:
        for name, paths in works.items():
            getattr(module, name)(by_name(table), {role: temporary[f"{name}.{role}"] for role in paths})

    perform(
        "present-accumulation", "papers.gerstgrasser.figures.topics", by_name(table), {"topic": topic}, outputs, call
    )
