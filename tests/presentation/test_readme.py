"""The README shows the committed results."""

from __future__ import annotations

from pathlib import Path

from modelcollapse.presentation.claims_page import REPAIR, with_results

ROOT = Path(__file__).parents[2]


def test_the_results_table_is_that_of_the_committed_claims():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    current = with_results(text, ROOT / "results" / "laptop" / "claims.csv")
    assert text == current, f"README.md does not show results/laptop/claims.csv; type: {REPAIR}"
