"""What every step command shares: its config, its names, and its run through the store."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from modelcollapse.runtime.device import Device, use
from modelcollapse.steps.runner import run_step
from modelcollapse.steps.step import Step

ConfigFile = Annotated[
    Path, typer.Option("--config", dir_okay=False, help="Merged config of the run, results/<scale>/config.yaml.")
]
Paper = Annotated[str, typer.Argument(help="A paper of the config, such as shumailov.")]
Arm = Annotated[str, typer.Argument(help="<paper>/<arm>, such as shumailov/epochs5_kept0.")]
Family = Annotated[str, typer.Argument(help="<paper>/<family>, such as shumailov/opt.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the whole chain.")]
DeviceName = Annotated[Device, typer.Option(help="Where tensors live; auto means CUDA where there is one.")]
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def perform(step: Step, call: Callable[[Any, dict[str, Path], Path], None]) -> None:
    """Run a step through the store; its module is imported only if there is something to do.

    Args:
        step: what it reads, is told and writes.
        call: given the imported module, temporary output paths by role, and a work folder that survives a kill.
    """
    threads = step.arguments.get("threads", 1)
    for variable in THREAD_VARIABLES:
        # results depend on the number of threads, so that of the machine must not decide it
        os.environ.setdefault(variable, str(threads))

    def action(temporary: dict[str, Path], work: Path) -> None:
        use(step.arguments.get("device", "auto"), threads)
        call(importlib.import_module(f"modelcollapse.{step.module}"), temporary, work)

    run_step(step, action)


def grouped(inputs: dict[str, Path]) -> dict[str, dict[str, Path]]:
    """Files by ``group/name`` as group -> name -> file."""
    groups: dict[str, dict[str, Path]] = {}
    for role, path in inputs.items():
        group, _, name = role.partition("/")
        groups.setdefault(group, {})[name] = path
    return groups
