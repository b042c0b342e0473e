"""Kernel density estimates refitted on their own samples, against direct sums, enumeration and scikit-learn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.special import logsumexp
from sklearn.neighbors import KernelDensity

from modelcollapse.densities import kde
from modelcollapse.densities.gaussian.regime_moments import REGIMES
from modelcollapse.densities.point_clouds import DIMENSIONS, draw_points
from modelcollapse.papers.gerstgrasser.settings import KdeChainSettings, KdeVarianceSettings, recorded
from modelcollapse.papers.gerstgrasser.simulations import kde_chains
from modelcollapse.papers.gerstgrasser.simulations import kde_variance as kde_experiments
from modelcollapse.runtime.files import sha256
from modelcollapse.runtime.seeds import generator

CHAIN = KdeChainSettings(data="circles", bandwidth=0.3, samples=20, iterations=12, seeds=6, test_points=30)


@pytest.mark.parametrize("bandwidth", [0.2, 1.0, "scott", "silverman"])
@pytest.mark.parametrize("data", DIMENSIONS)
def test_densities_are_those_of_scikit_learn(data, bandwidth):
    random = generator("sklearn", data)
    points, test = draw_points(data, 700, random), draw_points(data, 40, random)
    width, dimension = kde.bandwidth_of(bandwidth, 700, DIMENSIONS[data]), DIMENSIONS[data]
    ours = kde.log_density(kde.log_kernel_sum(test, points, width), 700, dimension, width)
    direct = logsumexp(-((test[:, None] - points) ** 2).sum(axis=2) / (2 * width**2), axis=1)
    np.testing.assert_allclose(ours, kde.log_density(direct, 700, dimension, width), atol=1e-5)
    # scikit-learn's sums lose digits where no point is near
    near = direct > -20
    theirs = KernelDensity(bandwidth=bandwidth).fit(points).score_samples(test)
    np.testing.assert_allclose(ours[near], theirs[near], atol=1e-4)


def test_far_points_do_not_underflow():
    total = kde.log_kernel_sum(np.array([[1000.0, 0.0]]), np.array([[0.0, 0.0], [1.0, 0.0]]), 0.5)
    assert total[0] == pytest.approx(-2 * 999.0**2, rel=1e-9)


@given(st.integers(1, 40), st.floats(0.01, 3))
def test_a_fixed_bandwidth_adds_variance_without_bound(iterations, bandwidth):
    steps = np.arange(1, iterations + 1)
    added = {regime: kde.expected_added_variance(regime, bandwidth, 10, 2, iterations) for regime in REGIMES}
    np.testing.assert_allclose(added["replace"], bandwidth**2 * steps)
    for regime in ("accumulate", "accumulate_subsample"):
        np.testing.assert_allclose(added[regime], bandwidth**2 * np.cumsum(1 / steps))


@given(st.integers(1, 30))
def test_the_number_of_kernels_is_the_number_of_records(iterations):
    law = kde.kernels_of_a_draw("accumulate", iterations)
    assert law.sum() == pytest.approx(1)
    assert law @ np.arange(iterations + 1) == pytest.approx(np.sum(1 / np.arange(1, iterations + 1)))
    np.testing.assert_array_equal(kde.kernels_of_a_draw("replace", iterations), np.eye(iterations + 1)[iterations])


def test_the_number_of_kernels_by_following_ancestors():
    random, counts = generator("ancestors"), []
    for _ in range(20_000):
        batch, kernels = 6, 0
        while batch >= 1:
            # a draw of fit t comes from batch 1..t; batch j was drawn from fit j-1, batch 1 is real
            batch, kernels = int(random.integers(1, batch + 1)) - 1, kernels + 1
        counts.append(kernels)
    shares = np.bincount(counts, minlength=7) / len(counts)
    np.testing.assert_allclose(shares, kde.kernels_of_a_draw("accumulate", 6), atol=0.015)


def test_scotts_rule_keeps_the_accumulated_variance_finite():
    scott = kde.expected_added_variance("accumulate", "scott", 100, 2, 40_000)
    doubling = (scott[-1] - scott[19_999]) / (scott[19_999] - scott[9_999])
    assert doubling == pytest.approx(2 ** (-1 / 3), rel=1e-3)
    constant = kde.expected_added_variance("accumulate_subsample", "scott", 100, 2, 100)
    np.testing.assert_allclose(constant, 100 ** (-1 / 3) * np.cumsum(1 / np.arange(1, 101)))


def test_simulated_variances_have_their_exact_growth(tmp_path):
    settings = KdeVarianceSettings(chains=1500, iterations=10, samples=8)
    kde_experiments.run_experiment("kde_variance", settings, {"table": tmp_path / "v.parquet"})
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
        kde_chains.run_kde(CHAIN, {"table": tmp_path / f"{name}.parquet"})
        digests.append(sha256(tmp_path / f"{name}.parquet"))
    assert digests[0] == digests[1]
    table = pd.read_parquet(tmp_path / "a.parquet")
    assert len(table) == 3 * 6 * len(recorded(12)) and table["test_loss"].notna().all()
    first = table[table["iteration"] == 1].pivot(index="seed", columns="regime", values="test_loss")
    np.testing.assert_allclose(first["replace"], first["accumulate"])
    last = table[table["iteration"] == 12].groupby("regime")["test_loss"].mean()
    assert last["replace"] > last["accumulate_subsample"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: kde.bandwidth_of("wide", 10, 2), "a number, scott or silverman"),
        (lambda: kde.bandwidth_of(0.0, 10, 2), "positive number"),
        (lambda: kde.bandwidth_of(float("nan"), 10, 2), "positive number"),
        (lambda: kde.bandwidth_of(0.1, 0, 2), "needs points"),
        (lambda: kde.expected_added_variance("mix", 0.1, 10, 2, 5), "expected one of replace"),
        (lambda: draw_points("blobs", 10, generator("x")), "expected one of circles"),
        (lambda: draw_points("moons", 1, generator("x")), "at least 2 points"),
        (lambda: kde_experiments.run_experiment("x", KdeVarianceSettings(), {}), "kde_variance only"),
    ],
)
def test_impossible_input_is_refused_in_a_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_bandwidth_that_is_not_positive_is_no_setting():
    with pytest.raises(ValidationError, match="must be positive"):
        KdeChainSettings(data="circles", bandwidth=-0.1)
