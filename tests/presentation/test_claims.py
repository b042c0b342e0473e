"""Claims as a page, as the README's table, and as counts."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest

from modelcollapse.evidence.deviations import Deviation, to_json
from modelcollapse.presentation.claims_page import (
    BEGIN,
    END,
    read_claims,
    results_tables,
    with_results,
    write_claims_page,
    write_results,
)

ROW = {
    "claim_id": "L2",
    "paper": "shumailov",
    "statement": "Perplexity degrades.",
    "where": "Fig. 1b",
    "reported": ".46 to .60 nat",
    "ours": "0.41 (epochs5_kept0, mean)",
    "ci_low": "0.38",
    "ci_high": "0.44",
    "n_seeds": "5",
    "kind": "difference",
    "rule": "above 0",
    "p": "0.001",
    "p_holm": "0.01",
    "verdict": "direction holds (proxy)",
    "figure": "perplexity",
    "target": "data/x.parquet",
    "detail": "",
    "history": "amended",
    "deviations": to_json(
        [Deviation("vae", "epochs", 3, 5), Deviation("language_model.families.opt", "train_rows", 400, None, True)]
    ),
}
UNTESTED = ROW | dict.fromkeys(("ours", "ci_low", "ci_high", "n_seeds", "p", "p_holm"), "")
UNTESTED |= {"claim_id": "L1", "verdict": "not testable at this scale", "detail": "no published weights", "history": ""}


@pytest.fixture
def claims(tmp_path):
    path = tmp_path / "claims.csv"
    pd.DataFrame([UNTESTED, ROW]).to_csv(path, index=False)
    return path


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(f"# Title\n\n{BEGIN}\nstale\n{END}\n\nText with \\1 and more.\n")
    return path


def test_the_results_table_is_short(claims):
    lines = results_tables(claims).splitlines()
    assert lines[0] == "### Shumailov et al."
    assert lines[2] == "2 claims: direction holds (proxy) 1, not testable at this scale 1."
    assert len(lines) == 8
    assert lines[6].endswith("|  |  | not testable at this scale |")
    assert lines[7] == (
        "| L2 | Perplexity degrades. | .46 to .60 nat | 0.41 [0.38, 0.44] | 5 | direction holds (proxy) |"
    )


def test_every_paper_has_its_table(tmp_path):
    path = tmp_path / "claims.csv"
    pd.DataFrame([ROW, ROW | {"paper": "dohmatob", "claim_id": "D1"}]).to_csv(path, index=False)
    assert re.findall("### (.*)|^\\| ([LD]\\d)", results_tables(path), re.MULTILINE) == [
        ("Shumailov et al.", ""),
        ("", "L2"),
        ("Dohmatob et al.", ""),
        ("", "D1"),
    ]


def test_the_page_is_changed_between_its_marks_only(claims, page):
    write_results(page, claims)
    text = page.read_text()
    assert text.startswith(f"# Title\n\n{BEGIN}\n### Shumailov et al.\n")
    assert text.endswith(f"{END}\n\nText with \\1 and more.\n")
    assert "stale" not in text


def test_drift_of_page_or_claims_is_detected(claims, page):
    write_results(page, claims)
    assert with_results(page.read_text(), claims) == page.read_text()
    edited = page.read_text().replace("0.41", "0.91")
    assert with_results(edited, claims) != edited
    pd.DataFrame([ROW | {"ours": "0.5"}]).to_csv(claims, index=False)
    assert with_results(page.read_text(), claims) != page.read_text()


def test_lost_marks_are_named(claims):
    with pytest.raises(ValueError, match="has lost its marks <!-- results:begin -->"):
        with_results("no marks here", claims)


def test_the_page_of_claims_has_every_rule_and_the_metrics_count(claims, tmp_path):
    outputs = {"markdown": tmp_path / "claims.md", "metrics": tmp_path / "metrics.json"}
    write_claims_page(claims, outputs)
    text = outputs["markdown"].read_text()
    assert "## L2: Perplexity degrades." in text
    assert "- verdict: **direction holds (proxy)** [amended]\n" in text
    assert "- verdict: **not testable at this scale**: no published weights\n" in text
    assert "rule: above 0" in text
    counts = json.loads(outputs["metrics"].read_text())["claims"]
    assert counts["direction holds (proxy)"] == counts["not testable at this scale"] == 1
    assert sum(counts.values()) == 2


def test_the_page_lists_every_deviation_once(claims, tmp_path):
    outputs = {"markdown": tmp_path / "claims.md", "metrics": tmp_path / "metrics.json"}
    write_claims_page(claims, outputs)
    section = outputs["markdown"].read_text().partition("## Deviations from the paper")[2]
    # both claims have them
    assert section.count("| vae | epochs | 3 | 5 |  |") == 1
    assert section.count("| language_model.families.opt | train_rows | 400 | all | unverified |") == 1
    pd.DataFrame([ROW | {"deviations": "[]"}]).to_csv(claims, index=False)
    write_claims_page(claims, outputs)
    assert "None: every experiment" in outputs["markdown"].read_text()


def test_what_is_no_verdict_is_not_counted(claims):
    pd.DataFrame([ROW | {"verdict": "direction holds (proxy): and more"}]).to_csv(claims, index=False)
    with pytest.raises(ValueError, match="is no verdict: expected one of reproduced"):
        results_tables(claims)


def test_a_missing_column_is_named(claims):
    pd.read_csv(claims).drop(columns="verdict").to_csv(claims, index=False)
    with pytest.raises(ValueError, match="has no column 'verdict'"):
        read_claims(claims)
