"""Figures and tables of replaced and accumulated data, from the steps' own files at a tiny size."""

from __future__ import annotations

import pandas as pd
import pytest

from modelcollapse.measures.paper_data import NotAvailable, PaperData
from modelcollapse.papers.gerstgrasser.experiments import topics
from modelcollapse.papers.gerstgrasser.figures import (
    refitted_gaussians,
    refitted_kde,
    refitted_laws,
    refitted_regressions,
)
from modelcollapse.papers.gerstgrasser.settings import (
    AccumulationSettings,
    DiscreteRegimesSettings,
    GaussianRegimesSettings,
    GerstgrasserSettings,
    KdeChainSettings,
    KdeVarianceSettings,
    LinearSettings,
)

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
SETTINGS = GerstgrasserSettings(theory=TINY)
MODULES = (refitted_regressions, refitted_gaussians, refitted_kde, refitted_laws)
FIGURES = {name: draw for module in MODULES for name, draw in module.FIGURES.items()}
TABLES = {name: tabulate for module in MODULES for name, tabulate in module.TABLES.items()}


@pytest.fixture(scope="module")
def data(simulate):
    return simulate("gerstgrasser", SETTINGS)


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


def pictures(data, name, folder):
    outputs = {ending: folder / f"{name}.{ending}" for ending in ("svg", "png")}
    FIGURES[name](data, outputs)
    return [path.read_bytes() for path in outputs.values()]


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_drawn(data, name, tmp_path):
    assert all(len(picture) > 5000 for picture in pictures(data, name, tmp_path))


def test_the_same_data_give_the_same_bytes(data, tmp_path):
    assert pictures(data, "kde_variance", tmp_path / "a") == pictures(data, "kde_variance", tmp_path / "b")


@pytest.mark.parametrize("name", ROWS)
def test_tables_hold_every_setting(data, name, table):
    TABLES[name](data, table)
    written = pd.read_csv(table["csv"])
    assert len(written) == ROWS[name]
    assert table["markdown"].read_text().count("\n") == ROWS[name] + 2


def test_ratios_are_simulated_over_exact(data, table):
    TABLES["linear"](data, table)
    written = pd.read_csv(table["csv"])
    pd.testing.assert_series_equal(
        written["ratio"], written["simulated"] / written["exact"], rtol=1e-2, check_names=False
    )


def test_the_sequels_losses_stand_beside_ours(data, table):
    TABLES["kde"](data, table)
    written = pd.read_csv(table["csv"]).set_index(["estimate", "regime", "iteration"])["sequel"]
    assert written["circles_01_10", "replace", 10] == 37.2
    assert written["moons_scott"].isna().all()
    moons = KdeChainSettings(data="moons", bandwidth=0.1)
    assert refitted_kde.sequel_losses(moons)["accumulate"][2] == 1.364


def test_an_estimate_that_was_not_run_is_left_out(data, table, figure):
    files = {"kde": {"moons_scott": data.files["kde"]["moons_scott"]}}
    TABLES["kde"](PaperData(files, SETTINGS), table)
    assert set(pd.read_csv(table["csv"])["estimate"]) == {"moons_scott"}
    FIGURES["kde"](PaperData(files, SETTINGS), figure)
    assert figure["png"].exists()


def test_missing_experiments_are_named(data, figure):
    with pytest.raises(NotAvailable, match="'linear_subsample'"):
        FIGURES["linear"](PaperData({"theory": {"linear_law": data.files["theory"]["linear_law"]}}, SETTINGS), figure)
    with pytest.raises(NotAvailable, match="no kernel density estimate"):
        FIGURES["kde"](PaperData({}, SETTINGS), figure)


def test_a_group_that_the_settings_lack_has_no_topic():
    def shown(**changes):
        theory = TINY.model_copy(update=changes)
        return {topic.name: topic for topic in topics(GerstgrasserSettings(theory=theory))}

    assert list(shown()) == ["linear", "gaussian", "kde", "discrete"]
    assert list(shown(gaussian=None, discrete=None)) == ["linear", "kde"]
    assert shown(kde_chains={})["kde"].figures == ("kde_variance",)
    assert shown(kde=None)["kde"].tables == ("kde",)
    assert "kde" not in shown(kde=None, kde_chains={})
    assert topics(GerstgrasserSettings()) == []
