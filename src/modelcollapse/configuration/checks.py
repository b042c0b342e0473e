"""What settings must be true of each other, whatever the paper. Each check gives the key and a sentence.

Checks of one group alone are validators of its class; here stand those that look at several groups.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from modelcollapse.corpora import sources
from modelcollapse.corpora.settings import CorpusSettings, TokenizerSettings
from modelcollapse.measures.arm_measures import check_measures
from modelcollapse.recursion.registry import METHODS, REGIMES, needs_new_human_rows, options_of
from modelcollapse.recursion.settings import ArmSettings, FamilySettings, LanguageModelSettings, ModelSettings
from modelcollapse.regression.images.settings import ImageSettings
from modelcollapse.runtime.entries import entry_names
from modelcollapse.runtime.nearest import nearest
from modelcollapse.runtime.settings import Reference

Key = tuple[str | int, ...]
Problem = tuple[Key, str]

NAME = re.compile(r"[a-z0-9_]+")
RULE_FOR_NAMES = "names are made of lower-case letters, digits and _ alone, because folders are called after them"
COMMIT, SHA256 = re.compile(r"[0-9a-f]{40}"), re.compile(r"[0-9a-f]{64}")
FREE_FORM = ("published_text", "arm_defaults")
"""Mappings whose keys are keys of something else, not names."""
KEEPS_HUMAN_ROWS = ("preserve", "fresh")


class ConfigProblems(ValueError):
    """Settings that contradict each other; ``problems`` holds each with its key."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, key))} {sentence}" for key, sentence in problems))
        self.problems = problems


def problems_of(config: Any) -> list[Problem]:
    """Everything that is wrong between the groups of a config whose groups are each valid."""
    found = [*_unsafe_names(config), *_missing_references(config)]
    # the other checks look up what references name
    return found or [*_wrong_tokenizers(config.tokenizers, config.corpora), *_wrong_groups(config)]


def problems_here(config: Any) -> Iterator[Problem]:
    """What the config asks of this machine and is not there: packages, folders and files."""
    for name, corpus in config.corpora.items():
        source = sources.find_source(corpus.source)
        if hasattr(source, "parameters"):
            try:
                source.parameters(corpus)
            except ValueError as error:
                yield ("corpora", name), f"cannot be prepared: {error}"
    for key, group in groups_of(config):
        name = getattr(group, "pretrained", None)
        if name is not None and not _is_hub_name(name) and not Path(name).exists():
            yield (*key, "pretrained"), f"is '{name}', which is no file or folder here and no hub name: correct it"


def idle_options(config: BaseModel) -> Iterator[Problem]:
    """Options of arms that are set to something and that the regime, method or schedule of the arm does not read."""
    for key, group in groups_of(config):
        for name, arm in group.arms.items() if isinstance(group, LanguageModelSettings) else ():
            for part, option, chosen in _idle_in(arm):
                default = type(getattr(arm, part)).model_fields[option].get_default()
                sentence = f"has no effect, because '{chosen}' does not read it: leave it out, or set it to {default!r}"
                yield (*key, "arms", name, part, option), sentence


