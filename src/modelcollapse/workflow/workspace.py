"""A validated config, asked for what steps and rules need of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from modelcollapse.configuration.schema import Config
from modelcollapse.papers.registry import PAPERS, part
from modelcollapse.presentation.topics import Topic
from modelcollapse.recursion.settings import ArmSettings, FamilySettings, LanguageModelSettings
from modelcollapse.runtime.nearest import nearest
from modelcollapse.simulation.declaration import Simulation
from modelcollapse.simulation.running import group_of
from modelcollapse.workflow.places import Places


@dataclass(frozen=True)
class Workspace:
    """One run: its config and the places of its files."""

    config: Config

    @cached_property
    def places(self) -> Places:
        """Where the files of the run lie."""
        return Places(self.config.folder)

    @cached_property
    def papers(self) -> list[str]:
        """Papers that the config has a section for, in the order in which they are shown."""
        return [paper for paper in PAPERS if getattr(self.config, paper) is not None]

    def paper(self, paper: str) -> Any:
        """The settings of a paper.

        Raises:
            ValueError: there is no such paper, or the config has no section for it.
        """
        if paper not in self.papers:
            raise ValueError(f"There is no paper '{paper}' in this config: it has {', '.join(self.papers) or 'none'}.")
        return getattr(self.config, paper)

    def language_model(self, paper: str) -> LanguageModelSettings | None:
        """The language-model experiments of a paper, if it has any."""
        return getattr(self.paper(paper), "language_model", None)

    def arms(self, paper: str) -> dict[str, ArmSettings]:
        """The arms that run: ablations only with ``arms: all``."""
        models = self.language_model(paper)
        chosen = {} if models is None else models.arms
        return {name: arm for name, arm in chosen.items() if arm.role != "ablation" or self.config.arms == "all"}

    def arm(self, arm: str) -> ArmSettings:
        """The settings of an arm ``<paper>/<arm>``.

        Raises:
            ValueError: there is no such arm.
        """
        paper, name = _parts(arm, 2, "an arm")
        models = self.language_model(paper)
        if models is None or name not in models.arms:
            raise ValueError(f"'{paper}' has no arm '{name}'; {nearest(name, models.arms if models else ())}.")
        return models.arms[name]

    def families(self, paper: str) -> dict[str, FamilySettings]:
        """The families of the arms that run."""
        models = self.language_model(paper)
        used = {arm.family for arm in self.arms(paper).values()}
        return {} if models is None else {name: models.families[name] for name in models.families if name in used}

    def family(self, family: str) -> FamilySettings:
        """The settings of a family ``<paper>/<family>``.

        Raises:
            ValueError: there is no such family.
        """
        paper, name = _parts(family, 2, "a family")
        models = self.language_model(paper)
        if models is None or name not in models.families:
            raise ValueError(f"'{paper}' has no family '{name}'; {nearest(name, models.families if models else ())}.")
        return models.families[name]

    def seeds(self, arm: str) -> range:
        """Seeds of an arm ``<paper>/<arm>``; an ablation has one: it is shown and gives no verdict."""
        first = getattr(self.paper(arm.split("/")[0]), "first_seed", 1)
        settings = self.arm(arm)
        return range(first, first + (1 if settings.role == "ablation" else settings.seeds))

    def simulation(self, simulation: str) -> Simulation:
        """The declaration of a simulation ``<paper>/<topic>/<name>``.

        Raises:
            ValueError: there is no such simulation.
        """
        paper, topic, name = _parts(simulation, 3, "a simulation")
        declared = self.simulations(paper)
        if (topic, name) not in declared:
            there = [f"{topic}/{name}" for topic, name in declared]
            raise ValueError(f"'{paper}' has no simulation '{topic}/{name}'; {nearest(f'{topic}/{name}', there)}.")
        return declared[topic, name]

    def simulation_settings(self, simulation: str) -> Any:
        """The group of settings that a simulation ``<paper>/<topic>/<name>`` reads."""
        return group_of(self.simulation(simulation), self.paper(simulation.split("/")[0]))

    def topic(self, topic: str) -> Topic:
        """The declaration of a topic ``<paper>/<topic>``.

        Raises:
            ValueError: there is no such topic.
        """
        paper, name = _parts(topic, 2, "a topic")
        topics = self.topics(paper)
        if name not in topics:
            raise ValueError(f"'{paper}' has no topic '{name}'; {nearest(name, topics)}.")
        return topics[name]

    def simulations(self, paper: str) -> dict[tuple[str, str], Simulation]:
        """Simulations of a paper by topic and name."""
        declared = part(paper, "experiments").simulations(self.paper(paper))
        return {(simulation.topic, simulation.name): simulation for simulation in declared}

    def topics(self, paper: str) -> dict[str, Topic]:
        """What is drawn and tabulated of a paper."""
        declared = part(paper, "experiments").topics(self.paper(paper), self.config.arms)
        return {topic.name: topic for topic in declared}

    def encoded_pairs(self) -> list[tuple[str, str]]:
        """Pairs of text corpus and tokenizer that some arm reads."""
        pairs = {
            (corpus, family.tokenizer)
            for paper in self.papers
            for family in self.families(paper).values()
            for corpus in (family.corpus, family.base_corpus)
            if corpus is not None
        }
        return sorted(pairs)


def open_workspace(config_file: Path, device: str = "auto") -> Workspace:
    """The workspace of a merged config, ``results/<scale>/config.yaml``.

    Args:
        config_file: written at the start of every run.
        device: of this machine, so not part of the file.

    Raises:
        ValueError: the file is absent or was not written by a run.
    """
    if not config_file.is_file():
        raise ValueError(
            f"There is no config {config_file}: give --config results/<scale>/config.yaml, which a run writes."
        )
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        merged = yaml.load(config_file.read_text(encoding="utf-8"), Loader=loader)
        return Workspace(Config.model_validate(merged | {"device": device}))
    except (yaml.YAMLError, TypeError, ValueError) as error:
        raise ValueError(
            f"{config_file} is not the merged config of a run ({error}). Your snakemake command writes it: type it again."
        ) from error


def _parts(name: str, count: int, what: str) -> list[str]:
    parts = name.split("/")
    if len(parts) != count:
        shape = {2: "<paper>/<name>", 3: "<paper>/<topic>/<name>"}[count]
        raise ValueError(f"'{name}' names no {what.split()[-1]}: {what} is written {shape}.")
    return parts
