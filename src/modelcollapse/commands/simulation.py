"""The step that runs an experiment without language models."""

from __future__ import annotations

from typing import Annotated

import typer

from modelcollapse.commands.step import ConfigFile, DeviceName, perform
from modelcollapse.workflow import simulation_steps
from modelcollapse.workflow.workspace import open_workspace


def register(app: typer.Typer) -> None:
    """Add this step to the command line."""
    app.command()(run_simulation)


def run_simulation(
    simulation: Annotated[str, typer.Argument(help="<paper>/<topic>/<name>, such as shumailov/theory/discrete.")],
    config: ConfigFile,
    device: DeviceName = "auto",
) -> None:
    """Simulate one experiment beside its theory."""
    from modelcollapse.simulation.running import run

    workspace = open_workspace(config, device)
    step = simulation_steps.run_simulation(workspace, simulation)
    declared, images = workspace.simulation(simulation), dict(step.inputs)
    perform(step, lambda module, outputs, work: run(declared, step.arguments["settings"], images, outputs, work))
