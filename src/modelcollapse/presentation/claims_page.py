"""Claims for people: a Markdown table, the README's results, and the numbers that DVC shows."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd

from modelcollapse.evidence.deviations import from_json
from modelcollapse.evidence.judge import COLUMNS
from modelcollapse.evidence.verdicts import headline_counts
from modelcollapse.runtime.files import write_atomically

BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"
REPAIR = "modelcollapse document-results"


def write_claims_page(claims: Path, outputs: dict[str, Path]) -> None:
    """Write ``markdown`` (every claim with its rule, then all deviations) and ``metrics`` (JSON: number of claims per
    verdict)."""
    table = read_claims(claims)
    counts = headline_counts(table)
    lines = ["# Claims", "", *[f"- {term}: {count}" for term, count in counts.items()], ""]
    for row in table.itertuples():
        lines += [f"## {row.claim_id}: {row.statement}", "", f"- where: {row.where}", f"- reported: {row.reported}"]
        lines += [
            f"- ours: {row.ours} [{row.ci_low}, {row.ci_high}], n = {row.n_seeds}, p = {row.p}, Holm {row.p_holm}"
        ]
        history = f" [{row.history}]" if row.history else ""
        lines += [f"- verdict: **{row.verdict}**{history}" + (f": {row.detail}" if row.detail else "")]
        lines += [f"- rule: {row.rule}", f"- figure: {row.figure}; data: {row.target}", ""]
    lines += _deviations(table)
    with write_atomically(outputs["markdown"]) as temporary:
        temporary.write_text("\n".join(lines), encoding="utf-8")
    with write_atomically(outputs["metrics"]) as temporary:
        temporary.write_text(json.dumps({"claims": counts}, indent=1) + "\n", encoding="utf-8")


def read_claims(path: Path) -> pd.DataFrame:
    """A claims table as text.

    Raises:
        ValueError: a column of the contract is missing.
    """
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise ValueError(f"{path} has no column '{missing[0]}': make it again with 'snakemake --cores all {path}'.")
    return table


def _deviations(table: pd.DataFrame) -> list[str]:
    """Every setting that differs from the paper's, once; experiments that share it stand in one row."""
    rows: dict[tuple[str, str, str, bool], dict[str, None]] = {}
    for deviation in (deviation for cell in table["deviations"] for deviation in from_json(cell)):
        same = (deviation.setting, *deviation.words(), deviation.unverified)
        rows.setdefault(same, {})[deviation.experiment] = None
    lines = ["## Deviations from the paper", ""]
    if not rows:
        return [*lines, "None: every experiment that a claim judges is as `config/paper.yaml` says.", ""]
    lines += [
        "Counted from `config/paper.yaml`. An unverified value is not stated by the paper, and counts for no verdict.",
        "",
    ]
    lines += ["| experiment | setting | ours | paper's | |", "|---|---|---|---|---|"]
    for (setting, ours, theirs, unverified), experiments in rows.items():
        mark = "unverified" if unverified else ""
        lines.append(f"| {', '.join(experiments)} | {setting} | {ours} | {theirs} | {mark} |")
    return [*lines, ""]


def results_tables(claims: Path) -> str:
    """A Markdown table per paper: its claims with short verdicts, below how many there are of each."""
    table = read_claims(claims)
    return "\n".join(_results_table(paper, rows) for paper, rows in table.groupby("paper", sort=False))


def _results_table(paper: str, table: pd.DataFrame) -> str:
    counts = ", ".join(f"{term} {count}" for term, count in headline_counts(table).items() if count)
    rows = [f"### {paper.capitalize()} et al.", "", f"{len(table)} claims: {counts}.", ""]
    rows += ["| claim | statement | paper | ours [95 % interval] | n | verdict |", "|---|---|---|---|--:|---|"]
    for row in table.itertuples():
        interval = f" [{row.ci_low}, {row.ci_high}]" if row.ci_low else ""
        ours = f"{row.ours.partition(' (')[0]}{interval}"
        rows.append(f"| {row.claim_id} | {row.statement} | {row.reported} | {ours} | {row.n_seeds} | {row.verdict} |")
    return "\n".join(rows) + "\n"


def with_results(text: str, claims: Path) -> str:
    """The page with the tables between its marks.

    Raises:
        ValueError: the marks are missing.
    """
    if BEGIN not in text or END not in text:
        raise ValueError(f"The page has lost its marks {BEGIN} and {END}: restore them, then type '{REPAIR}'.")
    pattern = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    return pattern.sub(lambda _: f"{BEGIN}\n{results_tables(claims)}{END}", text)


def write_results(page: Path, claims: Path) -> None:
    """Put the results tables into a page such as README.md."""
    text = with_results(page.read_text(encoding="utf-8"), claims)
    with write_atomically(page) as temporary:
        temporary.write_text(text, encoding="utf-8")
