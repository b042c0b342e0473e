"""What DVC keeps brings a fresh clone up to date: nothing to do, nothing changed, and a changed setting still seen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from smoke_run import ROOT, edit, jobs, snakemake

from modelcollapse.papers.registry import PAPERS

AUTHOR = ("-c", "user.name=Author", "-c", "user.email=author@example.org")


def call(folder: Path, *command: str) -> str:
    variables = os.environ | {"PYTHONPATH": str(folder / "src")}
    run = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-4000:]
    return run.stdout


@pytest.fixture
def pulled(clone, tmp_path_factory) -> Path:
    """A clone of a repository with the smoke results in Git and in a remote of DVC, after what ``make pull`` does."""
    for name in (".gitignore", ".dvcignore", ".dvc/config", "data/README.md"):
        (clone / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, clone / name)
    # the repository itself does not keep results of this scale
    edit(clone / ".gitignore", "results/smoke/\n", "")
    call(clone, sys.executable, "-m", "modelcollapse.cli", "document-dvc", "config/smoke.yaml")
    call(clone, "git", "init", "--quiet")
    call(clone, "dvc", "remote", "modify", "embedded", "url", str(tmp_path_factory.mktemp("remote")))
    call(clone, "dvc", "commit", "--force", "--quiet", *PAPERS)
    call(clone, "dvc", "push", "--quiet", *PAPERS)
    call(clone, "git", "add", ".")
    call(clone, "git", *AUTHOR, "commit", "--quiet", "--message", "Results")
    folder = tmp_path_factory.mktemp("pulled") / "repository"
    call(clone, "git", "clone", "--quiet", str(clone), str(folder))
    assert [path.name for path in (folder / "data").iterdir()] == ["README.md"]
    corpora = snakemake("corpora", folder=folder)
    assert corpora.returncode == 0, corpora.stderr[-4000:]
    call(folder, "dvc", "pull", "--quiet", *PAPERS)
    return folder


def test_a_pulled_clone_is_clean_and_has_nothing_to_do_until_a_setting_changes(pulled):
    assert (pulled / "data/smoke/synthetic/shumailov/epochs5_kept0/seed1/gen2.parquet").exists()
    assert not (pulled / "data/smoke/models").exists()
    dry_run = snakemake("-n", folder=pulled)
    assert jobs(dry_run) == set()
    printed = (dry_run.stdout + dry_run.stderr).lower()
    assert "provenance" not in printed and "rerun-triggers" not in printed, printed
    assert call(pulled, "git", "status", "--porcelain") == ""
    assert "up to date" in call(pulled, "dvc", "status", *PAPERS)
    # of a model that nobody kept, Snakemake still knows how it was made
    edit(pulled / "config/smoke.yaml", "base_training: &training {epochs: 1", "base_training: &training {epochs: 2")
    assert {"fit_base", "fit_generation_0", "run_generation"} <= jobs(snakemake("-n", folder=pulled))
