"""The step that turns a paper's results into verdicts: one row per claim, and the raw value of every replicate."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from modelcollapse.evidence.claims_file import ClaimSettings, ClaimsFile, load_claims
from modelcollapse.evidence.decision_rules import rule_hashes, rule_text
from modelcollapse.evidence.decisions import holm
from modelcollapse.evidence.deviations import Deviation, deviations, experiments_of, to_json
from modelcollapse.evidence.quantities import Registry
from modelcollapse.evidence.verdicts import Verdict, judge_claim
from modelcollapse.measures.paper_data import PaperData
from modelcollapse.runtime.files import write_atomically

CONTRACT = (
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
"""Columns that other people's code may depend on."""
COLUMNS = (*CONTRACT, "detail", "history", "deviations")
"""``detail``: why there is no verdict or only a proxy, or what could have been found. ``history``: ``amended`` if
the rule has changed since the claim was first judged. ``deviations``: JSON list of settings that differ from the paper's."""
AMENDED = "amended"


def judge_claims(
    registry: Registry,
    claims_path: Path,
    data: PaperData,
    scale: str,
    folder: str,
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    paper: str,
    previous: Mapping[str, str] | None,
    outputs: Mapping[str, Path],
) -> None:
    """Judge all claims of a paper.

    Args:
        registry: the paper's quantities.
        claims_path: ``config/claims/<paper>.yaml``.
        data: result files of the run.
        scale: the config's scale.
        folder: the run's folder below ``data/`` and ``results/``.
        ours: the run's merged config as plain data: at least ``corpora``, ``tokenizers`` and the paper's section.
        theirs: the same of ``config/paper.yaml``, from which deviations are counted.
        paper: name of the paper's section.
        previous: claim -> hash of the rule by which it was first judged, by which amended rules are known; None if there is
            none.
        outputs: ``claims`` (CSV), ``raw`` (CSV: every replicate's value), ``rules`` (JSON: claim -> hash of its rule).

    Raises:
        ClaimsError: the claims file cannot be used.
        ValueError: ``published_as`` names an experiment that the paper does not have.
    """
    file = load_claims(claims_path, registry)
    there = set(experiments_of(ours.get(paper)))
    found: dict[str, list[Deviation]] = {}
    verdicts: dict[str, Verdict] = {}
    for claim in file.claims:
        judged = claim.experiments(scale)
        both = (deviation for name in judged if name in there for deviation in deviations(ours, theirs, paper, name))
        # arms of one family share its deviations
        found[claim.id] = list({deviation.path: deviation for deviation in both}.values())
        missing = [name for name in judged if name not in there]
        verdicts[claim.id] = judge_claim(claim, file, registry, data, scale, found[claim.id], missing)
    hashes = rule_hashes(file, registry)
    amended = _amended(hashes, previous)
    adjusted = holm([verdict.p for verdict in verdicts.values()])
    rows = [
        _row(claim, file, registry, verdicts[claim.id], p_holm, folder)
        | {
            "history": AMENDED if claim.id in amended else "",
            "deviations": to_json(found[claim.id]),
        }
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
    folder: str,
) -> dict[str, str]:
    """What one line of ``claims.csv`` says of the verdict; the number shown is the first estimate of the first part."""
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
        "verdict": verdict.term,
        "figure": claim.figure,
        "target": " ".join(target.format(folder=folder) for target in claim.target),
        "detail": verdict.detail,
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
