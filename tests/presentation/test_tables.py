"""Tables in two formats."""

from __future__ import annotations

import pandas as pd
import pytest

from modelcollapse.measures.paper_data import NotAvailable, PaperData
from modelcollapse.presentation.tables import read_columns, write_table
from modelcollapse.runtime.parquet import write_parquet


def test_both_formats_hold_the_same_rounded_numbers(table):
    write_table(pd.DataFrame({"n": [3, 4], "value": [1.23456789, 1234567.0], "name": ["a", "b"]}), table, digits=3)
    assert table["csv"].read_text() == "n,value,name\n3,1.23,a\n4,1230000.0,b\n"
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table["markdown"].read_text().splitlines()]
    assert lines[0] == ["n", "value", "name"]
    assert lines[2:] == [["3", "1.23", "a"], ["4", "1230000.0", "b"]]


def test_whole_numbers_stay_whole_and_missing_ones_are_blank(table):
    write_table(pd.DataFrame({"n": [3], "value": [float("nan")], "other": [0.5]}), table)
    last = table["markdown"].read_text().splitlines()[-1]
    assert [cell.strip() for cell in last.split("|")[1:-1]] == ["3", "", "0.5"]
    assert table["csv"].read_text().splitlines()[-1] == "3,,0.5"


def test_an_empty_table_is_an_error(table):
    with pytest.raises(ValueError, match="no rows"):
        write_table(pd.DataFrame({"n": []}), table)


def test_a_missing_column_is_named_with_its_file(tmp_path):
    path = tmp_path / "some.parquet"
    write_parquet(pd.DataFrame({"seed": [0]}), path)
    data = PaperData({"vae": {"some": path}})
    assert read_columns(data, "vae", "some", ("seed",)).seed.tolist() == [0]
    with pytest.raises(ValueError, match=r"some\.parquet has no column 'value'"):
        read_columns(data, "vae", "some", ("seed", "value"))
    with pytest.raises(NotAvailable, match="'other' of 'vae'"):
        read_columns(data, "vae", "other", ("seed",))
