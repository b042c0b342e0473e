"""Figures and tables of replaced and accumulated data, from the steps' own files at a tiny size."""

from __future__ import annotations

import pandas as pd
import pytest

from modelcollapse.papers.gerstgrasser.figures import refitted_kde as accumulation_kde
from modelcollapse.papers.gerstgrasser.figures import topics as accumulation
from modelcollapse.papers.gerstgrasser.settings import (
    EXPERIMENTS,
    AccumulationSettings,
    DiscreteRegimesSettings,
    GaussianRegimesSettings,
    KdeChainSettings,
    KdeVarianceSettings,
    LinearSettings,
)
from modelcollapse.papers.gerstgrasser.simulations import discrete_law as discrete_regimes_experiments
from modelcollapse.papers.gerstgrasser.simulations import gaussian_grid as gaussian_accumulation_grid
from modelcollapse.papers.gerstgrasser.simulations import gaussian_law as gaussian_accumulation_law
from modelcollapse.papers.gerstgrasser.simulations import kde_chains
from modelcollapse.papers.gerstgrasser.simulations import kde_variance as kde_experiments
from modelcollapse.papers.gerstgrasser.simulations import linear_grid as accumulation_grid
from modelcollapse.papers.gerstgrasser.simulations import linear_law as accumulation_experiments

TINY = AccumulationSettings(
    linear=LinearSettings(
        dimensions=[1, 3],
        samples=[10, 32],
        iterations=10,
        seeds=4,
        coordinates=1000,
        subsample_designs=100,
        subsample_streams=1,
    ),
    gaussian=GaussianRegimesSettings(
        dimensions=[1, 2], samples=[3, 10], iterations=10, seeds=4, chains=100, drawn_points=10_000
    ),
    discrete=DiscreteRegimesSettings(states=3, samples=[5, 10], iterations=10, chains=100, absorption_chains=100),
    kde=KdeVarianceSettings(chains=100, iterations=10, samples=5),
    kde_chains={
        "circles_01_10": KdeChainSettings(
            data="circles", bandwidth=0.1, samples=10, iterations=10, seeds=3, test_points=20
        ),
        "moons_scott": KdeChainSettings(
            data="moons", bandwidth="scott", samples=10, iterations=10, seeds=3, test_points=20
        ),
    },
)
MODULES = {
    "linear": {"linear_grid": accumulation_grid},
    "gaussian": {"gaussian_law": gaussian_accumulation_law, "gaussian_grid": gaussian_accumulation_grid},
    "kde": {"kde_variance": kde_experiments},
}
KDE_NAMES = ("circles_01_10", "moons_scott")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("accumulation")
    found = {}
    for name, (group, _) in EXPERIMENTS.items():
        default = {"linear": accumulation_experiments, "discrete": discrete_regimes_experiments}.get(group)
        module = MODULES.get(group, {}).get(name, default)
        found[name] = folder / f"{name}.parquet"
        module.run_experiment(name, getattr(TINY, group), {"table": found[name]})
    for name in KDE_NAMES:
        found[name] = folder / f"{name}.parquet"
        kde_chains.run_kde(TINY.kde_chains[name], {"table": found[name]})
    return found


NEEDED = {
    "linear": ("linear_law", "linear_subsample"),
    "linear_gap": ("linear_law", "linear_subsample", "linear_grid"),
    "gaussian": ("gaussian_law",),
    "gaussian_grid": ("gaussian_grid",),
    "kde": KDE_NAMES,
    "kde_variance": ("kde_variance",),
    "discrete": ("discrete_law", "discrete_absorption"),
}
ROWS = {
    "linear": 25 * 5,
    "linear_grid": 4 * 3 * 4,
    "gaussian": 12 * 6 * 2,
    "gaussian_grid": 4 * 3,
    "kde": 2 * 3 * 5,
    "kde_variance": 9 * 2 * 5,
    "discrete": 2 * 3 * 5 * 2 + 2 * 2,
}
"""Settings x iterations (x quantities) of the tiny size."""


def pictures(files, name, folder):
    outputs = {ending: folder / f"{name}.{ending}" for ending in ("svg", "png")}
    getattr(accumulation, f"draw_{name}")({needed: files[needed] for needed in NEEDED[name]}, outputs)
    return [path.read_bytes() for path in outputs.values()]


@pytest.mark.parametrize("name", NEEDED)
def test_figures_are_drawn(files, name, tmp_path):
    assert all(len(picture) > 5000 for picture in pictures(files, name, tmp_path))


def test_the_same_data_give_the_same_bytes(files, tmp_path):
    assert pictures(files, "kde_variance", tmp_path / "a") == pictures(files, "kde_variance", tmp_path / "b")


@pytest.mark.parametrize("name", ROWS)
def test_tables_hold_every_setting(files, name, table):
    needed = NEEDED.get(name, ()) if name != "linear_grid" else ("linear_grid",)
    getattr(accumulation, f"tabulate_{name}")({key: files[key] for key in needed}, table)
    written = pd.read_csv(table["csv"])
    assert len(written) == ROWS[name]
    assert table["markdown"].read_text().count("\n") == ROWS[name] + 2


def test_ratios_are_simulated_over_exact(files, table):
    accumulation.tabulate_linear({name: files[name] for name in NEEDED["linear"]}, table)
    written = pd.read_csv(table["csv"])
    pd.testing.assert_series_equal(
        written["ratio"], written["simulated"] / written["exact"], rtol=1e-2, check_names=False
    )


def test_the_sequels_losses_stand_beside_ours(files, table):
    accumulation.tabulate_kde({name: files[name] for name in KDE_NAMES}, table)
    written = pd.read_csv(table["csv"]).set_index(["estimate", "regime", "iteration"])["sequel"]
    assert written["circles_01_10", "replace", 10] == 37.2
    assert written["moons_scott"].isna().all()
    assert accumulation_kde.sequel_losses({"data": "moons", "bandwidth": 0.1, "samples": 100})["accumulate"][2] == 1.364


def test_missing_experiments_are_named(files, figure):
    with pytest.raises(ValueError, match="'linear_subsample' is needed"):
        accumulation.draw_linear({"linear_law": files["linear_law"]}, figure)
    with pytest.raises(ValueError, match="No kernel density estimate"):
        accumulation.draw_kde({"kde_variance": files["kde_variance"]}, figure)
