"""The mixture step: its files, its chains, and a kill in the middle."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from modelcollapse.densities.mixture import mixture_chains as mixture_recursion
from modelcollapse.densities.mixture.mixture_chains import History, run_mixture
from modelcollapse.densities.mixture.mixtures import Mixtures, squared_l2, truth_of
from modelcollapse.densities.mixture.settings import MixtureSettings
from modelcollapse.runtime.checkpoints import read_checkpoint
from modelcollapse.runtime.files import sha256
from modelcollapse.runtime.parquet import read_metadata

SETTINGS = MixtureSettings(samples=60, generations=55, seeds=4)


def run(folder, settings=SETTINGS, work=None):
    folder.mkdir(exist_ok=True)
    outputs = {"table": folder / "table.parquet", "arrays": folder / "points.npz"}
    run_mixture(settings, outputs, work)
    return outputs


def stored_points(outputs) -> pd.DataFrame:
    with np.load(outputs["arrays"], allow_pickle=False) as arrays:
        assert {name: arrays[name].dtype for name in arrays.files} == {"generation": "i4", "x": "f4", "y": "f4"}
        return pd.DataFrame({name: arrays[name] for name in arrays.files})


def test_files_hold_what_they_promise(tmp_path):
    outputs = run(tmp_path)
    table, samples = pd.read_parquet(outputs["table"]), stored_points(outputs)
    assert len(table) == 4 * 56
    assert table.groupby("seed")["generation"].apply(list).tolist() == [list(range(56))] * 4
    first = table[table["generation"] == 0]
    assert np.all(first["squared_l2_to_first_fit"] < 1e-12)
    np.testing.assert_allclose(table["normalised_l2_to_truth"], table["squared_l2_to_truth"] * 4 * np.pi, rtol=1e-6)
    last = table[table["generation"] == 50].iloc[-1]
    mixture = Mixtures(
        [last["weight_0"], last["weight_1"]],
        [[last["mean_0x"], last["mean_0y"]], [last["mean_1x"], last["mean_1y"]]],
        [last[[f"covariance_{k}{axes}" for axes in ("xx", "xy", "xy", "yy")]].to_numpy().reshape(2, 2) for k in (0, 1)],
    )
    assert float(squared_l2(mixture, truth_of("one_blob"))) == pytest.approx(last["squared_l2_to_truth"], rel=1e-6)
    assert samples.groupby("generation").size().to_dict() == {-1: 60, 0: 60, 50: 60}
    human = samples[samples["generation"] == -1]
    trace = human["x"].var() + human["y"].var()
    assert table.iloc[0]["trace_covariance"] == pytest.approx(trace)
    assert table["weight_0"].notna().tolist() == [generation % 25 == 0 for generation in table["generation"]]
    assert table["em_iterations"].min() >= 2
    assert read_metadata(outputs["table"])["settings"]["samples"] == 60


def test_late_generations_and_many_points_are_thinned(tmp_path, monkeypatch):
    monkeypatch.setattr(mixture_recursion, "STORED_POINTS", 40)
    long = run(tmp_path / "long", SETTINGS.model_copy(update={"seeds": 2, "generations": 260}))
    short = run(tmp_path / "short", SETTINGS.model_copy(update={"seeds": 2}))
    table = pd.read_parquet(long["table"])
    assert table.groupby("seed")["generation"].apply(list).tolist() == [[*range(201), 225, 250]] * 2
    points = stored_points(long)
    assert points.groupby("generation").size().to_dict() == dict.fromkeys((-1, 0, 50, 100, 150, 200), 40)
    # the first points of a chain, whatever its length
    both = points[points["generation"] <= 50].reset_index(drop=True)
    pd.testing.assert_frame_equal(both, stored_points(short), check_exact=True)
    pd.testing.assert_frame_equal(
        table[table["generation"] <= 55].reset_index(drop=True), pd.read_parquet(short["table"]), check_exact=True
    )


def test_chains_are_the_same_however_many_run_and_however_long(tmp_path):
    four = pd.read_parquet(run(tmp_path / "four")["table"])
    one = pd.read_parquet(run(tmp_path / "one", SETTINGS.model_copy(update={"seeds": 1, "generations": 20}))["table"])
    pd.testing.assert_frame_equal(four[(four["seed"] == 0) & (four["generation"] <= 20)], one, check_exact=True)


def test_a_killed_run_continues_and_ends_with_the_same_bytes(tmp_path, monkeypatch):
    undisturbed = run(tmp_path / "whole")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setattr(mixture_recursion, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    add, calls = History.add, []

    def dying_add(self, chain, fit):
        calls.append(chain)
        if len(calls) == 90:
            raise KeyboardInterrupt
        add(self, chain, fit)

    monkeypatch.setattr(History, "add", dying_add)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "killed", work=work)
    kept = read_checkpoint(work / mixture_recursion.CHECKPOINT, json.dumps(SETTINGS.model_dump(), sort_keys=True))
    assert kept.arrays["done"].sum() == 89
    again = run(tmp_path / "killed", work=work)
    assert len(calls) == 90 + 4 * 56 - 89
    for name in ("table", "arrays"):
        assert sha256(again[name]) == sha256(undisturbed[name])


def test_a_damaged_checkpoint_is_said_and_computed_again(tmp_path, capsys):
    undisturbed = run(tmp_path / "whole")
    (tmp_path / mixture_recursion.CHECKPOINT).write_bytes(b"not an archive")
    again = run(tmp_path / "again", work=tmp_path)
    assert sha256(again["table"]) == sha256(undisturbed["table"])
    assert "is damaged" in capsys.readouterr().err


def test_variance_is_lost_and_distance_grows_over_generations():
    history = mixture_recursion.refit_chains(MixtureSettings(samples=50, generations=120, seeds=10, data="two_blobs"))
    assert np.median(history.trace[:, -1]) < 0.5 * np.median(history.trace[:, 0])
    distance = squared_l2(history.mixtures(), truth_of("two_blobs"))
    assert np.median(distance[:, -1]) > 5 * np.median(distance[:, 0])
