"""Steps of ``recursion``: the engine's fits, generations and measures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelcollapse.commands.step import (
    Encoded,
    FamilyText,
    Input,
    Output,
    Seed,
    SettingsText,
    generation_of,
    optional,
    parse_settings,
    perform,
    seed_of,
    text_splits,
    threads,
)
from modelcollapse.recursion.settings import ArmSettings, FamilySettings, ModelSettings

ArmText = Annotated[str, typer.Option("--arm", help="Arm settings as JSON; keys: config/README.md")]
Weights = Annotated[Path | None, typer.Option(help="Start weights; without them, random ones.")]


def register(app: typer.Typer) -> None:
    """Add these steps to the command line."""
    for command in (fetch_weights, fit_base, fit_generation_0, sample_generation_0, run_generation, measure_arm):
        app.command()(command)


def fetch_weights(settings: SettingsText, model: Output, record: Output) -> None:
    """Bring published weights from the hub at a pinned revision, or from a local folder, and convert them."""
    from modelcollapse.recursion.models.pretrained import fetch_weights as fetch

    fetch(parse_settings(ModelSettings, settings), {"model": model, "record": record})


def fit_base(family: FamilyText, seed: Seed, text: Encoded, model: Output, record: Output) -> None:
    """Pretrain the weights from which every fit of a family starts, on its base corpus."""
    chosen = parse_settings(FamilySettings, family)
    splits = text_splits(text)
    perform(
        "fit-base",
        "recursion.generation",
        {"train": splits["train"], "validation": splits["validation"]},
        chosen.model_dump() | {"seed": seed, "threads": threads()},
        {"model": model, "record": record},
        lambda module, outputs, work: module.fit_base(chosen, splits, seed, outputs, work),
    )


def fit_generation_0(
    family: FamilyText, seed: Seed, text: Encoded, model: Output, scores: Output, base: Weights = None
) -> None:
    """Fit generation 0 on human text."""
    chosen = parse_settings(FamilySettings, family)
    splits = text_splits(text)
    perform(
        "fit-generation-0",
        "recursion.generation",
        splits | optional(base=base),
        chosen.model_dump() | {"seed": seed, "threads": threads()},
        {"model": model, "scores": scores},
        lambda module, outputs, work: module.fit_generation_0(chosen, splits, base, seed, outputs, work),
    )


def sample_generation_0(
    arm: ArmText,
    family: FamilyText,
    seed: Seed,
    text: Encoded,
    model_0: Input,
    samples: Output,
    scores: Output,
) -> None:
    """Let generation 0 write under an arm's decoding."""
    chosen, shared = parse_settings(ArmSettings, arm), parse_settings(FamilySettings, family)
    splits = text_splits(text)
    perform(
        "sample-generation-0",
        "recursion.generation",
        splits | {"model_0": model_0},
        {"arm": chosen.model_dump(), "family": shared.model_dump(), "seed": seed, "threads": threads()},
        {"samples": samples, "scores": scores},
        lambda module, outputs, work: module.sample_generation_0(chosen, shared, splits, model_0, seed, outputs, work),
    )


def run_generation(
    arm: ArmText,
    family: FamilyText,
    seed: Seed,
    generation: Annotated[int, typer.Option(min=1, help="Generation to train.")],
    text: Encoded,
    model_0: Input,
    samples: Output,
    scores: Output,
    earlier: Annotated[list[Path] | None, typer.Option(help="Samples gen<g>.parquet of earlier generations.")] = None,
    base: Weights = None,
    previous: Annotated[Path | None, typer.Option(help="Weights of the previous generation, to continue.")] = None,
    model: Annotated[Path | None, typer.Option(help="Where to keep this generation's weights.")] = None,
) -> None:
    """Train one generation on what the regime says, let it write, and score it."""
    chosen, shared = parse_settings(ArmSettings, arm), parse_settings(FamilySettings, family)
    splits = text_splits(text)
    written = {generation_of(path): path for path in earlier or []}
    perform(
        "run-generation",
        "recursion.generation",
        splits
        | {"model_0": model_0}
        | optional(base=base, previous=previous)
        | {f"gen{number}": path for number, path in written.items()},
        {
            "arm": chosen.model_dump(),
            "family": shared.model_dump(),
            "seed": seed,
            "generation": generation,
            "threads": threads(),
        },
        {"samples": samples, "scores": scores} | optional(model=model),
        lambda module, outputs, work: module.run_generation(
            chosen, shared, splits, base, model_0, previous, written, seed, generation, outputs, work
        ),
    )


def measure_arm(
    family: FamilyText,
    text: Encoded,
    table: Output,
    generation_0: Annotated[list[Path], typer.Option(help="Scores of the shared generation 0, one per seed.")],
    samples: Annotated[list[Path], typer.Option(help="seed<s>/gen<g>.parquet, all of them.")],
    scores: Annotated[list[Path], typer.Option(help="seed<s>/gen<g>.parquet, all of them.")],
) -> None:
    """Measure a whole arm: one tidy table over seeds and generations."""
    shared = parse_settings(FamilySettings, family)
    train = text_splits(text)["train"]
    perform(
        "measure-arm",
        "measures.arm",
        {"train": train}
        | {f"generation_0/{seed_of(path)}": path for path in generation_0}
        | {f"samples/{seed_of(path)}/{generation_of(path)}": path for path in samples}
        | {f"scores/{seed_of(path)}/{generation_of(path)}": path for path in scores},
        shared.model_dump(),
        {"table": table},
        lambda module, outputs, work: module.measure_arm(
            shared, train, {seed_of(p): p for p in generation_0}, by_seed(samples), by_seed(scores), outputs
        ),
    )


def by_seed(paths: list[Path]) -> dict[int, dict[int, Path]]:
    """Paths by seed and generation."""
    found: dict[int, dict[int, Path]] = {}
    for path in paths:
        found.setdefault(seed_of(path), {})[generation_of(path)] = path
    return found
