"""The linear experiments: tidy tables, the same bytes, simulation against formula row by row."""

from __future__ import annotations

import pandas as pd
import pytest

from modelcollapse.papers.gerstgrasser.settings import LinearSettings
from modelcollapse.papers.gerstgrasser.simulations.iterations import recorded
from modelcollapse.papers.gerstgrasser.simulations.linear_grid import simulate_grid
from modelcollapse.papers.gerstgrasser.simulations.linear_law import check_identity, simulate_draws, simulate_law
from modelcollapse.runtime.files import sha256
from modelcollapse.simulation.rows import SUMMARY_SCHEMA

SETTINGS = LinearSettings(
    dimensions=[1, 3, 20],
    samples=[10, 32],
    iterations=12,
    seeds=300,
    coordinates=20_000,
    subsample_designs=100,
    subsample_streams=2,
)


LAWS = {"linear_identity": check_identity, "linear_law": simulate_law, "linear_subsample": simulate_draws}


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> dict[str, pd.DataFrame]:
    folder, found = tmp_path_factory.mktemp("linear"), {}
    for name, simulate in (LAWS | {"linear_grid": simulate_grid}).items():
        simulate(SETTINGS, {"table": folder / f"{name}.parquet"})
        found[name] = pd.read_parquet(folder / f"{name}.parquet")
    return found


@pytest.mark.parametrize("name", LAWS)
def test_tables_are_tidy(tables, name):
    assert list(tables[name].columns) == SUMMARY_SCHEMA.names
    assert not tables[name].duplicated(["setting", "generation", "quantity"]).any()


def test_the_identity_holds_to_ten_digits(tables):
    differences = tables["linear_identity"]["simulated"]
    assert len(differences) == 9
    assert 0 < differences.max() < 1e-11


def test_the_law_agrees_with_the_formulas_row_by_row(tables):
    rows = tables["linear_law"].query("quantity != 'median_test_error'")
    z = (rows["simulated"] - rows["exact"]) / rows["standard_error"]
    assert z.abs().max() < 5
    assert set(rows["generation"]) == set(recorded(12))


def test_few_samples_per_dimension_inflate_the_error_of_draws(tables):
    rows = tables["linear_subsample"].query("quantity == 'multiplier' and generation == 12").set_index("setting")
    ratio = rows["simulated"] / rows["exact"]
    assert ratio["d=10, T=32, accumulate_subsample"] > 1.2
    assert abs(ratio["d=10, T=1000, accumulate_subsample"] - 1) < 0.15


def test_the_grid_has_every_seed_and_skips_impossible_pairs(tables):
    grid = tables["linear_grid"]
    assert set(zip(grid["dimension"], grid["samples"], strict=True)) == {(1, 10), (1, 32), (3, 10), (3, 32), (20, 32)}
    assert len(grid) == 5 * 3 * 4 * len(recorded(12)) * 300
    agreement = grid[grid["regime"] != "accumulate_subsample"].groupby(["regime", "iteration"])
    ratio = agreement["test_error"].sum() / agreement["exact"].sum()
    # carried by the few settings with the largest error
    assert ((ratio - 1).abs() < 0.25).all()


def test_regimes_of_a_seed_share_their_first_fit(tables):
    first = tables["linear_grid"].query("iteration == 1 and samples == 32 and dimension == 3 and noise_variance == 1")
    wide = first.pivot(index="seed", columns="regime", values="test_error")
    assert (wide["replace"] == wide["accumulate"]).all()
    assert (wide["replace"] == wide["replace_growing"]).all()


def test_the_same_settings_give_the_same_bytes_and_another_seed_does_not(tmp_path):
    digests = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        path = tmp_path / f"{name}.parquet"
        small = SETTINGS.model_copy(update={"seed": seed, "dimensions": [1], "samples": [10], "seeds": 5})
        simulate_grid(small, {"table": path})
        digests.append(sha256(path))
    assert digests[0] == digests[1] != digests[2]


def test_an_empty_grid_is_refused(tmp_path):
    empty = SETTINGS.model_copy(update={"dimensions": [100], "samples": [10]})
    with pytest.raises(ValueError, match="change one"):
        simulate_grid(empty, {"table": tmp_path / "x.parquet"})


def test_the_last_iteration_is_always_recorded():
    assert recorded(12) == [1, 2, 3, 5, 10, 12]
    assert recorded(100) == [1, 2, 3, 5, 10, 25, 50, 100]
