"""What a paper claims, as data: the schema of ``config/claims/<paper>.yaml``, and its checks before any job."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, ValidationError, model_validator

from modelcollapse.evidence.quantities import DEFAULT_MARGINS, Registry, Signature, value_at
from modelcollapse.runtime.nearest import nearest
from modelcollapse.runtime.settings import Settings
from modelcollapse.runtime.yaml_files import ConfigError, key_lines, read_yaml

Scale = Literal["smoke", "laptop", "pretrained", "workstation", "paper"]
SCALES: tuple[Scale, ...] = get_args(Scale)
LEAST_REPLICATES = {"trained_network": 5, "mixture": 20, "simulation": 100}
"""Fewest replicates for a verdict, by what is replicated."""
NAMED_EXPERIMENTS = {
    "arm": ("language_model.arms", ("other", "reference")),
    "mixture": ("mixture", ("other",)),
    "chain": ("theory.kde_chains", ()),
    "images": ("images", ()),
}
"""Argument of a quantity that names an experiment -> where that lies in the paper's section, and the other arguments of the
quantity that name one of the same kind."""


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
    """Name of a quantity of the paper."""
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
    mathematical: bool = False
    """True for theorems and exact statements: they are reproduced or not at any scale, and deviate from nothing."""
    judges: list[str | dict[str, str]] = []
    """Experiments that it judges, by their place in the paper's section of the config, such as `language_model.arms.greedy`
    or `vae`; `{default: x, laptop: y}` names another one at one scale. Their deviations from the paper are the claim's."""
    always_proxy: str = ""
    """Why no scale gives more than a proxy, even where nothing that the paper states differs; empty if some scale does."""
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
        if self.mathematical and self.judges:
            raise ValueError("a mathematical claim judges no experiment: remove 'judges' or 'mathematical'")
        if not self.mathematical and not self.judges:
            raise ValueError("'judges' must name the experiments that the claim is about, such as [vae]")
        if self.mathematical and self.always_proxy:
            raise ValueError("a mathematical claim is never a proxy: remove 'always_proxy' or 'mathematical'")
        for target in self.target:
            if "{" in target.replace("{folder}", ""):
                raise ValueError(f"the target '{target}' has another placeholder than {{folder}}")
        return self

    def experiments(self, scale: str) -> list[str]:
        """What it judges at a scale."""
        return list(dict.fromkeys(value_at(judged, scale) for judged in self.judges))