def groups_of(value: Any, key: Key = ()) -> Iterator[tuple[Key, BaseModel]]:
    """Every group of settings in a value, with its key."""
    if isinstance(value, BaseModel):
        yield key, value
        for name in type(value).model_fields:
            yield from groups_of(getattr(value, name), (*key, name))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from groups_of(item, (*key, name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from groups_of(item, (*key, place))


def _unsafe_names(config: Any) -> Iterator[Problem]:
    for key, group in groups_of(config):
        for field in type(group).model_fields:
            value = getattr(group, field)
            if isinstance(value, Mapping) and field not in FREE_FORM:
                for name in value:
                    if not NAME.fullmatch(name):
                        yield (*key, field, name), f"is no name that can be used: {RULE_FOR_NAMES}"
    if config.run is not None and not NAME.fullmatch(config.run):
        yield ("run",), f"is {config.run!r}: {RULE_FOR_NAMES}"
    if config.run == "published":
        yield ("run",), "is 'published', but that is the folder of `text: published`: choose another name"


def _missing_references(config: Any) -> Iterator[Problem]:
    for key, group in groups_of(config):
        for field, facts in type(group).model_fields.items():
            kind = next((mark.kind for mark in facts.metadata if isinstance(mark, Reference)), None)
            value = getattr(group, field)
            for name in value if isinstance(value, list) else [value]:
                if kind is not None and name is not None and name not in _of_kind(config, kind):
                    hint = nearest(name, _of_kind(config, kind))
                    yield (*key, field), f"is '{name}', which is no {kind} of this config; {hint}"
        if isinstance(group, LanguageModelSettings):
            for name, arm in group.arms.items():
                if arm.family not in group.families:
                    hint = nearest(arm.family, group.families)
                    yield (*key, "arms", name, "family"), f"is '{arm.family}', which is no family; {hint}"


def _of_kind(config: Any, kind: str) -> list[str]:
    if kind == "tokenizer":
        return list(config.tokenizers)
    wanted = "images" if kind == "image corpus" else "text"
    return [name for name, corpus in config.corpora.items() if sources.kind_of(corpus.source) == wanted]


def _wrong_tokenizers(
    tokenizers: Mapping[str, TokenizerSettings], corpora: Mapping[str, CorpusSettings]
) -> Iterator[Problem]:
    for name, tokenizer in tokenizers.items():
        key: Key = ("tokenizers", name)
        if tokenizer.kind == "pretrained":
            if not tokenizer.pretrained:
                yield key, "is of the kind 'pretrained' and names none: set `pretrained` to a hub name or a folder"
            else:
                yield from _unpinned(key, tokenizer, tokenizer.pretrained)
            if tokenizer.corpora:
                yield (*key, "corpora"), "has no effect: a 'pretrained' tokenizer is not trained here"
            continue
        if not tokenizer.corpora:
            yield key, f"is of the kind '{tokenizer.kind}' and has no corpora to be made from: name at least one"
        if tokenizer.pretrained is not None:
            yield (*key, "pretrained"), f"has no effect with the kind '{tokenizer.kind}': leave it out"
        for corpus in tokenizer.corpora:
            if tokenizer.kind == "words" and not sources.has_vocabulary(corpora[corpus].source):
                yield (*key, "corpora"), f"names '{corpus}', whose words are not known beforehand: use `kind: bpe`"


def _wrong_groups(config: Any) -> Iterator[Problem]:
    for key, group in groups_of(config):
        if isinstance(group, ModelSettings) and group.pretrained is not None:
            yield from _unpinned(key, group, group.pretrained)
        if isinstance(group, ImageSettings):
            yield from _too_few_images(key, group, config.corpora[group.corpus])
        if isinstance(group, LanguageModelSettings):
            for name, family in group.families.items():
                yield from _wrong_family((*key, "families", name), family, config.corpora)
            for name, arm in group.arms.items():
                yield from _wrong_arm((*key, "arms", name), arm, group.families[arm.family], config.corpora)


def _unpinned(key: Key, group: TokenizerSettings | ModelSettings, name: str) -> Iterator[Problem]:
    if name.endswith(".gguf"):
        if group.sha256 is None or not SHA256.fullmatch(group.sha256):
            yield (*key, "sha256"), f"must pin {name} with the 64 hex digits of its SHA-256, but is {group.sha256!r}"
    elif _is_hub_name(name) and (group.revision is None or not COMMIT.fullmatch(group.revision)):
        sentence = f"must pin '{name}' of the hub with the 40 hex digits of a commit, but is {group.revision!r}"
        yield (*key, "revision"), sentence


def _is_hub_name(name: str) -> bool:
    local = name.endswith(".gguf") or name.startswith((".", "~", "/")) or Path(name).is_dir()
    return not local and name.count("/") == 1


def _too_few_images(key: Key, group: ImageSettings, corpus: CorpusSettings) -> Iterator[Problem]:
    there = corpus.train or getattr(sources.find_source(corpus.source), "DOCUMENTS", {}).get("train")
    own, others = max(group.samples), max(labeller.images for labeller in group.labellers.values())
    if there is not None and own + others > there:
        yield (
            (*key, "samples"),
            f"goes up to {own} images, and labellers need {others} others, but '{group.corpus}' has {there}: "
            "lower one of them",
        )


def _wrong_family(key: Key, family: FamilySettings, corpora: Mapping[str, CorpusSettings]) -> Iterator[Problem]:
    if family.base_corpus is not None and family.model.pretrained is not None:
        yield (*key, "base_corpus"), "and model.pretrained exclude each other: a family has one base"
    if family.base_corpus is None and family.base_rows is not None:
        yield (*key, "base_rows"), "has no effect without base_corpus"
    for field in ("corpus", "base_corpus"):
        name = getattr(family, field)
        if name is None:
            continue
        prompted = sources.has_prompts(corpora[name])
        if prompted and family.packing == "blocks":
            sentence = f"is 'blocks', which would lose the prompts of '{name}': use 'documents'"
            yield (*key, "packing"), sentence
        longest = family.row_tokens + ((corpora[name].prompt_tokens or 0) if prompted else 0)
        if longest > _positions(family, longest):
            yield (
                (*key, "row_tokens"),
                f"makes rows of up to {longest} tokens, but the model reads {family.model.positions}: "
                "lower it, or raise model.positions",
            )
    for split in ("train", "validation", "test"):
        rows, documents = getattr(family, f"{split}_rows"), getattr(corpora[family.corpus], split)
        if family.packing == "documents" and rows is not None and documents is not None and rows > documents:
            yield (*key, f"{split}_rows"), f"asks for {rows} rows, but '{family.corpus}' has {documents} documents"


def _wrong_arm(
    key: Key, arm: ArmSettings, family: FamilySettings, corpora: Mapping[str, CorpusSettings]
) -> Iterator[Problem]:
    yield from _wrong_measures((*key, "measures"), arm.measures)
    prompted = sources.has_prompts(corpora[family.corpus])
    if arm.prompts == "prompts" and not prompted:
        yield (
            (*key, "prompts"),
            f"is 'prompts', but the corpus '{family.corpus}' has none: use 'corpus_blocks' or 'none'",
        )
    given = {
        "none": 1,
        "corpus_blocks": family.row_tokens,
        "prompts": corpora[family.corpus].prompt_tokens or 1,
    }[arm.prompts]
    longest = given + arm.decoding.new_tokens
    if longest > _positions(family, longest):
        yield (
            (*key, "decoding", "new_tokens"),
            f"is {arm.decoding.new_tokens}: with a prompt of {given} tokens that makes {longest}, but the model of "
            f"family '{arm.family}' reads {family.model.positions}",
        )
    regime, rows = arm.regime, family.train_rows
    if regime.name in KEEPS_HUMAN_ROWS and regime.kept == 0:
        yield (*key, "regime", "kept"), f"is 0, so that '{regime.name}' keeps nothing: raise it, or use 'replace'"
    elif "kept" in options_of(REGIMES, regime.name) and regime.kept and rows and round(regime.kept * rows) == 0:
        yield (*key, "regime", "kept"), f"is {regime.kept:g} of {rows} human rows, which is none: raise one of them"
    if needs_new_human_rows(regime):
        documents = corpora[family.corpus].train
        if rows is None:
            sentence = (
                f"is '{regime.name}', which needs human rows beyond train_rows of family '{arm.family}': set them"
            )
            yield (*key, "regime", "name"), sentence
        elif family.packing == "documents" and documents and rows * (arm.generations + 1) > documents:
            sentence = f"is '{regime.name}', which needs {rows * (arm.generations + 1)} rows of {documents} documents"
            yield (*key, "regime", "name"), sentence


def _wrong_measures(key: Key, measures: list[str]) -> Iterator[Problem]:
    for name, count in Counter(measures).items():
        try:
            check_measures([name])
        except ValueError as error:
            yield key, f"names '{name}': {error}"
        if count > 1:
            yield key, f"names '{name}' {count} times: name it once"


def _positions(family: FamilySettings, needed: int) -> int:
    """Tokens that the model reads; those of published weights are not known here unless the config says them."""
    known = family.model.pretrained is None or "positions" in family.model.model_fields_set
    return family.model.positions if known else needed


def _idle_in(arm: ArmSettings) -> Iterator[tuple[str, str, str]]:
    """Part, option and what does not read it."""
    for part, package, chosen in (
        ("regime", REGIMES, arm.regime.name),
        ("decoding", METHODS, arm.decoding.method),
    ):
        group = getattr(arm, part)
        for option in sorted(_options(package) - set(options_of(package, chosen))):
            if getattr(group, option) != type(group).model_fields[option].get_default():
                yield part, option, chosen
    usual = type(arm.training).model_fields["final_learning_rate"].get_default()
    if arm.training.schedule == "constant" and arm.training.final_learning_rate != usual:
        yield "training", "final_learning_rate", "constant"


def _options(package: str) -> set[str]:
    """Options that some entry of a package reads."""
    return {option for entry in entry_names(package) for option in options_of(package, entry)}
