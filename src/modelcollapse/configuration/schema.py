"""Every key of the config files: type, default, meaning. Papers come from the one list of papers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, create_model, model_validator

from modelcollapse.corpora import sources
from modelcollapse.corpora.settings import CorpusSettings, TokenizerSettings
from modelcollapse.papers.registry import PAPERS, part
from modelcollapse.runtime.nearest import nearest
from modelcollapse.runtime.settings import Reference, Settings

NAME = re.compile(r"[a-z0-9_]+")
FREE_FORM = ("published_text", "arm_defaults", "options", "shares", "files")
"""Mappings whose keys are keys of something else, not names of ours."""


class SharedConfig(Settings):
    """What all papers share: one scale of the one DAG."""

    scale: Literal["smoke", "laptop", "pretrained", "workstation", "paper"]
    """Which size this is; names the folders below `data/` and `results/`."""
    text: Literal["embedded", "published"] = "embedded"
    """Text that needs no network, or the papers' corpora."""
    arms: Literal["core", "all"] = "core"
    """Arms that give verdicts, or also the ablations (one seed, no verdict)."""
    run: str | None = None
    """Name of a variant of a scale; its folders are `<scale>-<run>`, so that the scale's results stay as they are."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where tensors live; `auto` means CUDA where there is one."""
    threads: Annotated[int, Field(ge=1)] = 1
    """Threads of one fit; results depend on it."""
    corpus_mirror: str | None = None
    """Folder with the published corpora, `<corpus>/<split>.{txt,jsonl}[.gz]`; null means the hub."""
    corpora: dict[str, CorpusSettings]
    """Human text and images, by name."""
    tokenizers: dict[str, TokenizerSettings]
    """Tokenizers, by name."""
    published_text: dict[str, Any] = {}
    """Keys that replace those above when `text` is `published`."""

    @model_validator(mode="after")
    def _names_are_safe(self) -> SharedConfig:
        for where, name in [*_names_in(self, ""), *([("run", self.run)] if self.run is not None else [])]:
            if not NAME.fullmatch(name):
                raise ValueError(f"{where}: the name {name!r} must be made of lower-case letters, digits and _ alone")
        return self

    @model_validator(mode="after")
    def _references_exist(self) -> SharedConfig:
        for where, kind, name in _references_in(self, ""):
            there = self._of_kind(kind)
            if name not in there:
                raise ValueError(f"{where} is '{name}', which is no {kind} of this config; {nearest(name, there)}")
        return self

    def _of_kind(self, kind: str) -> list[str]:
        if kind == "tokenizer":
            return list(self.tokenizers)
        wanted = "images" if kind == "image corpus" else "text"
        return [name for name, corpus in self.corpora.items() if sources.kind_of(corpus.source) == wanted]

    @property
    def folder(self) -> str:
        """Name of the folder below `data/`, `results/` and `logs/`."""
        published = self.text == "published" and self.scale in ("smoke", "laptop")
        return "-".join([self.scale, *(["published"] if published else []), *([self.run] if self.run else [])])


Config = create_model(
    "Config",
    __base__=SharedConfig,
    __doc__="A whole config; a paper that has no section is left out of the run.",
    **{
        paper: (part(paper, "settings").PaperSettings | None, Field(None, description=f"Experiments of {paper}."))
        for paper in PAPERS
    },
)


def _inside(value: Any, where: str) -> Iterator[tuple[str, BaseModel]]:
    """Every group of settings in a value, with its key."""
    if isinstance(value, BaseModel):
        yield where, value
        for name in type(value).model_fields:
            yield from _inside(getattr(value, name), f"{where}.{name}".lstrip("."))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _inside(item, f"{where}.{name}")
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _inside(item, f"{where}.{place}")


def _names_in(config: BaseModel, where: str) -> Iterator[tuple[str, str]]:
    for place, group in _inside(config, where):
        for field in type(group).model_fields:
            value = getattr(group, field)
            if isinstance(value, Mapping) and field not in FREE_FORM:
                yield from ((f"{place}.{field}".lstrip("."), str(name)) for name in value)


def _references_in(config: BaseModel, where: str) -> Iterator[tuple[str, str, str]]:
    """Key, kind and name of every reference to a corpus or tokenizer."""
    for place, group in _inside(config, where):
        for field, facts in type(group).model_fields.items():
            kind = next((mark.kind for mark in facts.metadata if isinstance(mark, Reference)), None)
            value = getattr(group, field)
            for name in value if isinstance(value, list) else [value]:
                if kind is not None and name is not None:
                    yield f"{place}.{field}".lstrip("."), kind, name
