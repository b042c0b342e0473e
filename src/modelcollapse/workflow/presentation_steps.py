"""Steps that show results: figures, tables, claims and the pages that list them."""

from __future__ import annotations

from pathlib import Path

from modelcollapse.evidence.claims_file import claims_parameters
from modelcollapse.presentation.topics import Topic, read_by
from modelcollapse.steps.step import Step
from modelcollapse.workflow.opening import claims_file, published_config
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
    theirs = published_config()
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
            "ours": {name: getattr(config, name) for name in ("corpora", "tokenizers", paper)},
            "theirs": {name: getattr(theirs, name) for name in ("corpora", "tokenizers", paper)},
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
        inputs=flat(read_by(topic, every_file(workspace, paper))),
        arguments={
            "settings": workspace.paper(paper),
            "arms": workspace.config.arms,
            # how arms are shown decides no number, so a key has it only here
            "shown": {arm: [settings.role, settings.label] for arm, settings in workspace.arms(paper).items()},
        },
        outputs=outputs,
    )


def every_file(workspace: Workspace, paper: str) -> Groups:
    """Everything that a paper's figures and tables may read, by group and name; groups as in ``PaperData``."""
    places, groups = workspace.places, dict(paper_files(workspace, paper))
    for (topic, name), simulation in workspace.simulations(paper).items():
        if simulation.arrays:
            path = Path(places.simulation(f"{paper}/{topic}/{name}", "npz"))
            groups.setdefault(f"{topic}_arrays", {})[name] = path
    groups["samples"] = {
        f"{name}/seed{seed}/gen{generation}": Path(places.samples(f"{paper}/{name}", seed, generation))
        for name, arm in workspace.arms(paper).items()
        for seed in workspace.seeds(f"{paper}/{name}")
        for generation in range(arm.generations + 1)
    }
    for family in workspace.families(paper).values():
        groups.setdefault("tokenizers", {})[family.tokenizer] = Path(places.tokenizer(family.tokenizer))
        for split in TEXT_SPLITS:
            path = Path(places.encoded(family.corpus, family.tokenizer, split))
            groups.setdefault("encoded", {})[f"{family.corpus}/{family.tokenizer}/{split}"] = path
    return groups
