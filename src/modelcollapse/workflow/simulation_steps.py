"""The one step of all experiments without language models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelcollapse.runtime.device import resolve_device
from modelcollapse.simulation.running import narrowed_parameters
from modelcollapse.steps.step import Step
from modelcollapse.workflow.places import IMAGE_SPLITS
from modelcollapse.workflow.workspace import Workspace


def run_simulation(workspace: Workspace, simulation: str) -> Step:
    """Simulate one experiment ``<paper>/<topic>/<name>`` beside its theory."""
    declared, places = workspace.simulation(simulation), workspace.places
    group = workspace.simulation_settings(simulation)
    unused = tuple(set(type(group).model_fields) - set(narrowed_parameters(declared, group)))
    arguments: dict[str, Any] = {"settings": group, "function": declared.function}
    arguments |= {"name": declared.name} if declared.seed is None else {"seed": declared.seed}
    if declared.uses_torch:
        arguments |= {"threads": workspace.config.threads, "device": resolve_device(workspace.config.device)}
    outputs = {"table": Path(places.simulation(simulation))}
    if declared.arrays:
        outputs |= {"arrays": Path(places.simulation(simulation, "npz"))}
    corpus = declared.corpus
    return Step(
        name="run-simulation",
        command="commands.simulation",
        module=declared.module,
        inputs={} if corpus is None else {split: Path(places.corpus(corpus, f"{split}.npz")) for split in IMAGE_SPLITS},
        arguments=arguments,
        unused={"settings": unused},
        outputs=outputs,
    )
