"""From result files to verdicts, in both directions."""

from __future__ import annotations

import zlib

import numpy as np
import pandas as pd
import pytest
import yaml
from modelcollapse.evidence.claims import ClaimsError, load_claims
from scipy.stats import nct

from modelcollapse.evidence.decisions import decide_difference, decide_equivalence, decide_exact, holm
from modelcollapse.evidence.intervals import document_contrast, seed_contrast, standardised_effect
from modelcollapse.evidence.judge import COLUMNS, judge_claims, merge_claims
from modelcollapse.evidence.verdicts import TERMS, verdict_term
from modelcollapse.measures.paper_data import PaperData
from modelcollapse.papers.shumailov.quantities import QUANTITIES
from modelcollapse.runtime.parquet import write_parquet

CLAIMS = "config/claims/shumailov.yaml"
SEEDS, GENERATIONS, ROWS = 5, 6, 60
DEVIATIONS = [
    "language_model.families.opt.corpus = x (paper: y)",
    "mixture.one_blob_1000.generations = 9 (paper: 2050)",
    "vae.corpus = digits (paper: mnist)",
]
ARMS = (
    "epochs5_kept0",
    "epochs10_kept0",
    "epochs5_kept10",
    "epochs10_kept10",
    "beam5_penalty1",
    "beam5_penalty2",
)


def write_arm(path, rise: float, base: float, shift: float, tail: float, repetition: float, seeds: int = SEEDS) -> None:
    """Measures of an arm whose cross-entropy rises by ``rise`` nat per generation."""
    random = np.random.default_rng(zlib.crc32(path.name.encode()))
    human = random.normal(4, 0.3, 400)
    frames = []

    def add(seed, generation, measure, values, first=0):
        units = range(first, first + len(values))
        frames.append(
            pd.DataFrame({"seed": seed, "generation": generation, "measure": measure, "unit": units, "value": values})
        )

    for seed in range(1, seeds + 1):
        difficulty = 4 + np.random.default_rng(7).normal(0, 0.3, ROWS)
        add(seed, 0, "base_cross_entropy", difficulty + base)
        add(seed, -1, "sequence_cross_entropy", human)
        for name, value in (("repeated_token_4gram_share", 0.02), ("repeating_rows", 0.1)):
            add(seed, -1, name, [value], -1)
        for g in range(GENERATIONS):
            values = (
                difficulty
                + rise * g
                + (0.3 * rise if g else 0)
                + random.normal(0, 0.005, ROWS)
                + random.normal(0, 0.002)
            )
            add(seed, g, "cross_entropy", values)
            # samples that are likelier or unlikelier than human text, with a tail only where one is asked for
            samples = random.normal(4 + shift, 0.05, 400)
            samples[: int(400 * tail)] = 14.0
            add(seed, g, "sequence_cross_entropy", samples)
            noise = random.normal(0, 0.001)
            add(seed, g, "repeated_token_4gram_share", [0.02 + repetition + noise], -1)
            add(seed, g, "repeating_rows", [0.1 + 3 * repetition + noise], -1)
    table = pd.concat(frames).assign(tokens=64)
    write_parquet(table.astype({"seed": "int32", "generation": "int32", "unit": "int32"}), path)


def write_mixture(path, strength: float, samples: int, chains: int = 20) -> None:
    random, frames = np.random.default_rng(samples), []
    generations = np.arange(0, 2051, 50)
    for seed in range(chains):
        growth = strength * generations * 1000 / samples / 200
        noise = np.exp(random.normal(0, 0.1, len(generations)))
        distance = (1e-4 + growth) * noise
        frames.append(
            pd.DataFrame(
                {
                    "seed": seed,
                    "generation": generations,
                    "squared_l2_to_first_fit": distance,
                    "squared_l2_to_truth": distance,
                    "normalised_l2_to_truth": distance,
                    "trace_covariance": 2 * np.exp(-growth) * noise,
                }
            )
        )
    write_parquet(pd.concat(frames), path)


def write_vae(path, seed: int, collapse: float) -> None:
    generation = np.arange(21)
    noise = np.random.default_rng(seed).normal(0, 0.002, 21)
    frame = pd.DataFrame(
        {
            "generation": generation,
            "latent_std": 0.7 * np.exp(-collapse * generation) + abs(noise),
            "latent_mean": noise + (0.0 if collapse >= 0 else 0.5),
            "share_beyond_1_5": 0.03 * np.exp(-collapse * generation) + abs(noise) / 100,
            "classifier_confidence": 0.9 - 0.01 * collapse * 10 * generation + noise,
        }
    )
    write_parquet(frame, path)


