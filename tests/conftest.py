"""One thread everywhere: results depend on the number of threads, also those of the processes that tests start. Where
figures and tables are written."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import smoke_run

os.environ["OMP_NUM_THREADS"] = "1"


@pytest.fixture
def figure(tmp_path):
    """Outputs of a figure."""
    return {ending: tmp_path / f"figure.{ending}" for ending in ("svg", "png")}


@pytest.fixture
def table(tmp_path):
    """Outputs of a table."""
    return {"csv": tmp_path / "table.csv", "markdown": tmp_path / "table.md"}


@pytest.fixture(scope="session")
def smoke_output() -> str:
    """What the smoke run of this repository printed; little where it was up to date."""
    subprocess.run(["snakemake", "--unlock", *smoke_run.SMOKE], cwd=smoke_run.ROOT, capture_output=True, check=False)
    run = smoke_run.snakemake()
    assert run.returncode == 0, run.stderr[-6000:]
    return run.stdout + run.stderr


@pytest.fixture(scope="session")
def smoke(smoke_output) -> Path:
    """The finished smoke run of this repository."""
    return smoke_run.ROOT


@pytest.fixture
def clone(smoke, tmp_path) -> Path:
    """A copy of the code, the ledger and the outputs, without Snakemake's own records, corpora already rebuilt."""
    for name in smoke_run.COPIED:
        source = smoke / name
        ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(source, tmp_path / name, ignore=ignore) if source.is_dir() else shutil.copy(source, tmp_path)
    for name in ("data/smoke", "results/smoke"):
        # copying gives all files new times, in no useful order
        shutil.copytree(smoke / name, tmp_path / name, copy_function=shutil.copyfile)
    return tmp_path
