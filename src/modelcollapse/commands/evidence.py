"""Steps of ``evidence``: verdicts, and the pages that show them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from modelcollapse.commands.step import Input, Output, perform


def register(app: typer.Typer) -> None:
    """Add these steps to the command line."""
    for command in (judge_claims, show_claims, merge_claims, document_results):
        app.command()(command)


def judge_claims(
    claims: Annotated[Path, typer.Option(help="config/claims/<paper>.yaml")],
    scale: Annotated[str, typer.Option(help="The config's scale.")],
    folder: Annotated[str, typer.Option(help="Folder of the run below data/ and results/.")],
    output: Output,
    raw: Output,
    rules: Output,
    data: Annotated[list[str], typer.Option(help="GROUP=FILE, such as measures=.../replace.parquet; repeat.")],
    deviations: Annotated[str, typer.Option(help="Settings that differ from the paper's, as a JSON list.")] = "[]",
) -> None:
    """Judge every claim of a paper by the rules written before the run."""
    from modelcollapse.measures.paper_data import PaperData

    groups = by_group(data)
    earlier = committed_rules(rules)
    perform(
        "judge-claims",
        f"evidence.{claims.stem}",
        {"claims": claims} | {f"{group}/{name}": path for group in groups for name, path in groups[group].items()},
        {"scale": scale, "folder": folder, "deviations": json.loads(deviations), "previous": earlier},
        {"claims": output, "raw": raw, "rules": rules},
        lambda module, outputs, work: module.judge(
            claims, PaperData(groups), scale, folder, json.loads(deviations), earlier, outputs
        ),
    )


def by_group(data: list[str]) -> dict[str, dict[str, Path]]:
    """``group=folder/name.parquet`` as group -> name -> path.

    Raises:
        ValueError: no ``=``.
    """
    groups: dict[str, dict[str, Path]] = {}
    for entry in data:
        group, equals, path = entry.partition("=")
        if not equals:
            raise ValueError(f"--data takes GROUP=FILE, but got '{entry}'.")
        groups.setdefault(group, {})[Path(path).stem] = Path(path)
    return groups


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


def show_claims(claims: Input, page: Output, metrics: Output) -> None:
    """Write the claims as a page for people and their counts for DVC."""
    perform(
        "show-claims",
        "presentation.claims_page",
        {"claims": claims},
        {},
        {"markdown": page, "metrics": metrics},
        lambda module, outputs, work: module.write_claims_page(claims, outputs),
    )


def merge_claims(output: Output, claims: Annotated[list[Path], typer.Option(help="claims.csv of a paper.")]) -> None:
    """Put the claims of all papers into one table."""
    perform(
        "merge-claims",
        "evidence.judge",
        {path.parent.name: path for path in claims},
        {},
        {"claims": output},
        lambda module, outputs, work: module.merge_claims(claims, outputs["claims"]),
    )


def document_results(
    claims: Annotated[Path, typer.Argument()] = Path("results/laptop/claims.csv"),
    page: Annotated[Path, typer.Argument()] = Path("README.md"),
) -> None:
    """Write the results table of README.md from claims.csv."""
    from modelcollapse.presentation.claims_page import write_results

    write_results(page, claims)