@pytest.fixture(scope="module")
def theory(tmp_path_factory):
    from types import SimpleNamespace

    from modelcollapse.papers.shumailov.experiments import simulations
    from modelcollapse.papers.shumailov.settings import TheorySettings
    from modelcollapse.simulation.running import run

    folder = tmp_path_factory.mktemp("theory")
    settings = TheorySettings(
        replicates=400_000,
        loop_replicates=20,
        loop_generations=1000,
        loop_samples=[100],
        discrete_replicates=20_000,
        multivariate_replicates=40_000,
    )
    declared = simulations(SimpleNamespace(mixture={}, vae=None, theory=settings))
    paths = {simulation.name: folder / f"{simulation.name}.parquet" for simulation in declared}
    for simulation in declared:
        run(simulation, settings, {}, {"table": paths[simulation.name]}, folder)
    return paths


def judge(folder, theory, holds: bool, seeds: int = SEEDS, previous=None, scale="laptop") -> pd.DataFrame:
    """Claims of data in which everything holds, or its opposite does."""
    sign = 1 if holds else -1
    for arm in ARMS:
        rise = 0.05 if arm.endswith("kept0") else 0.008
        if arm == "beam5_penalty2":
            rise = 0.2
        write_arm(
            folder / f"{arm}.parquet", sign * rise, sign * 1.5, -sign * 0.4, 0.05 if holds else 0.0, sign * 0.05, seeds
        )
    for name, samples in (
        ("one_blob_500", 500),
        ("one_blob_1000", 1000),
        ("two_blobs_1000", 1000),
        ("one_blob_10000", 10000),
    ):
        # the opposite of the claim: only the largest sample drifts
        write_mixture(folder / f"{name}.parquet", float(holds or samples == 10000), samples)
    vae = {f"seed{seed}": folder / f"seed{seed}.parquet" for seed in range(5)}
    for seed, path in enumerate(vae.values()):
        write_vae(path, seed, sign * 0.1)
    mixtures = {p.stem: p for p in folder.glob("*_blob*.parquet")}
    measures = {arm: folder / f"{arm}.parquet" for arm in ARMS}
    inputs = PaperData({"measures": measures, "mixture": mixtures, "vae": vae, "theory": theory})
    outputs = {name: folder / f"{name}.out" for name in ("claims", "raw", "rules")}
    judge_claims(QUANTITIES, _path(), inputs, scale, scale, DEVIATIONS, previous, outputs)
    return pd.read_csv(outputs["claims"], keep_default_na=False, dtype=str).set_index("claim_id")


def _path():
    from pathlib import Path

    return Path(__file__).parents[2] / CLAIMS


@pytest.fixture(scope="module")
def holding(theory, tmp_path_factory):
    return judge(tmp_path_factory.mktemp("holding"), theory, True)


@pytest.fixture(scope="module")
def failing(theory, tmp_path_factory):
    return judge(tmp_path_factory.mktemp("failing"), theory, False)


EMPIRICAL = [*[f"L{n}" for n in range(1, 12)], "G1", "G2", "G3", "V1", "V2", "V3"]


@pytest.mark.parametrize("claim", EMPIRICAL)
def test_every_empirical_claim_can_hold_and_can_fail(claim, holding, failing):
    assert verdict_term(holding.verdict[claim]) in ("direction holds (proxy)", "reproduced")
    assert verdict_term(failing.verdict[claim]) in ("direction fails (proxy)", "not reproduced")


@pytest.mark.parametrize("claim", [f"T{n}" for n in range(1, 9)])
def test_every_theorem_is_reproduced_by_the_simulations(claim, holding):
    assert verdict_term(holding.verdict[claim]) == "reproduced"


@pytest.mark.parametrize("claim", [f"T{n}" for n in range(1, 9)])
def test_every_theorem_fails_on_simulations_that_disagree(claim, theory, tmp_path):
    wrong = {}
    for name, path in theory.items():
        table = pd.read_parquet(path)
        shares = table.quantity.str.startswith("absorbed_in_state")
        table["simulated"] = np.where(shares, table.simulated, table.simulated * 1.3 + 0.05)
        for _, group in table[shares].groupby("setting"):
            weights = np.arange(1, len(group) + 1)
            table.loc[group.index, "simulated"] = weights / weights.sum()
        if name == "gaussian_pool":
            order = {"pool": 3.0, "fixed_draw": 2.0, "replace": 1.0}
            table["simulated"] = table.setting.str.split(",").str[0].map(order)
        if name == "gaussian_growth":
            table["exact"] = table.generation.astype(float) ** 2
        wrong[name] = tmp_path / f"{name}.parquet"
        write_parquet(table, wrong[name])
    verdicts = judge(tmp_path, wrong, True).verdict
    assert verdict_term(verdicts[claim]) == "not reproduced"


def test_columns_rules_and_deviations_are_there(holding):
    assert ("claim_id", *holding.columns) == COLUMNS
    assert holding.verdict["L2"].endswith("language_model.families.opt.corpus = x (paper: y)")
    assert holding.rule["L4"].count("[rule ") == 1
    tested = holding[holding.p != ""]
    assert len(tested) == 24
    assert (pd.to_numeric(tested.p_holm) >= pd.to_numeric(tested.p)).all()


