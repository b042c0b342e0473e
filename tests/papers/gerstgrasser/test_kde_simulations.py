"""Chains of kernel density estimates: losses against scikit-learn, limits, and the variance that they add."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from sklearn.neighbors import KernelDensity

from modelcollapse.densities import kde
from modelcollapse.densities.gaussian.regime_moments import REGIMES
from modelcollapse.densities.point_clouds import draw_points
from modelcollapse.papers.gerstgrasser.settings import KdeChainSettings, KdeVarianceSettings
from modelcollapse.papers.gerstgrasser.simulations import kde_chains
from modelcollapse.papers.gerstgrasser.simulations.iterations import recorded
from modelcollapse.papers.gerstgrasser.simulations.kde_variance import simulate_variances
from modelcollapse.runtime.files import sha256
from modelcollapse.runtime.seeds import generator

CHAIN = KdeChainSettings(data="circles", bandwidth=0.3, samples=20, iterations=12, seeds=6, test_points=30)


def test_simulated_variances_have_their_exact_growth(tmp_path):
    settings = KdeVarianceSettings(chains=1500, iterations=10, samples=8)
    simulate_variances(settings, {"table": tmp_path / "v.parquet"})
    table = pd.read_parquet(tmp_path / "v.parquet")
    rows = table[table["quantity"] == "added_variance"]
    assert len(rows) == 9 * len(recorded(10))
    # the first fit adds its kernel, without any chance
    first, later = rows[rows["generation"] == 1], rows[rows["generation"] > 1]
    np.testing.assert_allclose(first["simulated"], first["exact"])
    assert ((later["simulated"] - later["exact"]) / later["standard_error"]).abs().max() < 5


@pytest.mark.parametrize("bandwidth", [0.3, "scott"])
def test_losses_of_the_first_fit_are_those_of_scikit_learn(bandwidth):
    settings = CHAIN.model_copy(update={"bandwidth": bandwidth})
    name = ("accumulation", "kde", "circles", 20, 3)
    real, test = (
        draw_points("circles", 20, generator(*name, "real")),
        draw_points("circles", 30, generator(*name, "test", 30)),
    )
    exact = -KernelDensity(bandwidth=bandwidth).fit(real).score_samples(test).mean()
    for regime in REGIMES:
        assert kde_chains.simulate_chain(regime, settings, 3)[0] == pytest.approx(exact, abs=1e-4)


def test_the_running_sum_is_the_density_of_the_whole_pool(monkeypatch):
    blocks = []
    original = kde.log_kernel_sum

    def spy(test, points, bandwidth):
        blocks.append((test, points.copy(), bandwidth))
        return original(test, points, bandwidth)

    monkeypatch.setattr(kde, "log_kernel_sum", spy)
    losses = kde_chains.simulate_chain("accumulate", CHAIN, 0)
    pool = np.concatenate([points for _, points, _ in blocks])
    assert pool.shape == (12 * 20, 2)
    exact = -kde.log_density(original(blocks[0][0], pool, 0.3), len(pool), 2, 0.3).mean()
    assert losses[-1] == pytest.approx(exact, abs=1e-6)


def test_many_samples_approach_the_limit_and_few_stay_above_it():
    large = KdeChainSettings(data="moons", bandwidth=0.5, samples=1500, iterations=10, seeds=2, test_points=400)
    for regime in ("accumulate", "accumulate_subsample"):
        limit = kde_chains.limiting_losses(regime, large)
        chain = np.mean([kde_chains.simulate_chain(regime, large, seed) for seed in range(6)], axis=0)
        np.testing.assert_allclose(chain, limit, atol=0.06)
    few = large.model_copy(update={"samples": 10})
    chain = np.mean([kde_chains.simulate_chain("replace", few, seed) for seed in range(20)], axis=0)
    assert (chain > kde_chains.limiting_losses("replace", few)).all()
    assert np.isnan(kde_chains.limiting_losses("replace", CHAIN.model_copy(update={"bandwidth": "scott"}))).all()


def test_the_step_writes_every_seed_with_the_same_bytes(tmp_path):
    digests = []
    for name in "ab":
        kde_chains.simulate_chains("circles", CHAIN, {"table": tmp_path / f"{name}.parquet"})
        digests.append(sha256(tmp_path / f"{name}.parquet"))
    assert digests[0] == digests[1]
    table = pd.read_parquet(tmp_path / "a.parquet")
    assert len(table) == 3 * 6 * len(recorded(12)) and table["test_loss"].notna().all()
    first = table[table["iteration"] == 1].pivot(index="seed", columns="regime", values="test_loss")
    np.testing.assert_allclose(first["replace"], first["accumulate"])
    last = table[table["iteration"] == 12].groupby("regime")["test_loss"].mean()
    assert last["replace"] > last["accumulate_subsample"]


def test_a_bandwidth_that_is_not_positive_is_no_setting():
    with pytest.raises(ValidationError, match="must be positive"):
        KdeChainSettings(data="circles", bandwidth=-0.1)
