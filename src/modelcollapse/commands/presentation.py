"""Steps that draw figures and write tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from modelcollapse.commands.step import ConfigFile, grouped, perform
from modelcollapse.steps.step import Step
from modelcollapse.workflow import presentation_steps
from modelcollapse.workflow.workspace import Workspace, open_workspace

TopicName = Annotated[str, typer.Argument(help="A topic of a paper, such as shumailov/theory.")]


def register(app: typer.Typer) -> None:
    """Add these steps to the command line."""
    for command in (draw_figures, write_tables):
        app.command()(command)


def draw_figures(topic: TopicName, config: ConfigFile) -> None:
    """Draw all figures of a topic."""
    workspace = open_workspace(config)
    _show(workspace, topic, presentation_steps.draw_figures(workspace, topic), "FIGURES")


def write_tables(topic: TopicName, config: ConfigFile) -> None:
    """Write all tables of a topic, for programs and for people."""
    workspace = open_workspace(config)
    _show(workspace, topic, presentation_steps.write_tables(workspace, topic), "TABLES")


def _show(workspace: Workspace, topic: str, step: Step, registry: str) -> None:
    def call(module: Any, outputs: dict[str, Path], work: Path) -> None:
        from modelcollapse.measures.paper_data import PaperData

        data = PaperData(grouped(dict(step.inputs)), workspace.paper(topic.split("/")[0]))
        # a work's outputs stand together: "name.svg", "name.png"
        works: dict[str, dict[str, Path]] = {}
        for role, path in outputs.items():
            name, _, ending = role.rpartition(".")
            works.setdefault(name, {})[ending] = path
        for name, paths in works.items():
            getattr(module, registry)[name](data, paths)

    perform(step, call)
