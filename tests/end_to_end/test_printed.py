"""What a user reads while the workflow runs, fails and plans: short lines, few of them, each fact once."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from smoke_run import TARGET, snakemake

LONGEST = 200
FRAME = 45
"""Lines that do not depend on the number of jobs: what will run, verdicts, results, cost."""
ARM = "data/smoke/measures/shumailov/epochs5_kept0.parquet"


def printed(run: subprocess.CompletedProcess[str]) -> str:
    return run.stdout + run.stderr


def assert_readable(text: str) -> None:
    """No line is long, and a job has at most two."""
    lines = text.splitlines()
    planned = re.search(r"^(\d+) jobs to run:", text, re.MULTILINE)
    assert len(lines) <= FRAME + 2 * (int(planned[1]) if planned else 0)
    assert [line for line in lines if len(line) > LONGEST or line.lstrip().startswith("{")] == []


def test_the_smoke_run_is_readable(smoke_output):
    assert_readable(smoke_output)


def test_a_run_tells_each_job_the_time_left_and_its_end(clone):
    (clone / ARM).unlink()
    run = snakemake(folder=clone)
    assert run.returncode == 0, run.stderr[-4000:]
    text = printed(run)
    assert_readable(text)
    assert re.search(
        r"^About \d+ \w+ on 2 cores, by the times of earlier runs in results/smoke/ledger.jsonl$", text, re.M
    )
    assert re.search(r"^\[0/\d+\] start  measure_arm shumailov/epochs5_kept0$", text, re.MULTILINE)
    assert re.search(r"^\[1/\d+\] done   measure_arm shumailov/epochs5_kept0 \(\d+ s\), about \d+ s left$", text, re.M)
    end = text.split(" done   all")[1]
    for part in ("verdicts", "shumailov", "Results: results/smoke/", "CPU-minutes", "MB in one"):
        assert part in end


def test_a_failing_step_is_told_once_with_the_end_of_its_log(clone):
    # with Snakemake's records restored, the step that made the damaged file has nothing to do
    snakemake("-n", folder=clone)
    (clone / ARM).unlink()
    with open(clone / TARGET, "ab") as stream:
        stream.write(b"damaged")
    run = snakemake("--keep-going", folder=clone)
    assert run.returncode != 0
    text = printed(run)
    assert_readable(text)
    assert text.count("FAILED measure_arm shumailov/epochs5_kept0") == 1
    # wrapped, so a few words of the log's sentence
    assert len(re.findall(rf"{re.escape(TARGET)}\s+is\s+not\s+what\s+the\s+step", text)) == 1
    assert "the same command goes on from there" in text
    log = "logs/smoke/measure_arm/shumailov/epochs5_kept0.log"
    assert text.rstrip().endswith(f"jobs failed:\n  measure_arm shumailov/epochs5_kept0: {log}")


@pytest.mark.parametrize("profile", [(), ("--profile", "profiles/slurm")])
def test_a_dry_run_of_everything_is_a_table_of_rules(clone, profile):
    shutil.rmtree(clone / "data/smoke/corpora")
    run = snakemake("-n", "--forceall", *profile, folder=clone, detailed=False)
    assert run.returncode == 0, run.stderr[-4000:]
    rows = re.findall(r"^(\w+) +(\d+)$", run.stdout, re.MULTILINE)
    assert sum(int(count) for rule, count in rows if rule != "total") == int(dict(rows)["total"]) > 80
    assert len(run.stdout.splitlines()) <= len(rows) + 30
    assert max(map(len, run.stdout.splitlines())) <= LONGEST
