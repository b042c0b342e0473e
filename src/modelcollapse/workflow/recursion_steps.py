"""Steps of the engine: the base, generation 0, then train, sample and score again and again; and the measures of an arm.

Arms and families are named with their paper: ``shumailov/replace``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelcollapse.measures.arm_measures import inputs_of_measures, modules_of_measures
from modelcollapse.recursion import registry
from modelcollapse.recursion.settings import ArmSettings, FamilySettings
from modelcollapse.runtime.device import resolve_device
from modelcollapse.steps.step import Step
from modelcollapse.workflow.places import TEXT_SPLITS
from modelcollapse.workflow.workspace import Workspace

COMMAND = "commands.recursion"
MODULE = "recursion.generation"
BASE_FIELDS = ("base_corpus", "base_rows", "base_training")
"""Fields of a family that are in the weights of its base, and so in no later step."""
ALL_GENERATIONS = ("generations", "seeds", "measures")
"""How many generations and seeds there are, and what is measured of them, is not part of any one of them."""


def fetch_weights(workspace: Workspace, family: str) -> Step:
    """Bring published weights."""
    settings = workspace.family(family)
    return Step(
        name="fetch-weights",
        command=COMMAND,
        module="recursion.models.pretrained",
        arguments={"model": settings.model},
        outputs=_base_outputs(workspace, family),
    )


def fit_base(workspace: Workspace, family: str) -> Step:
    """Pretrain the weights of a family on its base corpus."""
    settings = workspace.family(family)
    if settings.base_corpus is None:
        raise ValueError(f"The family '{family}' has no base_corpus: its base is fetched, or random.")
    splits = _encoded(workspace, settings.base_corpus, settings.tokenizer)
    return Step(
        name="fit-base",
        command=COMMAND,
        module=MODULE,
        inputs={split: splits[split] for split in ("train", "validation")},
        arguments={"family": settings, "seed": 0} | _machine(workspace),
        unused={"family": ("corpus", "train_rows", "test_rows", "training", "tokenizer")},
        outputs=_base_outputs(workspace, family),
    )


def fit_generation_0(workspace: Workspace, family: str, seed: int | str) -> Step:
    """Fit generation 0 of a family on human text."""
    settings, places = workspace.family(family), workspace.places
    return Step(
        name="fit-generation-0",
        command=COMMAND,
        module=MODULE,
        inputs=_human_text(workspace, settings) | _base(workspace, family),
        arguments={"family": settings, "seed": int(seed)} | _machine(workspace),
        unused={"family": (*BASE_FIELDS, "corpus", "tokenizer")},
        outputs={
            "model": Path(places.generation_0(family, seed)),
            "scores": Path(places.scores(family, seed, 0)),
        },
    )


def sample_generation_0(workspace: Workspace, arm: str, seed: int | str) -> Step:
    """Let generation 0 write under an arm's decoding."""
    chosen, places = workspace.arm(arm), workspace.places
    family = workspace.family(family_of(arm, chosen))
    return Step(
        name="sample-generation-0",
        command=COMMAND,
        module=MODULE,
        entries=registry.modules_of(chosen),
        inputs=_human_text(workspace, family) | {"model_0": Path(places.generation_0(family_of(arm, chosen), seed))},
        arguments={"arm": chosen, "family": family, "seed": int(seed)} | _machine(workspace),
        unused={
            "arm": (*ALL_GENERATIONS, "family", "training", "weights"),
            "family": (*BASE_FIELDS, "corpus", "tokenizer", "model", "training"),
        },
        outputs=_generation_outputs(workspace, arm, seed, 0),
    )


