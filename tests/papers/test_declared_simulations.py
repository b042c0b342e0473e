"""Every simulation of every paper runs as it is declared, and reads exactly the settings that it declares."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tiny_settings import SETTINGS

from modelcollapse.papers.dohmatob.settings import DohmatobSettings
from modelcollapse.papers.gerstgrasser.settings import AccumulationSettings, GerstgrasserSettings
from modelcollapse.papers.registry import PAPERS, part
from modelcollapse.runtime.parquet import read_metadata
from modelcollapse.simulation import running
from modelcollapse.simulation.declaration import Simulation
from modelcollapse.simulation.running import NarrowedSettings, group_of, narrowed_parameters, run


def declared(paper: str, settings=None) -> list[Simulation]:
    return part(paper, "experiments").simulations(settings or SETTINGS[paper])


CASES = {
    f"{paper}/{simulation.topic}/{simulation.name}": (paper, simulation)
    for paper in PAPERS
    for simulation in declared(paper)
}


class Recording(NarrowedSettings):
    """Narrowed settings that remember what was read."""

    read: set[str] = set()

    def __getattr__(self, name: str):
        value = super().__getattr__(name)
        Recording.read.add(name)
        return value


@pytest.fixture(scope="module")
def images(tmp_path_factory) -> dict[str, Path]:
    """Images of 8 x 8 pixels in which the label's pixel is bright."""
    random, folder, paths = np.random.default_rng(0), tmp_path_factory.mktemp("images"), {}
    for split, count in (("train", 60), ("test", 20)):
        labels = (np.arange(count) % 10).astype(np.uint8)
        pixels = random.integers(0, 40, (count, 8, 8), dtype=np.uint8)
        pixels.reshape(count, -1)[np.arange(count), labels] = 255
        paths[split] = folder / f"{split}.npz"
        np.savez(paths[split], images=pixels, labels=labels)
    return paths


@pytest.mark.parametrize("case", CASES)
def test_a_simulation_reads_what_it_declares_and_writes_what_it_promises(case, images, tmp_path, monkeypatch):
    paper, simulation = CASES[case]
    group = group_of(simulation, SETTINGS[paper])
    assert simulation.fields is not None
    monkeypatch.setattr(running, "NarrowedSettings", Recording)
    monkeypatch.setattr(Recording, "read", set())
    outputs = {role: tmp_path / f"out.{role}" for role in ("table", "arrays") if role == "table" or simulation.arrays}
    work = tmp_path / "work"
    work.mkdir()
    run(simulation, group, images if simulation.corpus else {}, outputs, work)
    assert all(path.exists() for path in outputs.values())
    assert Recording.read == set(simulation.fields)
    # a result says no more about the settings than what it depends on
    kept = read_metadata(outputs["table"]).get("settings", {})
    assert set(kept) <= set(simulation.fields)


@pytest.mark.parametrize("paper", PAPERS)
def test_names_are_unique_within_a_topic(paper):
    names = [(simulation.topic, simulation.name) for simulation in declared(paper)]
    assert len(names) == len(set(names)) >= 10


def test_each_seed_is_a_job_of_its_own():
    autoencoders = [simulation for simulation in declared("shumailov") if simulation.topic == "vae"]
    assert [(each.name, each.seed, each.corpus) for each in autoencoders] == [
        ("seed3", 3, "digits"),
        ("seed4", 4, "digits"),
    ]
    features = [each for each in declared("dohmatob") if each.topic == "images_random_features"]
    assert [each.name for each in features] == ["seed1", "seed2"]


def test_more_seeds_or_other_replicates_change_no_other_job():
    group = SETTINGS["dohmatob"].strong_collapse
    changed = group.model_copy(update={"tail_replicates": 99})
    rerun = {
        each.name
        for each in declared("dohmatob")
        if each.topic == "strong_collapse" and narrowed_parameters(each, group) != narrowed_parameters(each, changed)
    }
    assert rerun == {"tails"}
    vae = SETTINGS["shumailov"].vae
    one = next(each for each in declared("shumailov") if each.topic == "vae")
    assert narrowed_parameters(one, vae) == narrowed_parameters(one, vae.model_copy(update={"seeds": 9}))


def test_what_is_absent_from_the_config_is_not_run():
    nothing = SimpleNamespace(first_seed=1, mixture={}, vae=None, theory=None)
    assert part("shumailov", "experiments").simulations(nothing) == []
    assert declared("gerstgrasser", GerstgrasserSettings()) == []
    assert declared("dohmatob", DohmatobSettings(strong_collapse=None)) == []
    without = GerstgrasserSettings(theory=AccumulationSettings(linear=None, kde=None))
    assert {(each.topic, each.name) for each in declared("gerstgrasser", without)} == {
        ("theory", "gaussian_law"),
        ("theory", "discrete_law"),
        ("theory", "discrete_absorption"),
        ("grid", "gaussian_grid"),
    }


def test_declarations_import_no_numerics():
    code = (
        "import sys\n"
        "from modelcollapse.papers.registry import PAPERS, part\n"
        "for paper in PAPERS: part(paper, 'experiments').simulations\n"
        "print(sorted({'numpy', 'torch', 'pandas', 'pyarrow', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
