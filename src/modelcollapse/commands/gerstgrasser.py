"""Steps of the theory half of Gerstgrasser et al.: replaced and accumulated data in regressions and densities."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from modelcollapse.commands.step import (
    Folder,
    Output,
    SettingsText,
    by_name,
    figure_outputs,
    parse_settings,
    perform,
    table_outputs,
)
from modelcollapse.densities.accumulation_settings import EXPERIMENTS, AccumulationSettings, KdeChainSettings

ACCUMULATION_FIGURES = ("linear", "linear_gap", "gaussian", "gaussian_grid", "kde", "kde_variance", "discrete")
ACCUMULATION_TABLES = ("linear", "linear_grid", "gaussian", "gaussian_grid", "kde", "kde_variance", "discrete")


def register(app: typer.Typer) -> None:
    """Add these steps to the command line."""
    for command in (run_accumulation, run_kde, draw_accumulation, tabulate_accumulation):
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
        "densities.kde_chains",
        {},
        chain.model_dump(),
        {"table": table},
        lambda module, outputs, work: module.run_kde(chain, outputs),
    )


def draw_accumulation(
    figure: Annotated[str, typer.Argument(help=", ".join(ACCUMULATION_FIGURES))], table: Tables, folder: Folder
) -> None:
    """Draw one figure of replaced and accumulated data."""
    if figure not in ACCUMULATION_FIGURES:
        raise ValueError(f"There is no figure '{figure}': expected one of {', '.join(ACCUMULATION_FIGURES)}.")
    _present("draw-accumulation", f"draw_{figure}", figure, table, figure_outputs(folder, figure))


def tabulate_accumulation(
    kind: Annotated[str, typer.Argument(help=", ".join(ACCUMULATION_TABLES))], table: Tables, folder: Folder
) -> None:
    """Write one table of replaced and accumulated data as CSV and Markdown."""
    if kind not in ACCUMULATION_TABLES:
        raise ValueError(f"There is no table '{kind}': expected one of {', '.join(ACCUMULATION_TABLES)}.")
    _present("tabulate-accumulation", f"tabulate_{kind}", kind, table, table_outputs(folder, kind))


def _present(command: str, function: str, kind: str, table: list[Path], outputs: dict[str, Path]) -> None:
    def call(module: Any, written: dict[str, Path], work: Path) -> None:
        getattr(module, function)(by_name(table), written)

    perform(command, "presentation.accumulation", by_name(table), {"kind": kind}, outputs, call)
