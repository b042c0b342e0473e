"""One thread everywhere: results depend on the number of threads, also those of the processes that tests start. Where
figures and tables are written."""

from __future__ import annotations

import os

import pytest

os.environ["OMP_NUM_THREADS"] = "1"


@pytest.fixture
def figure(tmp_path):
    """Outputs of a figure."""
    return {ending: tmp_path / f"figure.{ending}" for ending in ("svg", "png")}


@pytest.fixture
def table(tmp_path):
    """Outputs of a table."""
    return {"csv": tmp_path / "table.csv", "markdown": tmp_path / "table.md"}
