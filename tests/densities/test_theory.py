"""The theory step: every experiment's table, and simulation against formula in each row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from modelcollapse.papers.shumailov.simulations.theory import EXPERIMENTS, run_theory

from modelcollapse.papers.shumailov.settings import TheorySettings
from modelcollapse.runtime.files import sha256
from modelcollapse.runtime.seeds import generator
from modelcollapse.simulation.rows import SCHEMA, mean_of, quantile_of, root_mean_square_of, share_of

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
    folder = tmp_path_factory.mktemp("theory")
    for name in EXPERIMENTS:
        run_theory(name, SETTINGS, {"table": folder / f"{name}.parquet"})
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in EXPERIMENTS}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_tables_are_tidy(tables, name):
    table = tables[name]
    assert list(table.columns) == SCHEMA.names
    assert set(table["experiment"]) == {name}
    assert not table.duplicated(["setting", "generation", "quantity"]).any()
    assert table["simulated"].notna().all()


@pytest.mark.parametrize("name", EXPERIMENTS)
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
        run_theory("single_fit", SETTINGS.model_copy(update={"seed": seed}), {"table": path})
        digests.append(sha256(path))
    assert digests[0] == digests[1] != digests[2]


def test_an_unknown_experiment_is_refused(tmp_path):
    with pytest.raises(ValueError, match="expected one of discrete"):
        run_theory("gaussian", SETTINGS, {"table": tmp_path / "x.parquet"})


def test_standard_errors_are_the_spread_of_the_estimates():
    random = generator("errors")
    samples = random.exponential(size=(2000, 400))
    for estimate in (mean_of, quantile_of, root_mean_square_of):
        results = [estimate(sample) for sample in samples]
        spread = np.std([result.value for result in results])
        assert np.mean([result.standard_error for result in results]) == pytest.approx(spread, rel=0.15)
    assert share_of(25, 100).standard_error == pytest.approx(np.sqrt(0.25 * 0.75 / 100))
