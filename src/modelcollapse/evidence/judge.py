"""The step that turns a paper's results into verdicts: one row per claim, and the raw value of every replicate."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from modelcollapse.evidence.claims import ClaimSettings, ClaimsFile, load_claims, rule_hashes, rule_text
from modelcollapse.evidence.decisions import holm
from modelcollapse.evidence.quantities import Registry
from modelcollapse.evidence.verdicts import Verdict, judge_claim, relevant_deviations
from modelcollapse.measures.paper_data import PaperData
from modelcollapse.runtime.files import write_atomically

COLUMNS = (
    "claim_id",
    "paper",
    "statement",
    "where",
    "reported",
    "ours",
    "ci_low",
    "ci_high",
    "n_seeds",
    "kind",
    "rule",
    "p",
    "p_holm",
    "verdict",
    "figure",
    "target",
)


def judge_claims(
    registry: Registry,
    claims: Path,
    data: PaperData,
    scale: str,
    folder: str,
    deviations: Sequence[str],
    previous: Mapping[str, str] | None,
    outputs: Mapping[str, Path],
) -> None:
    """Judge all claims of a paper.

    Args:
        registry: the paper's quantities.
        claims: ``config/claims/<paper>.yaml``.
        data: result files of the run.
        scale: the config's scale.
        folder: the run's folder below ``data/`` and ``results/``.
        deviations: settings that differ from the paper's, ``key = ours (paper: theirs)``.
        previous: claim -> hash of the rule by which it was first judged, by which amended rules are known; None if there is
            none.
        outputs: ``claims`` (CSV), ``raw`` (CSV: every replicate's value), ``rules`` (JSON: claim -> hash of its rule).

    Raises:
        ClaimsError: the claims file cannot be used.
    """
    file = load_claims(claims, registry)
    verdicts = {
        claim.id: judge_claim(claim, file, registry, data, scale, relevant_deviations(claim, file, scale, deviations))
        for claim in file.claims
    }
    hashes = rule_hashes(claims, registry)
    amended = _amended(hashes, previous)
    adjusted = holm([verdict.p for verdict in verdicts.values()])
    rows = [
        _row(claim, file, registry, verdicts[claim.id], p_holm, claim.id in amended, folder)
        for claim, p_holm in zip(file.claims, adjusted, strict=True)
    ]
    _write_csv(pd.DataFrame(rows, columns=list(COLUMNS)), outputs["claims"])
    _write_csv(_raw(verdicts), outputs["raw"])
    with write_atomically(outputs["rules"]) as temporary:
        temporary.write_text(json.dumps(hashes, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def merge_claims(papers: Sequence[Path], output: Path) -> None:
    """Put the claims of all papers below each other.

    Raises:
        ValueError: a table has other columns than the contract's.
    """
    tables = []
    for path in papers:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        if tuple(table.columns) != COLUMNS:
            raise ValueError(f"{path} has the columns {', '.join(table.columns)}; expected {', '.join(COLUMNS)}.")
        tables.append(table)
    _write_csv(pd.concat(tables, ignore_index=True), output)


def _amended(hashes: Mapping[str, str], previous: Mapping[str, str] | None) -> set[str]:
    """Claims whose rule is not the one by which they were first judged."""
    earlier = previous or {}
    return {claim for claim, value in hashes.items() if claim in earlier and earlier[claim] != value}


def _row(
    claim: ClaimSettings,
    file: ClaimsFile,
    registry: Registry,
    verdict: Verdict,
    p_holm: float | None,
    amended: bool,
    folder: str,
) -> dict[str, str]:
    """One line of ``claims.csv``; the number shown is the first estimate of the first part."""
    shown = next((item.estimate for item in verdict.judged if item.part == 1), None)
    interval = shown.interval() if shown is not None else None
    return {
        "claim_id": claim.id,
        "paper": file.paper,
        "statement": claim.statement,
        "where": claim.where,
        "reported": claim.reported,
        "ours": ""
        if shown is None
        else f"{_number(shown.value)} ({shown.label})"
        if shown.label
        else _number(shown.value),
        "ci_low": "" if interval is None else _number(interval.low),
        "ci_high": "" if interval is None else _number(interval.high),
        "n_seeds": "" if shown is None or shown.replicates is None else str(shown.replicates),
        "kind": claim.parts[0].kind,
        "rule": rule_text(claim, registry),
        "p": _number(verdict.p),
        "p_holm": _number(p_holm),
        "verdict": verdict.text(amended),
        "figure": claim.figure,
        "target": " ".join(target.format(folder=folder) for target in claim.target),
    }


def _number(value: float | None) -> str:
    """Three significant digits; empty where there is no number, or the data say nothing."""
    return "" if value is None or not math.isfinite(value) else f"{value:.3g}"


def _raw(verdicts: Mapping[str, Verdict]) -> pd.DataFrame:
    rows = [
        {"claim_id": claim, "part": item.part, "estimate": item.estimate.label, "replicate": name, "value": value}
        for claim, verdict in verdicts.items()
        for item in verdict.judged
        for name, value in item.estimate.per_replicate.items()
    ]
    return pd.DataFrame(rows, columns=["claim_id", "part", "estimate", "replicate", "value"])


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    with write_atomically(path) as temporary:
        table.to_csv(temporary, index=False)
