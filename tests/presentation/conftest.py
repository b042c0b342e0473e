"""Synthetic data of all experiments, made once."""

from __future__ import annotations

import pytest
import synthetic


@pytest.fixture(scope="session")
def core_arms(tmp_path_factory):
    return synthetic.write_core_arms(tmp_path_factory.mktemp("core"))


@pytest.fixture(scope="session")
def all_arms(core_arms, tmp_path_factory):
    folder = tmp_path_factory.mktemp("all")
    single = {name: synthetic.write_arm(folder, name, growth, 1) for name, growth in synthetic.ABLATIONS.items()}
    control = synthetic.write_arm(folder, "human_steps10", 0.01, 5, 1)
    return core_arms | single | {"human_steps10": control}


@pytest.fixture(scope="session")
def theory(tmp_path_factory):
    return synthetic.write_theory(tmp_path_factory.mktemp("theory"))


@pytest.fixture
def figure(tmp_path):
    return {ending: tmp_path / f"figure.{ending}" for ending in ("svg", "png")}


@pytest.fixture
def table(tmp_path):
    return {"csv": tmp_path / "table.csv", "markdown": tmp_path / "table.md"}
