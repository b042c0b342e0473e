"""Steps that show results: figures, tables, claims and the pages that list them."""

from __future__ import annotations

from pathlib import Path

from modelcollapse.evidence.claims_file import claims_parameters
from modelcollapse.presentation.topics import Topic
from modelcollapse.steps.step import Step
from modelcollapse.workflow.opening import claims_file, published
from modelcollapse.workflow.places import TEXT_SPLITS
from modelcollapse.workflow.workspace import Workspace

COMMAND = "commands.presentation"
Groups = dict[str, dict[str, Path]]


def paper_files(workspace: Workspace, paper: str) -> Groups:
    """What a paper's claims read: the measures of its arms and the tables of its simulations, by group and name."""
    places = workspace.places
    groups: Groups = {"measures": {arm: Path(places.measures(f"{paper}/{arm}")) for arm in workspace.arms(paper)}}
    for topic, name in workspace.simulations(paper):
        groups.setdefault(topic, {})[name] = Path(places.simulation(f"{paper}/{topic}/{name}"))
    return {group: files for group, files in groups.items() if files}


def topic_files(workspace: Workspace, paper: str, topic: Topic) -> Groups:
    """What the figures and tables of a topic read, by group and name."""
    return {group: files for group in topic.data if (files := _group(workspace, paper, group))}


def draw_figures(workspace: Workspace, topic: str) -> Step:
    """Draw all figures of a topic ``<paper>/<topic>``: one start of the plotting library for all of them."""
    chosen, places, paper = workspace.topic(topic), workspace.places, topic.split("/")[0]
    return _show(
        workspace,
        paper,
        chosen,
        "draw-figures",
        {f"{name}.{end}": Path(places.figure(paper, name, end)) for name in chosen.figures for end in ("svg", "png")},
    )


def write_tables(workspace: Workspace, topic: str) -> Step:
    """Write all tables of a topic ``<paper>/<topic>``."""
    chosen, places, paper = workspace.topic(topic), workspace.places, topic.split("/")[0]
    endings = {"csv": "csv", "markdown": "md"}
    return _show(
        workspace,
        paper,
        chosen,
        "write-tables",
        {
            f"{name}.{role}": Path(places.table(paper, name, ending))
            for name in chosen.tables
            for role, ending in endings.items()
        },
    )


def judge_claims(workspace: Workspace, paper: str) -> Step:
    """Judge every claim of a paper by the rules written before the run."""
    config, places = workspace.config, workspace.places
    ours = config.model_dump(include={"corpora", "tokenizers", paper})
    return Step(
        name="judge-claims",
        command="commands.claims",
        module="evidence.judge",
        entries=(f"papers.{paper}.quantities",),
        inputs=flat(paper_files(workspace, paper)),
        arguments={
            "paper": paper,
            "claims": claims_parameters(claims_file(paper)),
            "scale": config.scale,
            "folder": config.folder,
            "ours": ours,
            "theirs": {name: published().get(name) for name in ("corpora", "tokenizers", paper)},
        },
        outputs={
            "claims": Path(places.paper(paper, "claims.csv")),
            "raw": Path(places.paper(paper, "claims_raw.csv")),
            "rules": Path(places.paper(paper, "claims_rules.json")),
        },
    )


def show_claims(workspace: Workspace, paper: str) -> Step:
    """Write the claims as a page for people, and their counts for DVC."""
    places = workspace.places
    return Step(
        name="show-claims",
        command="commands.claims",
        module="presentation.claims_page",
        inputs={"claims": Path(places.paper(paper, "claims.csv"))},
        outputs={
            "markdown": Path(places.paper(paper, "claims.md")),
            "metrics": Path(places.paper(paper, "metrics.json")),
        },
    )


def merge_claims(workspace: Workspace) -> Step:
    """Put the claims of all papers below each other."""
    places = workspace.places
    return Step(
        name="merge-claims",
        command="commands.claims",
        module="evidence.judge",
        inputs={paper: Path(places.paper(paper, "claims.csv")) for paper in workspace.papers},
        outputs={"claims": Path(f"{places.results}/claims.csv")},
    )


def flat(groups: Groups) -> dict[str, Path]:
    """Files by ``group/name``."""
    return {f"{group}/{name}": path for group, files in groups.items() for name, path in files.items()}


def _show(workspace: Workspace, paper: str, topic: Topic, name: str, outputs: dict[str, Path]) -> Step:
    return Step(
        name=name,
        command=COMMAND,
        module=topic.module,
        inputs=flat(topic_files(workspace, paper, topic)),
        arguments={"settings": workspace.paper(paper).model_dump(), "arms": workspace.config.arms},
        outputs=outputs,
    )


def _group(workspace: Workspace, paper: str, group: str) -> dict[str, Path]:
    places = workspace.places
    if group == "measures":
        return {arm: Path(places.measures(f"{paper}/{arm}")) for arm in workspace.arms(paper)}
    if group == "samples":
        return {
            f"{name}/seed{seed}/gen{generation}": Path(places.samples(f"{paper}/{name}", seed, generation))
            for name, arm in workspace.arms(paper).items()
            if arm.role == "main"
            for seed in workspace.seeds(f"{paper}/{name}")[:1]
            for generation in range(arm.generations + 1)
        }
    if group == "tokenizers":
        return {
            family.tokenizer: Path(places.tokenizer(family.tokenizer)) for family in workspace.families(paper).values()
        }
    if group == "encoded":
        return {
            f"{family.corpus}/{family.tokenizer}/{split}": Path(places.encoded(family.corpus, family.tokenizer, split))
            for family in workspace.families(paper).values()
            for split in TEXT_SPLITS
        }
    topic, ending = (group.removesuffix("_arrays"), "npz") if group.endswith("_arrays") else (group, "parquet")
    return {
        name: Path(places.simulation(f"{paper}/{topic}/{name}", ending))
        for (found, name), simulation in workspace.simulations(paper).items()
        if found == topic and (ending == "parquet" or simulation.arrays)
    }
