"""How a run's experiments differ from the paper's: differences against the same experiment of ``config/paper.yaml``.

An experiment is a place in a paper's section of the config, such as ``language_model.arms.greedy``, ``mixture.one_blob_500``
or ``vae``. With an arm, its family, corpora and tokenizer are compared, whatever they are named.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

from modelcollapse.runtime.nearest import nearest

NO_DEVIATION = frozenset(
    {"role", "label", "samples_in_dvc", "published_as", "unverified", "gpu", "log_q", "measures"}
    | {"seed", "seeds", "first_seed"}
)
"""Settings that say how an experiment is shown, kept, measured and repeated. Claims have their own numbers of replicates."""
CORPORA, TOKENIZER = ("corpus", "base_corpus"), "tokenizer"
CORPUS_SIZES = ("train", "validation", "test")
SIZES = (*CORPUS_SIZES, "train_rows", "validation_rows", "test_rows", "base_rows")
"""Settings whose null means all there is."""
PRETRAINED = ("pretrained", "revision", "sha256")
DEEPEST = 3
"""Experiments lie at most that many keys below a paper's section."""

Place = tuple[str, ...]
Difference = tuple[Place, Any, Any]


@dataclass(frozen=True)
class Deviation:
    """One setting in which this run differs from the paper."""

    experiment: str
    """Experiment, or family of an arm, in this run's config; without the paper's name."""
    setting: str
    """The key below it; empty where the paper has no such experiment."""
    ours: Any
    """The value of this run."""
    theirs: Any
    """The value of ``config/paper.yaml``."""
    unverified: bool = False
    """Whether ``config/paper.yaml`` had to choose its value, since the paper does not say it. Such a deviation is printed
    and counts for no verdict."""

    @property
    def path(self) -> str:
        """Dotted key below the paper's section."""
        return f"{self.experiment}.{self.setting}".rstrip(".")

    def words(self) -> tuple[str, str]:
        """Both values as text."""
        return _in_words(self.ours, self.setting), _in_words(self.theirs, self.setting)


def to_json(found: Sequence[Deviation]) -> str:
    """Deviations as ``claims.csv`` keeps them: a JSON list of objects."""
    return json.dumps([asdict(deviation) for deviation in found])


def from_json(text: str) -> list[Deviation]:
    """What ``to_json`` wrote."""
    return [Deviation(**entry) for entry in json.loads(text)]


def deviations(ours: Mapping[str, Any], theirs: Mapping[str, Any], paper: str, experiment: str) -> list[Deviation]:
    """Settings of an experiment that differ from the paper's.

    Args:
        ours: this run's merged config as plain data: at least ``corpora``, ``tokenizers`` and the paper's section.
        theirs: the same of ``config/paper.yaml``.
        paper: name of the paper's section.
        experiment: place below that section; ``published_as`` says which experiment of the paper it is, if that has another
            name.

    Raises:
        ValueError: this run has no such experiment, or ``published_as`` names one that the paper does not have.
    """
    place = tuple(experiment.split("."))
    found = _Compared(ours, theirs, paper)
    mine = found.node(ours, place)
    if not isinstance(mine, Mapping):
        raise ValueError(f"{paper} has no experiment '{experiment}' in this config.")
    there = (*place[:-1], mine.get("published_as") or place[-1])
    other = found.node(theirs, there)
    if not isinstance(other, Mapping):
        if mine.get("published_as"):
            names = found.node(theirs, place[:-1]) or {}
            raise ValueError(
                f"{paper}.{experiment}.published_as is '{there[-1]}', which config/paper.yaml does not have; "
                f"{nearest(there[-1], names)}"
            )
        kind = {"arms": "arm", "families": "family"}.get(place[-2] if len(place) > 1 else "", "experiment")
        return [Deviation(experiment, "", place[-1], f"the paper has no such {kind}")]
    return found.of(place, mine, there, other)


def experiments_of(section: Mapping[str, Any] | None) -> list[str]:
    """Places of all experiments, and of the groups they lie in, below a paper's section of a config (plain data)."""

    def below(node: Mapping[str, Any], place: Place) -> Iterator[Place]:
        for name, inner in node.items():
            here = (*place, str(name))
            if name == "arm_defaults":
                continue
            # an arm without a key of its own may be written as null; any other group that is null is not run
            if isinstance(inner, Mapping) or (inner is None and place[-1:] == ("arms",)):
                yield here
            if isinstance(inner, Mapping) and len(here) < DEEPEST:
                yield from below(inner, here)

    return [".".join(place) for place in below(section or {}, ())]


