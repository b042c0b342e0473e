"""Steps of the engine: weights, fits, generations."""

from __future__ import annotations

from typing import Annotated

import typer

from modelcollapse.commands.step import Arm, ConfigFile, DeviceName, Family, Seed, perform
from modelcollapse.workflow import recursion_steps
from modelcollapse.workflow.workspace import open_workspace

SPLITS = ("train", "validation", "test")


def register(app: typer.Typer) -> None:
    """Add these steps to the command line."""
    for command in (fetch_weights, fit_base, fit_generation_0, sample_generation_0, run_generation):
        app.command()(command)


def fetch_weights(family: Family, config: ConfigFile) -> None:
    """Bring published weights from the hub at a pinned revision, a local folder or a GGUF file, and convert them."""
    step = recursion_steps.fetch_weights(open_workspace(config), family)
    perform(step, lambda module, outputs, work: module.fetch_weights(step.arguments["model"], outputs))


def fit_base(family: Family, config: ConfigFile, device: DeviceName = "auto") -> None:
    """Pretrain the weights from which every fit of a family starts, on its base corpus."""
    step = recursion_steps.fit_base(open_workspace(config, device), family)
    settings, seed = step.arguments["family"], step.arguments["seed"]
    perform(step, lambda module, outputs, work: module.fit_base(settings, step.inputs, seed, outputs, work))


def fit_generation_0(family: Family, seed: Seed, config: ConfigFile, device: DeviceName = "auto") -> None:
    """Fit generation 0 on human text."""
    step = recursion_steps.fit_generation_0(open_workspace(config, device), family, seed)
    told = step.arguments
    perform(
        step,
        lambda module, outputs, work: module.fit_generation_0(
            told["family"], _human(step), step.inputs.get("base"), told["seed"], outputs, work
        ),
    )


def sample_generation_0(arm: Arm, seed: Seed, config: ConfigFile, device: DeviceName = "auto") -> None:
    """Let generation 0 write under an arm's decoding."""
    step = recursion_steps.sample_generation_0(open_workspace(config, device), arm, seed)
    told = step.arguments
    perform(
        step,
        lambda module, outputs, work: module.sample_generation_0(
            told["arm"], told["family"], _human(step), step.inputs["model_0"], told["seed"], outputs, work
        ),
    )


def run_generation(
    arm: Arm,
    seed: Seed,
    generation: Annotated[int, typer.Option(min=1, help="Generation to train.")],
    config: ConfigFile,
    device: DeviceName = "auto",
) -> None:
    """Train one generation on what the regime says, let it write, and score it."""
    step = recursion_steps.run_generation(open_workspace(config, device), arm, seed, generation)
    told, inputs = step.arguments, step.inputs
    written = {int(role.removeprefix("gen")): path for role, path in inputs.items() if role.startswith("gen")}
    perform(
        step,
        lambda module, outputs, work: module.run_generation(
            told["arm"],
            told["family"],
            _human(step),
            inputs.get("base"),
            inputs["model_0"],
            inputs.get("previous"),
            written,
            told["seed"],
            told["generation"],
            outputs,
            work,
        ),
    )


def _human(step) -> dict:
    """The encoded splits of the human text among a step's inputs."""
    return {split: step.inputs[split] for split in SPLITS}
