"""Parquet files with metadata."""

from __future__ import annotations

import pandas as pd
import pyarrow.parquet as pq
import pytest

from modelcollapse.runtime.parquet import read_metadata, write_parquet


def test_the_same_table_gives_the_same_bytes_and_its_metadata_back(tmp_path):
    frame = pd.DataFrame({"seed": [0, 1], "value": [0.5, 0.25]}, index=[7, 9])
    for name in ("a.parquet", "b.parquet"):
        write_parquet(frame, tmp_path / name, {"arm": "x"})
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert read_metadata(tmp_path / "a.parquet") == {"arm": "x"}
    assert pq.read_table(tmp_path / "a.parquet").column_names == ["seed", "value"]


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"PAR1 but not really")
    with pytest.raises(ValueError, match=r"x\.parquet is not a readable Parquet file.*Delete it"):
        read_metadata(tmp_path / "x.parquet")


def test_a_foreign_file_is_refused(tmp_path):
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "x.parquet")
    with pytest.raises(ValueError, match="written by another program"):
        read_metadata(tmp_path / "x.parquet")
