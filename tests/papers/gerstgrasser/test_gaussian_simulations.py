"""Gaussians of the three regimes: exact moments row by row, and the sequel's grid."""

from __future__ import annotations

import numpy as np
import pandas as pd

from modelcollapse.papers.gerstgrasser.settings import GaussianRegimesSettings
from modelcollapse.papers.gerstgrasser.simulations.gaussian_grid import simulate_grid
from modelcollapse.papers.gerstgrasser.simulations.gaussian_law import simulate_law

SETTINGS = GaussianRegimesSettings(
    dimensions=[1, 4], samples=[3, 20], iterations=12, seeds=200, chains=3000, drawn_points=200_000, largest_pool=1000
)


def test_the_law_experiment_agrees_row_by_row(tmp_path):
    simulate_law(SETTINGS, {"table": tmp_path / "law.parquet"})
    table = pd.read_parquet(tmp_path / "law.parquet")
    rows = table[table["exact"].notna() & ((table["samples"] > 3) | (table["generation"] <= 3))]
    z = (rows["simulated"] - rows["exact"]) / rows["standard_error"]
    assert z.abs().max() < 5.5 and len(rows) > 100
    assert table["simulated"].notna().all()


def test_the_grid_pairs_its_seeds_and_leaves_out_large_pools(tmp_path):
    simulate_grid(SETTINGS, {"table": tmp_path / "grid.parquet"})
    grid = pd.read_parquet(tmp_path / "grid.parquet")
    drawn = grid[grid["regime"] == "accumulate_subsample"]
    assert set(zip(drawn["dimension"], drawn["samples"], strict=True)) == {(1, 3), (1, 20), (4, 3), (4, 20)}
    first = grid.query("iteration == 1 and dimension == 4 and samples == 20")
    wide = first.pivot(index="seed", columns="regime", values="trace_ratio")
    np.testing.assert_allclose(wide["replace"], wide["accumulate"])
    small = SETTINGS.model_copy(update={"largest_pool": 900})
    simulate_grid(small, {"table": tmp_path / "small.parquet"})
    fewer = pd.read_parquet(tmp_path / "small.parquet").query("regime == 'accumulate_subsample'")
    assert fewer["samples"].max() * fewer["dimension"].max() * 12 > 900 > fewer.eval("samples * dimension * 12").max()