def run_generation(workspace: Workspace, arm: str, seed: int | str, generation: int | str) -> Step:
    """Train generation g >= 1 on what the regime says, let it write, and score it."""
    number = int(generation)
    if number < 1:
        raise ValueError(
            "Generation 0 is fitted by fit-generation-0 and written by sample-generation-0: give 1 or more."
        )
    chosen, places = workspace.arm(arm), workspace.places
    family = workspace.family(family_of(arm, chosen))
    continued = chosen.weights == "continued"
    earlier = registry.required_generations(chosen.regime, number)
    return Step(
        name="run-generation",
        command=COMMAND,
        module=MODULE,
        entries=registry.modules_of(chosen),
        inputs=_human_text(workspace, family)
        | {"model_0": Path(places.generation_0(family_of(arm, chosen), seed))}
        | (_previous(workspace, arm, seed, number) if continued else _base(workspace, family_of(arm, chosen)))
        | {f"gen{written}": Path(places.samples(arm, seed, written)) for written in earlier},
        arguments={"arm": chosen, "family": family, "seed": int(seed), "generation": number} | _machine(workspace),
        unused={
            "arm": (*ALL_GENERATIONS, "family"),
            "family": (*BASE_FIELDS, "corpus", "tokenizer", "training"),
        },
        outputs=_generation_outputs(workspace, arm, seed, number)
        | ({"model": Path(places.model(arm, seed, number))} if continued else {}),
    )


def measure_arm(workspace: Workspace, arm: str) -> Step:
    """Measure all seeds and generations of an arm."""
    chosen, places = workspace.arm(arm), workspace.places
    family = workspace.family(family_of(arm, chosen))
    first = 1 if registry.is_human_ceiling(chosen.regime) else 0
    every = [(seed, g) for seed in workspace.seeds(arm) for g in range(first, chosen.generations + 1)]
    reads = inputs_of_measures(chosen.measures)
    inputs: dict[str, Path] = {}
    if "human_train" in reads:
        inputs["train"] = Path(places.encoded(family.corpus, family.tokenizer, "train"))
    if "tokenizer" in reads:
        inputs["tokenizer"] = Path(places.tokenizer(family.tokenizer))
    if "samples" in reads:
        inputs |= {f"samples/{seed}/{g}": Path(places.samples(arm, seed, g)) for seed, g in every}
    if "scores" in reads:
        inputs |= {
            f"generation_0/{seed}": Path(places.scores(family_of(arm, chosen), seed, 0))
            for seed in workspace.seeds(arm)
        }
        inputs |= {f"scores/{seed}/{g}": Path(places.scores(arm, seed, g)) for seed, g in every}
    return Step(
        name="measure-arm",
        command="commands.measures",
        module="measures.arm",
        entries=modules_of_measures(chosen.measures),
        inputs=inputs,
        arguments={
            "measures": list(chosen.measures),
            "packing": family.packing,
            "row_tokens": family.row_tokens,
            "train_rows": family.train_rows,
        },
        outputs={"table": Path(places.measures(arm))},
    )


def family_of(arm: str, settings: ArmSettings) -> str:
    """An arm's family, named with the paper."""
    return f"{arm.split('/')[0]}/{settings.family}"


def _machine(workspace: Workspace) -> dict[str, Any]:
    """What of the machine decides numbers."""
    return {"threads": workspace.config.threads, "device": resolve_device(workspace.config.device)}


def _encoded(workspace: Workspace, corpus: str, tokenizer: str) -> dict[str, Path]:
    return {split: Path(workspace.places.encoded(corpus, tokenizer, split)) for split in TEXT_SPLITS}


def _human_text(workspace: Workspace, family: FamilySettings) -> dict[str, Path]:
    return _encoded(workspace, family.corpus, family.tokenizer)


def _base(workspace: Workspace, family: str) -> dict[str, Path]:
    """Weights from which every fit starts: published, or pretrained here; none for random ones."""
    settings = workspace.family(family)
    if settings.base_corpus is None and settings.model.pretrained is None:
        return {}
    return {"base": Path(workspace.places.base(family))}


def _base_outputs(workspace: Workspace, family: str) -> dict[str, Path]:
    places = workspace.places
    return {"model": Path(places.base(family)), "record": Path(places.base(family, "json"))}


def _previous(workspace: Workspace, arm: str, seed: int | str, generation: int) -> dict[str, Path]:
    """Continued weights start from the previous generation's."""
    places, family = workspace.places, family_of(arm, workspace.arm(arm))
    if generation == 1:
        return {"previous": Path(places.generation_0(family, seed))}
    return {"previous": Path(places.model(arm, seed, generation - 1))}


def _generation_outputs(workspace: Workspace, arm: str, seed: int | str, generation: int) -> dict[str, Path]:
    places = workspace.places
    return {
        "samples": Path(places.samples(arm, seed, generation)),
        "scores": Path(places.scores(arm, seed, generation)),
    }
