"""The smoke scale of every paper, run once in this repository; copies of it; and what would run in them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from modelcollapse.papers.registry import PAPERS

ROOT = Path(__file__).parents[1]
SMOKE = ("--configfile", "config/smoke.yaml")
COPIED = ("Snakefile", "rules", "config", "profiles", "src", "requirements.lock", "pyproject.toml")
# rules that only ask for others
TARGETS = {"all", "corpora", *PAPERS}
TARGET = "data/smoke/synthetic/shumailov/epochs5_kept0/seed1/gen2.parquet"


def snakemake(
    *arguments: str, folder: Path = ROOT, detailed: bool = True, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Snakemake; a dry run that is ``detailed`` names every job with its files and reason."""
    # targets first: --configfile takes all names that follow it
    command = ["snakemake", *arguments, "--cores", "2", *SMOKE]
    if "-n" in arguments and detailed:
        command.append("--printshellcmds")
    variables = os.environ | {"PYTHONPATH": str(folder / "src")} | environment
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)


def jobs(dry_run: subprocess.CompletedProcess[str]) -> set[str]:
    """Names of the rules that would run."""
    assert dry_run.returncode == 0, dry_run.stderr[-4000:]
    text = dry_run.stdout + dry_run.stderr
    if "Job stats:" not in text:
        assert "Nothing to be done" in text
        return set()
    table = text.split("Job stats:")[1].split("total")[0]
    names = {line.split()[0] for line in table.splitlines()[3:] if line.split()}
    return names - TARGETS


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