def test_few_seeds_give_no_verdict(theory, tmp_path):
    verdicts = judge(tmp_path, theory, True, seeds=3).verdict
    assert verdicts["L2"].startswith("inconclusive: shown without a verdict: 3 trained networks, a verdict needs 5")


def test_the_smoke_scale_decides_nothing(theory, tmp_path):
    verdicts = judge(tmp_path, theory, True, scale="smoke").verdict
    assert {verdict_term(verdict) for verdict in verdicts} == {"not testable at this scale"}


def test_a_rule_that_changed_is_marked(theory, tmp_path):
    verdicts = judge(tmp_path, theory, True, previous={"L2": "another", "L1": "x" * 12}).verdict
    assert "[amended]" in verdicts["L2"] and "[amended]" not in verdicts["L3"]


def test_missing_results_are_not_testable_with_the_reason(theory, tmp_path):
    outputs = {name: tmp_path / name for name in ("claims", "raw", "rules")}
    judge_claims(QUANTITIES, _path(), PaperData({"theory": theory}), "laptop", "laptop", [], None, outputs)
    verdicts = pd.read_csv(outputs["claims"], dtype=str).set_index("claim_id").verdict
    assert verdicts["L2"].startswith("not testable at this scale: the arm 'epochs5_kept0' was not run")
    assert verdict_term(verdicts["T3"]) == "reproduced"


def test_merged_claims_keep_the_columns(holding, tmp_path):
    paper = tmp_path / "claims.csv"
    holding.reset_index().to_csv(paper, index=False)
    merge_claims([paper, paper], tmp_path / "all.csv")
    assert len(pd.read_csv(tmp_path / "all.csv")) == 50
    paper.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="has the columns a, b"):
        merge_claims([paper], tmp_path / "all.csv")


def test_a_misspelt_claims_file_is_explained(tmp_path):
    content = yaml.safe_load(_path().read_text())
    content["claims"][1]["parts"][0]["quantity"] = "degradatoin"
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(
        ClaimsError, match=r"claim L2, part 1: there is no quantity 'degradatoin'; did you mean 'degradation'"
    ):
        load_claims(tmp_path / "x.yaml", QUANTITIES)
    content["claims"][1]["parts"][0] = {"quantity": "degradation", "knd": "difference"}
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(ClaimsError, match="knd"):
        load_claims(tmp_path / "x.yaml", QUANTITIES)


def test_the_crossed_interval_covers_and_the_seed_interval_does_not():
    random, ours, seeds_only, trials = np.random.default_rng(0), 0, 0, 400
    for _ in range(trials):
        documents = random.normal(0, 1, 50)
        values = 0.1 * random.normal(0, 1, (5, 1)) + documents / 2 + 0.5 * random.normal(0, 1, (5, 50))
        interval = document_contrast(values, None, list(range(5)), "").interval()
        ours += interval.low <= 0 <= interval.high
        interval = seed_contrast(values.mean(1), list(range(5)), "").interval()
        seeds_only += interval.low <= 0 <= interval.high
    assert ours / trials > 0.92
    assert seeds_only / trials < 0.92


def test_noise_never_passes_an_equivalence_and_a_null_is_no_difference():
    random = np.random.default_rng(1)
    noisy = seed_contrast(random.normal(0, 1, 5), list(range(5)), "")
    assert decide_equivalence(noisy, 0.02).outcome == "inconclusive"
    assert decide_difference(noisy, "above", 0.02).outcome == "inconclusive"
    precise = seed_contrast(random.normal(0, 0.001, 5), list(range(5)), "")
    assert decide_equivalence(precise, 0.02).outcome == "holds"
    assert decide_exact(0.1234, 3, 0.123).outcome == "holds"
    assert decide_exact(0.125, 3, 0.123).outcome == "fails"


def test_standardised_effects_follow_the_noncentral_t_law_also_where_they_are_large():
    effect = standardised_effect(np.array([1.0, 1.6, 0.4, 1.2, 0.9]), list(range(5)), "")
    root = np.sqrt(5)
    for threshold in (0.0, 0.5, 1.0, 3.0):
        expected = nct.sf(effect.value * root, 4, threshold * root)
        assert effect.p_above(threshold) == pytest.approx(expected, abs=1e-8)
    large = standardised_effect(np.array([1.0, 1.001, 0.999, 1.0005, 0.9995]), list(range(5)), "")
    interval = large.interval()
    assert 0 < interval.low < large.value < interval.high < np.inf


def test_holm_by_hand():
    assert holm([0.01, 0.04, None, 0.03]) == [pytest.approx(0.03), pytest.approx(0.06), None, pytest.approx(0.06)]
    assert set(TERMS) >= {"reproduced", "inconclusive"}
