"""What a paper claims, as data: the schema of ``config/claims/<paper>.yaml``, the rules in words, and their hashes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from modelcollapse.evidence.decisions import EQUIVALENCE_MARGINS
from modelcollapse.evidence.quantities import Quantity, Registry, nearest
from modelcollapse.runtime.settings import Settings

Scale = Literal["smoke", "laptop", "workstation", "paper"]
SCALES: tuple[Scale, ...] = ("smoke", "laptop", "workstation", "paper")
LEAST_REPLICATES = {"trained_network": 5, "mixture": 20, "simulation": 100}
"""Fewest replicates for a verdict, by what is replicated."""
HASH_LENGTH = 12


class ClaimsError(ValueError):
    """A claims file cannot be used; the message lists every problem with its place."""


class PublishedValue(Settings):
    """A number of the paper, carried by hand with its source."""

    metric: str
    """What was measured."""
    setting: str
    """Under which condition."""
    generation: str = ""
    """Of which generation."""
    value: float
    """The number."""
    unit: str
    """Its unit."""
    source: str
    """Where it stands, and how far it can be trusted."""


class PartSettings(Settings):
    """One statement about one quantity. A claim holds when all its parts do."""

    quantity: str
    """Name of a quantity of `modelcollapse.evidence`."""
    arguments: dict[str, Any] = {}
    """Its arguments; `{default: x, laptop: y}` gives another value at one scale."""
    kind: Literal["difference", "equivalence", "exact"]
    """Which of the three kinds of statement."""
    direction: Literal["above", "below"] | None = None
    """`difference`: on which side of the reference."""
    reference: float = 0.0
    """What the quantity is compared with."""
    margin: Annotated[float | None, Field(ge=0)] = None
    """Smallest difference that counts, or half the width of the equivalence band; null means the unit's default."""
    digits: Annotated[int | None, Field(ge=0)] = None
    """`exact`: decimal digits that agree."""
    only_as_published: bool = False
    """Decides only where model, corpus, size and decoding are as published (absolute numbers)."""
    shown_only: bool = False
    """Computed and kept with the raw values, but decides nothing."""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> PartSettings:
        wanted = {"difference": "direction", "exact": "digits"}.get(self.kind)
        for name in ("direction", "digits"):
            if (getattr(self, name) is not None) != (name == wanted):
                verb = "needs" if name == wanted else "has no"
                raise ValueError(f"kind '{self.kind}' {verb} '{name}'")
        if self.kind == "exact" and self.margin is not None:
            raise ValueError("kind 'exact' has no 'margin'; use 'digits'")
        return self


class ClaimSettings(Settings):
    """One checkable claim of a paper."""

    id: str
    """Short name, such as L2."""
    statement: str
    """The claim in our words."""
    where: str
    """Its place in the paper."""
    reported: str
    """The paper's value."""
    experiment: Literal["language_model", "mixture", "vae", "theory", "images"]
    """Which results it is about; deviations of other experiments do not concern it."""
    mathematical: bool = False
    """True for theorems and exact statements: they are reproduced or not at any scale."""
    replicate: Literal["trained_network", "mixture", "simulation"]
    """What is replicated; sets the least number of replicates."""
    minimum_n: Annotated[int, Field(ge=1)]
    """Replicates needed for a verdict, at least those of the standard."""
    parts: Annotated[list[PartSettings], Field(min_length=1)]
    """Statements that must all hold; the first one gives the number shown."""
    scales: list[Scale]
    """Scales at which the claim can be decided."""
    not_testable: dict[Scale, str] = {}
    """For every other scale the reason, unless the file gives one for all claims."""
    published: list[PublishedValue] = []
    """The paper's numbers."""
    figure: str
    """Name of the figure that shows it, without folder and ending."""
    target: list[str]
    """Files, as Snakemake targets, that its data come from; `{folder}` is the scale's folder."""

    @model_validator(mode="after")
    def _can_decide(self) -> ClaimSettings:
        least = LEAST_REPLICATES[self.replicate]
        if self.minimum_n < least:
            raise ValueError(
                f"minimum_n is {self.minimum_n}, but a verdict on a {self.replicate} needs at least {least}"
            )
        if all(part.shown_only or part.only_as_published for part in self.parts):
            raise ValueError("every part is 'shown_only' or 'only_as_published', so that no proxy could be judged")
        if self.parts[0].shown_only or self.parts[0].only_as_published:
            raise ValueError("the first part gives the number shown, so it must decide at every scale")
        return self


class ClaimsFile(Settings):
    """All claims of one paper."""

    paper: str
    """Name of the paper, as in the folders."""
    published_settings: dict[str, dict[str, Any]] = {}
    """Arm or mixture -> settings that are published for it, though they differ from the paper's main setting."""
    not_testable: dict[Scale, str] = {}
    """Reasons that hold for all claims of a scale that do not list it."""
    claims: Annotated[list[ClaimSettings], Field(min_length=1)]
    """The claims."""

    @model_validator(mode="after")
    def _complete(self) -> ClaimsFile:
        ids = [claim.id for claim in self.claims]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"these ids are there twice: {', '.join(twice)}")
        for claim in self.claims:
            for scale in SCALES:
                if scale not in claim.scales and not self.reason(claim, scale):
                    raise ValueError(f"claim {claim.id} cannot be decided at scale '{scale}', but gives no reason")
        return self

    def reason(self, claim: ClaimSettings, scale: str) -> str | None:
        """Why a claim cannot be decided at a scale; None if it can."""
        if scale in claim.scales:
            return None
        return claim.not_testable.get(scale) or self.not_testable.get(scale)


