"""Discrete laws of the three regimes, and the time to total collapse, row by row."""

from __future__ import annotations

import pandas as pd

from modelcollapse.papers.gerstgrasser.settings import DiscreteRegimesSettings
from modelcollapse.papers.gerstgrasser.simulations.discrete_law import simulate_absorption, simulate_law

SETTINGS = DiscreteRegimesSettings(
    states=3, samples=[5, 20, 60], largest_pool=20, iterations=12, chains=3000, absorption_chains=500
)


def test_the_experiments_agree_row_by_row(tmp_path):
    tables = {}
    for name, simulate in {"discrete_law": simulate_law, "discrete_absorption": simulate_absorption}.items():
        simulate(SETTINGS, {"table": tmp_path / f"{name}.parquet"})
        tables[name] = pd.read_parquet(tmp_path / f"{name}.parquet")
    rows = tables["discrete_law"].dropna(subset=["exact"])
    spread = rows["standard_error"].clip(lower=1e-12)
    rare = 5 / 3000
    assert ((rows["simulated"] - rows["exact"]).abs() <= 5 * spread + rare).all()
    assert set(tables["discrete_law"]["samples"]) == {5, 20}
    times = tables["discrete_absorption"].query("quantity == 'absorption_time'")
    assert set(times["samples"]) == {5, 20, 60}
    assert ((times["simulated"] - times["exact"]).abs() < 5 * times["standard_error"]).all()
    assert (times["paper_formula"] > times["exact"]).all()
