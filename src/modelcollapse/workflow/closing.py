"""What a run says at its end: where the results are, verdicts per paper, time and memory; and what it keeps for a clone."""

from __future__ import annotations

import csv
import logging
from collections import Counter
from pathlib import Path

from modelcollapse.steps.costs import total_cost
from modelcollapse.steps.snakemake_records import export_records
from modelcollapse.workflow.workspace import Workspace


def close_run(workspace: Workspace, finished: bool) -> None:
    """Keep Snakemake's records beside the ledger, so that a clone knows what is up to date, and sum the run up.

    Args:
        workspace: the run.
        finished: whether every job succeeded.
    """
    export_records(Path(workspace.places.ledger))
    # through Snakemake's logger, so that it comes after the lines of the last jobs
    logging.getLogger("snakemake.logging").info("\n".join(summary_lines(workspace, finished)))


def summary_lines(workspace: Workspace, finished: bool = True) -> list[str]:
    """A table of verdicts per paper, where the results are, what they cost, and how an unfinished run goes on."""
    counts = {paper: verdicts for paper in workspace.papers if (verdicts := _verdicts(workspace, paper))}
    lines = []
    if counts:
        terms = list(dict.fromkeys(term for verdicts in counts.values() for term in sorted(verdicts)))
        width = max(len(paper) for paper in counts)
        title = "verdicts" if finished else "last verdicts"
        width = max(width, len(title))
        lines += ["", f"{title.ljust(width)}  {'  '.join(terms)}"]
        for paper, verdicts in counts.items():
            cells = "  ".join(str(verdicts.get(term, 0)).rjust(len(term)) for term in terms)
            lines.append(f"{paper.ljust(width)}  {cells}")
    lines.append(f"Results: {workspace.places.results}/ (claims.csv, and per paper claims.md, figures/, tables/)")
    cost = total_cost(Path(workspace.places.ledger))
    if cost is not None:
        lines.append(
            f"Recorded cost of all jobs behind them: {cost.cpu_seconds / 60:.1f} CPU-minutes in {cost.jobs} jobs, "
            f"at most {cost.peak_memory_mb:.0f} MB in one (modelcollapse ledger {workspace.places.ledger})"
        )
    if not finished:
        lines.append("Not all jobs finished. What is done is kept: the same command goes on from there.")
    return lines


def _verdicts(workspace: Workspace, paper: str) -> Counter[str]:
    path = Path(workspace.places.paper(paper, "claims.csv"))
    if not path.is_file():
        return Counter()
    with open(path, encoding="utf-8", newline="") as stream:
        return Counter(row["verdict"] for row in csv.DictReader(stream))
