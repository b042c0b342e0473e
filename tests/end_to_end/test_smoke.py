"""The smoke scale of every paper, in this repository, as a user would type it; then what a clone and an edit do to it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess

import pandas as pd
import yaml
from smoke_run import ROOT, SMOKE, TARGET, edit, jobs, snakemake

from modelcollapse.papers.registry import PAPERS
from modelcollapse.steps.ledger import first_output, read_ledger
from modelcollapse.steps.snakemake_records import read_records


def test_every_claim_is_listed_and_every_file_exists(smoke):
    claims = pd.read_csv(smoke / "results/smoke/claims.csv")
    stated = [
        (paper, claim["id"])
        for paper in PAPERS
        for claim in yaml.safe_load((smoke / f"config/claims/{paper}.yaml").read_text())["claims"]
    ]
    assert list(zip(claims.paper, claims.claim_id, strict=True)) == stated
    assert (smoke / "results/smoke/config.yaml").exists()
    for paper, figure in set(zip(claims.paper, claims.figure, strict=True)):
        for ending in ("svg", "png"):
            assert (smoke / f"results/smoke/{paper}/figures/{figure}.{ending}").stat().st_size > 1000


def test_the_ledger_has_a_line_per_job_with_snakemakes_record(smoke):
    records = read_ledger(smoke / "results/smoke/ledger.jsonl")
    generation = next(r for r in records if r["outputs"].get("samples", {}).get("path") == TARGET)
    assert generation["seeds"] == {"seed": 1, "generation": 2}
    assert generation["peak_memory_mb"] > 0
    kept = read_records(smoke / "results/smoke/ledger.jsonl")
    assert kept[first_output(generation)]["rule"] == "run_generation"


def test_a_finished_run_has_nothing_to_do(smoke):
    assert jobs(snakemake("-n")) == set()


def test_a_clone_with_outputs_has_nothing_to_do(clone):
    assert jobs(snakemake("-n", folder=clone)) == set()


def test_a_clone_without_outputs_runs_everything(clone):
    shutil.rmtree(clone / "data")
    dry_run = snakemake("-n", folder=clone)
    assert {"prepare_text", "fit_base", "run_generation", "run_simulation", "run_simulation_with_arrays"} <= jobs(
        dry_run
    )
    assert "make pull" in dry_run.stderr


def test_editing_presentation_reruns_no_training(clone):
    with open(clone / "src/modelcollapse/presentation/style.py", "a") as stream:
        stream.write("\nCHANGED = True\n")
    found = jobs(snakemake("-n", folder=clone))
    assert {"draw_figures_shumailov_language_model", "draw_figures_dohmatob_images"} <= found
    assert all(name.startswith(("draw_figures", "write_tables")) for name in found), found


def test_editing_training_reruns_training_and_no_simulation(clone):
    with open(clone / "src/modelcollapse/recursion/train.py", "a") as stream:
        stream.write("\nCHANGED = True\n")
    found = jobs(snakemake("-n", folder=clone))
    assert {"fit_base", "fit_generation_0", "run_generation"} <= found
    assert not found & {"run_simulation", "run_simulation_with_arrays", "prepare_text", "train_tokenizer"}


def test_touching_and_commenting_rerun_nothing(clone):
    train = clone / "src/modelcollapse/recursion/train.py"
    train.write_text("# why\n" + train.read_text())
    os.utime(clone / "data/smoke/corpora/digits/train.npz")
    assert jobs(snakemake("-n", folder=clone)) == set()


def test_one_changed_key_reruns_only_what_depends_on_it(clone):
    edit(
        clone / "config/smoke.yaml",
        "epochs: 1, batch_size: 256, generations: 2",
        "epochs: 2, batch_size: 256, generations: 2",
    )
    found = jobs(snakemake("-n", folder=clone))
    assert "run_simulation_with_arrays" in found
    assert not found & {"run_generation", "run_simulation", "prepare_images"}


def test_a_misspelt_key_stops_before_any_work(clone):
    edit(clone / "config/smoke.yaml", "generations: 2", "generation: 2")
    run = snakemake(folder=clone)
    assert run.returncode != 0
    assert "did you mean 'generations'?" in run.stderr


def test_offline_without_a_mirror_the_two_ways_out_are_named(clone):
    command = [
        "snakemake",
        "data/laptop-published/raw/wikitext/train.parquet",
        "--cores",
        "1",
        "--configfile",
        "config/laptop.yaml",
        "--config",
        "text=published",
    ]
    variables = os.environ | {"PYTHONPATH": str(clone / "src"), "HF_HUB_OFFLINE": "1"}
    run = subprocess.run(command, cwd=clone, env=variables, capture_output=True, text=True, check=False)
    assert run.returncode != 0
    assert "--config corpus_mirror=" in run.stderr


def test_a_killed_run_finishes_bit_identically(clone):
    expected = {path: (clone / path).read_bytes() for path in (TARGET, TARGET.replace("synthetic", "scores"))}
    shutil.rmtree(clone / "data/smoke/synthetic")
    shutil.rmtree(clone / "data/smoke/scores")
    shutil.rmtree(clone / "data/smoke/models")
    variables = os.environ | {"PYTHONPATH": str(clone / "src"), "MODELCOLLAPSE_STORE": str(clone / "store")}
    command = ["snakemake", TARGET, "--cores", "2", *SMOKE]
    killed = subprocess.Popen(command, cwd=clone, env=variables, start_new_session=True, stderr=subprocess.DEVNULL)
    first = clone / "data/smoke/models/shumailov/opt/seed1/gen0.safetensors"
    while not first.exists():
        assert killed.poll() is None
        os.sched_yield()
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    subprocess.run(["snakemake", "--unlock", *SMOKE], cwd=clone, env=variables, capture_output=True, check=True)
    run = snakemake(TARGET, folder=clone, MODELCOLLAPSE_STORE=str(clone / "store"))
    assert run.returncode == 0, run.stderr[-4000:]
    assert {path: (clone / path).read_bytes() for path in expected} == expected


def test_a_second_run_elsewhere_takes_training_from_the_store(clone):
    shutil.copytree(ROOT / ".dvc/cache", clone / "store", copy_function=shutil.copyfile)
    (clone / TARGET).unlink()
    run = snakemake(TARGET, folder=clone, MODELCOLLAPSE_STORE=str(clone / "store"))
    assert run.returncode == 0, run.stderr[-4000:]
    log = next((clone / "logs/smoke/run_generation/shumailov").glob("epochs5_kept0.seed1.gen2.log")).read_text()
    assert "taken from the store" in log


def test_metrics_are_counts_of_verdicts(smoke):
    claims = pd.read_csv(smoke / "results/smoke/claims.csv")
    for paper in PAPERS:
        counts = json.loads((smoke / f"results/smoke/{paper}/metrics.json").read_text())["claims"]
        assert sum(counts.values()) == (claims.paper == paper).sum() > 0