def load_claims(path: str | Path, registry: Registry) -> ClaimsFile:
    """Read and check a claims file.

    Args:
        path: YAML file.
        registry: the quantities its claims may name.

    Raises:
        ClaimsError: unknown keys (with the nearest valid name), wrong types, unknown quantities or arguments, a claim
            that could never be decided; all of them in one message.
    """
    try:
        file = ClaimsFile.model_validate(yaml.safe_load(Path(path).read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise ClaimsError(f"{path} is not valid YAML: {error}") from error
    except ValidationError as error:
        problems = [_sentence(problem) for problem in error.errors()]
    else:
        problems = [problem for claim in file.claims for problem in _quantity_problems(claim, registry)]
        if not problems:
            return file
    raise ClaimsError(f"{path} cannot be used:\n" + "\n".join(f"  - {problem}" for problem in problems))


def margin_of(part: PartSettings, quantity: Quantity) -> float:
    """The part's margin, or the default of its quantity's unit: 0.02 nat, 5 % of a diversity, 2 % for theory.

    Raises:
        ValueError: neither is there.
    """
    if part.margin is not None:
        return part.margin
    if quantity.unit not in EQUIVALENCE_MARGINS:
        raise ValueError(f"the quantity '{quantity.name}' ({quantity.unit}) has no default margin: give one")
    return EQUIVALENCE_MARGINS[quantity.unit]


def rule_text(claim: ClaimSettings, registry: Registry) -> str:
    """The decision rule in words, made from the machine-readable rule, with its hash at the end."""
    deciding = [part for part in claim.parts if not part.shown_only]
    sentences = [_part_text(part, registry[part.quantity]) for part in deciding]
    if len(sentences) > 1:
        sentences = [f"({number}) {sentence}" for number, sentence in enumerate(sentences, 1)]
        sentences.insert(0, "all of:")
    return f"{' '.join(sentences)} At least {claim.minimum_n} {claim.replicate}s. [rule {rule_hash(claim, registry)}]"


def rule_hash(claim: ClaimSettings, registry: Registry) -> str:
    """Hash of everything that decides: parts (margins filled in), least replicates, scales; not of words or figures."""
    parts = [
        part.model_dump() | {"margin": None if part.kind == "exact" else margin_of(part, registry[part.quantity])}
        for part in claim.parts
        if not part.shown_only
    ]
    decisive = {
        "parts": parts,
        "minimum_n": claim.minimum_n,
        "scales": sorted(claim.scales),
        "mathematical": claim.mathematical,
    }
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:HASH_LENGTH]


def rule_hashes(path: str | Path, registry: Registry) -> dict[str, str]:
    """Claim id -> hash of its rule, for the ledger."""
    return {claim.id: rule_hash(claim, registry) for claim in load_claims(path, registry).claims}


def _part_text(part: PartSettings, quantity: Quantity) -> str:
    words = quantity.describe(part.arguments)
    if part.kind == "exact":
        test = f"equals {part.reference:g} to {part.digits} digits"
    elif part.kind == "equivalence":
        test = f"90 % interval inside {part.reference:g} +- {margin_of(part, quantity):g}"
    else:
        test = f"{part.direction} {part.reference:g}: 95 % interval excludes it"
        if margin_of(part, quantity):
            test += f", estimate at least {margin_of(part, quantity):g} away"
    reach = " (only where all is as published)" if part.only_as_published else ""
    return f"{part.kind}: {words}: {test}{reach}."


def _quantity_problems(claim: ClaimSettings, registry: Registry) -> list[str]:
    problems = []
    for number, part in enumerate(claim.parts, 1):
        try:
            quantity = registry.find(part.quantity)
            quantity.check(part.arguments)
            _check_scales(part.arguments)
            if part.kind != "exact":
                margin_of(part, quantity)
        except ValueError as error:
            problems.append(f"claim {claim.id}, part {number}: {error}")
    return problems


def _check_scales(arguments: Mapping[str, Any]) -> None:
    for name, value in arguments.items():
        if isinstance(value, Mapping):
            if "default" not in value:
                raise ValueError(f"the argument '{name}' differs by scale, so it needs a 'default'")
            for scale in value:
                if scale not in ("default", *SCALES):
                    raise ValueError(f"'{scale}' is no scale; {nearest(scale, SCALES)}")


def _sentence(problem: Mapping[str, Any]) -> str:
    place = tuple(problem["loc"])
    where = ".".join(str(part) for part in place) or "the file"
    if problem["type"] == "extra_forbidden":
        models = {"claims": ClaimSettings, "parts": PartSettings, "published": PublishedValue}
        names = [str(part) for part in place[:-1] if str(part) in models]
        model = models[names[-1]] if names else ClaimsFile
        return f"{where} is no key of a claims file; {nearest(str(place[-1]), model.model_fields)}"
    if problem["type"] == "missing":
        return f"{where} is required and missing"
    message = problem["msg"].removeprefix("Value error, ")
    shown = f" is {problem['input']!r}" if problem["type"] != "value_error" else ""
    return f"{where}{shown}: {message}"
