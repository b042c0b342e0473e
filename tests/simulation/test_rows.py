"""Rows of simulated tables: their columns, and what stands in their metadata."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd

from modelcollapse.runtime.parquet import read_metadata
from modelcollapse.simulation.rows import (
    ERROR_PART_SCHEMA,
    REPLICATE_SCHEMA,
    SUMMARY_SCHEMA,
    ErrorPartRows,
    ReplicateRows,
    SummaryRows,
)
from modelcollapse.simulation.running import NarrowedSettings
from modelcollapse.simulation.summaries import Simulated


def test_a_summary_stands_beside_its_formulas(tmp_path):
    rows = SummaryRows("paper", "toy")
    rows.add("N=2", 2, 1, "mean", Simulated(0.5, 0.1, 30), exact=0.4)
    rows.write(tmp_path / "x.parquet", NarrowedSettings("toy", {"chains": 30}), note="read this")
    table = pd.read_parquet(tmp_path / "x.parquet")
    assert list(table.columns) == SUMMARY_SCHEMA.names
    row = table.iloc[0]
    assert (row["experiment"], row["simulated"], row["exact"], row["replicates"]) == ("toy", 0.5, 0.4, 30)
    assert pd.isna(row["paper_formula"])
    facts = read_metadata(tmp_path / "x.parquet")
    assert facts == {"paper": "paper", "experiment": "toy", "settings": {"chains": 30}, "note": "read this"}


def test_values_and_errors_by_source_are_kept_per_replicate(tmp_path):
    values = ReplicateRows("paper", "values")
    values.add("N=2", "gain", 100, 3, 0.25, theory=0.2)
    values.write(tmp_path / "values.parquet")
    table = pd.read_parquet(tmp_path / "values.parquet")
    assert list(table.columns) == REPLICATE_SCHEMA.names
    assert table.iloc[0][["at", "replicate", "value", "theory"]].tolist() == [100.0, 3, 0.25, 0.2]
    assert read_metadata(tmp_path / "values.parquet") == {"paper": "paper", "experiment": "values", "settings": {}}

    found, theory = (SimpleNamespace(bias=x, variance=x + 1, zeta=x + 2) for x in (0.0, 10.0))
    parts = ErrorPartRows("paper", "parts")
    sizes = {"spectrum": "isotropic", "dimension": 5, "samples": 9, "synthetic_share": 0.5}
    parts.add("without", 0, found, theory, **sizes)
    parts.add("with", 1, found, theory, theory, **sizes)
    parts.write(tmp_path / "parts.parquet")
    table = pd.read_parquet(tmp_path / "parts.parquet")
    assert list(table.columns) == ERROR_PART_SCHEMA.names
    assert table["zeta"].tolist() == [2.0, 2.0] and table["theory_zeta"].tolist() == [12.0, 12.0]
    assert table["exact_variance"].isna().tolist() == [True, False]