class ClaimsFile(Settings):
    """All claims of one paper."""

    paper: str
    """Name of the paper, as in the folders."""
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
        ClaimsError: no YAML, unknown keys (with the nearest valid name), wrong types, unknown quantities or arguments, a
            claim that could never be decided; all of them in one message.
    """
    file = _read(path)
    _refuse(path, _quantity_problems(file, registry.signatures))
    return file


def check_claims(
    path: str | Path,
    signatures: Mapping[str, Signature],
    figures: Collection[str],
    experiments: Collection[str],
    known_elsewhere: Collection[str],
) -> None:
    """Check a claims file against what the config can run and draw, before any job.

    Args:
        path: YAML file.
        signatures: the quantities its claims may name: ``read_signatures("papers.<paper>.quantities")``.
        figures: names of the paper's figures.
        experiments: places of this config's experiments, as ``experiments_of`` gives them.
        known_elsewhere: those of the other scales and of the paper's own config. A claim about one of these is not testable
            at this scale; one that exists nowhere is an error.

    Raises:
        ClaimsError: as ``load_claims``, and unknown figures, and experiments that no config knows, in ``judges`` or in the
            arguments of a quantity.
    """
    file = _read(path)
    known = {*experiments, *known_elsewhere}
    found = [*_quantity_problems(file, signatures), *_experiment_problems(file, signatures, known)]
    for number, claim in enumerate(file.claims):
        if claim.figure not in figures:
            sentence = f"claim {claim.id}: there is no figure '{claim.figure}'; {nearest(claim.figure, figures)}"
            found.append((("claims", number, "figure"), sentence))
    _refuse(path, found)


def claims_parameters(path: str | Path) -> dict[str, Any]:
    """The claims as JSON-serialisable data: what a verdict depends on. Comments and the order of keys do not matter.

    Raises:
        ClaimsError: the file does not follow the schema.
    """
    return json.loads(json.dumps(_read(path).model_dump(mode="json"), sort_keys=True))


Key = tuple[str | int, ...]
Problem = tuple[Key, str]


def _read(path: str | Path) -> ClaimsFile:
    try:
        content = read_yaml(path)
    except ConfigError as error:
        raise ClaimsError(str(error)) from None
    try:
        return ClaimsFile.model_validate(content)
    except ValidationError as error:
        problems = [(tuple(problem["loc"]), _sentence(problem, content)) for problem in error.errors()]
    _refuse(path, problems)
    raise AssertionError("a validation error without a problem")


def _refuse(path: str | Path, problems: Collection[Problem]) -> None:
    if problems:
        lines = key_lines(path)
        sentences = [f"  - {_line(key, lines)}{sentence}" for key, sentence in problems]
        raise ClaimsError("\n".join([f"{path} cannot be used:", *dict.fromkeys(sentences)]))


def _line(key: Key, lines: Mapping[Key, int]) -> str:
    """The line of a key, or of the nearest thing above it."""
    number = next((lines[key[:length]] for length in range(len(key), 0, -1) if key[:length] in lines), None)
    return "" if number is None else f"line {number}: "


def _quantity_problems(file: ClaimsFile, signatures: Mapping[str, Signature]) -> list[Problem]:
    """Unknown quantities, arguments and scales, and margins that are neither given nor implied."""

    def check(part: PartSettings) -> None:
        if part.quantity not in signatures:
            raise ValueError(f"there is no quantity '{part.quantity}'; {nearest(part.quantity, signatures)}")
        signature = signatures[part.quantity]
        signature.check(part.arguments)
        for name, value in part.arguments.items():
            _check_scales(value, f"the argument '{name}'")
        if part.kind != "exact" and part.margin is None and signature.unit not in DEFAULT_MARGINS:
            raise ValueError(f"the quantity '{part.quantity}' ({signature.unit}) has no default margin: give one")

    found = []
    for number, claim in enumerate(file.claims):
        found += _problems(("claims", number, "judges"), claim.id, lambda claim=claim: _check_judges(claim))
        for place, part in enumerate(claim.parts):
            key = ("claims", number, "parts", place)
            found += _problems(key, f"{claim.id}, part {place + 1}", lambda part=part: check(part))
    return found


def _problems(key: Key, whose: str, check: Callable[[], None]) -> list[Problem]:
    try:
        check()
    except ValueError as error:
        return [(key, f"claim {whose}: {error}")]
    return []


def _check_judges(claim: ClaimSettings) -> None:
    for judged in claim.judges:
        _check_scales(judged, "an entry of 'judges'")


def _check_scales(value: Any, what: str) -> None:
    if isinstance(value, Mapping):
        if "default" not in value:
            raise ValueError(f"{what} differs by scale, so it needs a 'default'")
        for scale in value:
            if scale not in ("default", *SCALES):
                raise ValueError(f"'{scale}' is no scale; {nearest(scale, SCALES)}")


def _experiment_problems(
    file: ClaimsFile, signatures: Mapping[str, Signature], known: Collection[str]
) -> Iterator[Problem]:
    """Experiments that no config knows."""
    for number, claim in enumerate(file.claims):
        for judged in _each_scale(claim.judges):
            if judged not in known:
                yield (
                    ("claims", number, "judges"),
                    f"claim {claim.id}: no config has an experiment '{judged}'; {nearest(judged, known)}",
                )
        for place, part in enumerate(claim.parts):
            if part.quantity not in signatures:
                continue
            for group, name, value in _named_experiments(part, signatures[part.quantity]):
                if f"{group}.{value}" not in known:
                    there = [one.removeprefix(f"{group}.") for one in known if one.startswith(f"{group}.")]
                    yield (
                        ("claims", number, "parts", place, "arguments", name),
                        f"claim {claim.id}, part {place + 1}: no config has {name} '{value}' in {group}; "
                        f"{nearest(value, [one for one in there if '.' not in one])}",
                    )


def _named_experiments(part: PartSettings, signature: Signature) -> Iterator[tuple[str, str, str]]:
    """Group, argument and name of every experiment that the arguments name."""
    for argument, (group, others) in NAMED_EXPERIMENTS.items():
        if argument in signature.arguments:
            for name in (argument, *others):
                for value in _each_scale([part.arguments.get(name)]):
                    if isinstance(value, str):
                        yield group, name, value


def _each_scale(values: Collection[Any]) -> list[Any]:
    """Values, and those of every scale where they differ by scale."""
    return [one for value in values for one in (value.values() if isinstance(value, Mapping) else [value])]


def _sentence(problem: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    """One problem of the schema as a sentence that names the claim by its id."""
    place = tuple(problem["loc"])
    whose, below = _owner(place, content)
    where = f"{whose}{'.'.join(str(part) for part in below)}" if below else whose.removesuffix(": ") or "the file"
    kind, shown = problem["type"], repr(problem["input"])
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    if kind == "extra_forbidden":
        return f"{where} is no key of a claims file; {nearest(str(place[-1]), _model(place).model_fields)}"
    if kind == "missing":
        return f"{where} is required and missing"
    if kind == "literal_error":
        valid = [word.strip("' ") for word in problem["ctx"]["expected"].replace(" or ", ", ").split(",")]
        return f"{where} is {shown}; {nearest(str(problem['input']), valid)}"
    message = problem["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if kind == "value_error" else f"{where} is {shown}: {message[0].lower()}{message[1:]}"


def _owner(place: Key, content: Mapping[str, Any]) -> tuple[str, Key]:
    """``claim L2, part 1: `` and what of the place lies below that."""
    if len(place) < 2 or place[0] != "claims" or not isinstance(place[1], int):
        return "", place
    claim = content["claims"][place[1]]
    name = claim.get("id", f"number {place[1] + 1}") if isinstance(claim, Mapping) else f"number {place[1] + 1}"
    if len(place) > 3 and place[2] == "parts" and isinstance(place[3], int):
        return f"claim {name}, part {place[3] + 1}: ", place[4:]
    return f"claim {name}: ", place[2:]


def _model(place: Key) -> type[Settings]:
    models = {"claims": ClaimSettings, "parts": PartSettings, "published": PublishedValue}
    names = [part for part in place[:-1] if part in models]
    return models[names[-1]] if names else ClaimsFile
