"""The step that measures an arm."""

from __future__ import annotations

import typer

from modelcollapse.commands.step import Arm, ConfigFile, grouped, perform
from modelcollapse.workflow import recursion_steps
from modelcollapse.workflow.workspace import open_workspace


def register(app: typer.Typer) -> None:
    """Add this step to the command line."""
    app.command()(measure_arm)


def measure_arm(arm: Arm, config: ConfigFile) -> None:
    """Measure a whole arm: one tidy table over seeds and generations."""
    workspace = open_workspace(config)
    step = recursion_steps.measure_arm(workspace, arm)
    chosen = workspace.arm(arm)
    files = grouped(dict(step.inputs))
    perform(
        step,
        lambda module, outputs, work: module.measure_arm(
            chosen,
            workspace.family(recursion_steps.family_of(arm, chosen)),
            step.inputs.get("train"),
            step.inputs.get("tokenizer"),
            {int(seed): path for seed, path in files.get("generation_0", {}).items()},
            _by_seed(files.get("samples", {})),
            _by_seed(files.get("scores", {})),
            outputs,
        ),
    )


def _by_seed(files: dict) -> dict:
    """``seed/generation`` -> file as seed -> generation -> file."""
    found: dict = {}
    for role, path in files.items():
        seed, _, generation = role.partition("/")
        found.setdefault(int(seed), {})[int(generation)] = path
    return found