@dataclass(frozen=True)
class _Compared:
    """Two configs, seen from one paper."""

    ours: Mapping[str, Any]
    theirs: Mapping[str, Any]
    paper: str

    def node(self, config: Mapping[str, Any], place: Place) -> Any:
        return _at(config.get(self.paper), place)

    def of(self, place: Place, mine: Mapping[str, Any], there: Place, other: Mapping[str, Any]) -> list[Deviation]:
        """Differences of an experiment, then those of its family."""
        found = [self._deviation(place, there, difference) for difference in self._differences(mine, other)]
        if "family" in mine and "family" in other:
            families = (*place[:-2], "families")
            ours, theirs = (*families, mine["family"]), (*families, other["family"])
            found += self.of(ours, self.node(self.ours, ours), theirs, self.node(self.theirs, theirs))
        return found

    def _deviation(self, place: Place, there: Place, difference: Difference) -> Deviation:
        below, mine, other = difference
        patterns = _at(self.theirs.get(self.paper), ("unverified",)) or ()
        unverified = any(_matches(pattern, (*there, *below)) for pattern in patterns)
        return Deviation(".".join(place), ".".join(below), mine, other, unverified)

    def _differences(
        self, mine: Mapping[str, Any], other: Mapping[str, Any], below: Place = ()
    ) -> Iterator[Difference]:
        unread = _unread(mine, other)
        for key in dict.fromkeys([*other, *mine]):
            place = (*below, key)
            if key in NO_DEVIATION or key in unread or key == "family" or place[-2:] == ("decoding", "batch_size"):
                continue
            a, b = mine.get(key), other.get(key)
            if key in CORPORA:
                yield from self._corpus(a, b, place)
            elif key == TOKENIZER and isinstance(a, str) and isinstance(b, str):
                yield from self._tokenizer(self.ours["tokenizers"][a], self.theirs["tokenizers"][b], place)
            elif isinstance(a, Mapping) and isinstance(b, Mapping):
                yield from self._differences(a, b, place)
            elif a != b:
                yield place, a, b

    def _corpus(self, mine: str | None, other: str | None, below: Place) -> Iterator[Difference]:
        """Where the text comes from and how much of it; details of a source matter where both have the same one."""
        a = {} if mine is None else self.ours["corpora"][mine]
        b = {} if other is None else self.theirs["corpora"][other]
        if not a or not b or a["source"] != b["source"]:
            if a or b:
                yield (*below, "source"), a.get("source"), b.get("source")
            keys: Sequence[str] = CORPUS_SIZES if a and b else ()
        else:
            keys = [key for key in dict.fromkeys([*b, *a]) if key not in NO_DEVIATION]
        yield from (((*below, key), a.get(key), b.get(key)) for key in keys if a.get(key) != b.get(key))

    def _tokenizer(self, mine: Mapping[str, Any], other: Mapping[str, Any], below: Place) -> Iterator[Difference]:
        """Kind and vocabulary; which published one it is where both are published; which text trained it where both were."""
        keys = ["kind"]
        if mine["kind"] == "pretrained":
            keys += PRETRAINED if other["kind"] == "pretrained" else ["pretrained"]
        else:
            keys += ["vocabulary"] if mine["kind"] == "bpe" else []
        yield from (((*below, key), mine.get(key), other.get(key)) for key in keys if mine.get(key) != other.get(key))
        if mine["kind"] == other["kind"] != "pretrained":
            sources = [
                sorted(config["corpora"][name]["source"] for name in tokenizer["corpora"])
                for config, tokenizer in ((self.ours, mine), (self.theirs, other))
            ]
            if sources[0] != sources[1]:
                yield (*below, "corpora"), *sources


def _unread(mine: Mapping[str, Any], other: Mapping[str, Any]) -> frozenset[str]:
    """Keys of a group that one of the two does not read, so that their difference is none."""
    unread: set[str] = set()
    if "base_corpus" in mine and (mine["base_corpus"] is None or other.get("base_corpus") is None):
        # one of them is not pretrained here
        unread |= {"base_rows", "base_training"}
    if "pretrained" in mine and "width" in mine:
        if mine["pretrained"] is not None:
            # sizes come with the weights
            unread |= set(mine) - set(PRETRAINED)
        if mine["pretrained"] != other.get("pretrained"):
            unread |= {"revision", "sha256"}
    return frozenset(unread)


def _at(node: Any, place: Place) -> Any:
    for name in place:
        if not isinstance(node, Mapping):
            return None
        node = node.get(name)
    return node


def _matches(pattern: str, place: Place) -> bool:
    """Whether a pattern such as ``language_model.arms.*.weights`` names the place or something above it."""
    parts = pattern.split(".")
    return len(parts) <= len(place) and all(fnmatchcase(name, part) for part, name in zip(parts, place, strict=False))


def _in_words(value: Any, setting: str) -> str:
    if value is None:
        return "all" if setting.rpartition(".")[2] in SIZES else "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_in_words(inner, name)}" for name, inner in value.items() if inner is not None)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
