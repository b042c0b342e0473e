"""Theory beside simulation: every experiment's table, and simulation against formula in each row."""

from __future__ import annotations

import importlib
import inspect

import numpy as np
import pandas as pd
import pytest

from modelcollapse.papers.shumailov.experiments import THEORY
from modelcollapse.papers.shumailov.settings import TheorySettings
from modelcollapse.papers.shumailov.simulations import gaussian_theory
from modelcollapse.runtime.files import sha256
from modelcollapse.runtime.parquet import read_metadata
from modelcollapse.simulation.rows import SUMMARY_SCHEMA

SETTINGS = TheorySettings(
    replicates=3000,
    loop_replicates=300,
    loop_generations=60,
    loop_samples=[50, 200],
    pool_replicates=300,
    discrete_replicates=1000,
    multivariate_replicates=600,
)


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> dict[str, pd.DataFrame]:
    folder, found = tmp_path_factory.mktemp("theory"), {}
    for name, (module, function, _) in THEORY.items():
        simulate = getattr(importlib.import_module(f"modelcollapse.papers.shumailov.simulations.{module}"), function)
        path = folder / f"{name}.parquet"
        given = {"settings": SETTINGS, "outputs": {"table": path}}
        simulate(**{key: given[key] for key in inspect.signature(simulate).parameters})
        found[name] = pd.read_parquet(path)
    return found


@pytest.mark.parametrize("name", THEORY)
def test_tables_are_tidy(tables, name):
    table = tables[name]
    assert list(table.columns) == SUMMARY_SCHEMA.names
    assert set(table["experiment"]) == {name}
    assert not table.duplicated(["setting", "generation", "quantity"]).any()
    assert table["simulated"].notna().all()


@pytest.mark.parametrize("name", THEORY)
def test_simulations_agree_with_formulas_row_by_row(tables, name):
    table = tables[name]
    # means of a variance are carried by rare chains once there are more generations than samples
    rows = table[table["exact"].notna() & (table["generation"] <= np.maximum(table["samples"], 60))]
    rows = rows[(name == "discrete") | (rows["generation"] <= 0.6 * rows["samples"].clip(lower=20))]
    error = (rows["simulated"] - rows["exact"]).abs()
    # a loss that is rarer than one chain has an estimated spread of zero
    allowed = 5 * rows["standard_error"] + (5 / 1000 if name == "discrete" else 1e-9)
    assert (error <= allowed).all(), rows[error > allowed].to_string()
    assert len(rows) >= 15


def test_the_discrete_law_is_absorbed_at_each_state_with_its_probability(tables):
    table = tables["discrete"]
    shares = table[table["quantity"].str.startswith("absorbed_in_state_")]
    assert shares.groupby("setting")["simulated"].sum().tolist() == pytest.approx([1.0] * 4)
    assert table.loc[table["quantity"] == "absorbed", "simulated"].tolist() == [1.0] * 4
    assert table.loc[table["quantity"] == "chi_square_p", "simulated"].min() > 0.001


def test_rare_states_are_lost_first(tables):
    table = tables["discrete"]
    losses = table[(table["setting"] == "Zipf, K=50") & table["quantity"].str.startswith("lost_in_one_step")]
    assert np.all(np.diff(losses["exact"]) > 0)
    assert losses["simulated"].iloc[-1] > 0.5 > 0.01 > losses["simulated"].iloc[0]


def test_pooling_damps_the_drift_and_a_draw_less_so(tables):
    table = tables["gaussian_pool"]
    last = table[(table["generation"] == 60) & (table["quantity"] == "rms_mean_error")].set_index("setting")[
        "simulated"
    ]
    for samples in (50, 200):
        assert last[f"pool, M={samples}"] < last[f"fixed_draw, M={samples}"] < last[f"replace, M={samples}"]


def test_expressivity_acts_once(tables):
    change = tables["expressivity"].query("quantity == 'squared_l2_change'").set_index("generation")["simulated"]
    assert change.loc[1].min() > 1e-3 and change[change.index >= 2].max() < 1e-12


def test_only_superlinear_growth_has_a_finite_risk(tables):
    risk = tables["gaussian_growth"].query("quantity == 'expected_risk'").pivot(
        index="generation", columns="setting", values="exact"
    )  # fmt: skip
    ratio = (risk.loc[256] - risk.loc[128]) / (risk.loc[128] - risk.loc[64])
    assert ratio["constant"] == pytest.approx(2, rel=0.05)
    assert ratio["linear"] == pytest.approx(1, rel=0.05)
    assert ratio["superlinear"] == pytest.approx(2**-0.5, rel=0.05)


def test_the_same_settings_give_the_same_bytes_and_another_seed_does_not(tmp_path):
    digests = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        path = tmp_path / f"{name}.parquet"
        gaussian_theory.simulate_single_fits(SETTINGS.model_copy(update={"seed": seed}), {"table": path})
        digests.append(sha256(path))
    assert digests[0] == digests[1] != digests[2]
    assert "numpy.std" in read_metadata(tmp_path / "a.parquet")["note"]
