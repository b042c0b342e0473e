"""Steps that judge claims, and the pages that show them."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from modelcollapse.commands.step import ConfigFile, Paper, grouped, perform
from modelcollapse.papers.registry import part
from modelcollapse.workflow import presentation_steps
from modelcollapse.workflow.opening import claims_file, published
from modelcollapse.workflow.workspace import open_workspace


def register(app: typer.Typer) -> None:
    """Add these steps to the command line."""
    for command in (judge_claims, show_claims, merge_claims, document_results):
        app.command()(command)


def judge_claims(paper: Paper, config: ConfigFile) -> None:
    """Judge every claim of a paper by the rules written before the run."""
    from modelcollapse.measures.paper_data import PaperData

    workspace = open_workspace(config)
    step = presentation_steps.judge_claims(workspace, paper)
    previous = committed_rules(Path(step.outputs["rules"]))
    step = dataclasses.replace(step, arguments=dict(step.arguments) | {"previous": previous})
    told = step.arguments
    perform(
        step,
        lambda module, outputs, work: module.judge_claims(
            part(paper, "quantities").QUANTITIES,
            claims_file(paper),
            PaperData(grouped(dict(step.inputs)), workspace.paper(paper)),
            told["scale"],
            told["folder"],
            workspace.config.model_dump(),
            published(),
            paper,
            previous,
            outputs,
        ),
    )


def committed_rules(path: Path) -> dict[str, str] | None:
    """Claim -> hash of its rule when its verdict was first committed; None without Git or without such a run."""
    commits = _git("log", "--reverse", "--format=%H", "--", str(path)) or ""
    first: dict[str, str] = {}
    for commit in commits.split():
        shown = _git("show", f"{commit}:./{path}")
        # absent in a commit that deleted it
        first = (json.loads(shown) if shown else {}) | first
    return first or None


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def show_claims(paper: Paper, config: ConfigFile) -> None:
    """Write the claims of a paper as a page for people, and their counts for DVC."""
    step = presentation_steps.show_claims(open_workspace(config), paper)
    perform(step, lambda module, outputs, work: module.write_claims_page(step.inputs["claims"], outputs))


def merge_claims(config: ConfigFile) -> None:
    """Put the claims of all papers into one table."""
    step = presentation_steps.merge_claims(open_workspace(config))
    perform(step, lambda module, outputs, work: module.merge_claims(list(step.inputs.values()), outputs["claims"]))


def document_results(
    claims: Annotated[Path, typer.Argument()] = Path("results/laptop/claims.csv"),
    page: Annotated[Path, typer.Argument()] = Path("README.md"),
) -> None:
    """Write the results table of README.md from claims.csv."""
    from modelcollapse.presentation.claims_page import write_results

    write_results(page, claims)
