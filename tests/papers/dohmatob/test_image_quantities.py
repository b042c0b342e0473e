"""Quantities and claims of regression on images, on tables whose truth is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from modelcollapse.evidence.deviations import from_json
from modelcollapse.evidence.judge import judge_claims
from modelcollapse.measures.paper_data import NotAvailable, PaperData
from modelcollapse.papers.dohmatob.image_quantities import (
    IMAGE_QUANTITIES,
    image_cost_of_synthetic,
    image_slope_difference,
    image_slope_steps,
    image_width_change,
    image_width_interaction,
)
from modelcollapse.papers.dohmatob.quantities import QUANTITIES
from modelcollapse.runtime.parquet import write_parquet

CLAIMS = Path(__file__).parents[3] / "config/claims/dohmatob.yaml"
SEEDS, TEST_IMAGES = 5, 300
SIZES, SHARES, WIDTHS = (64, 125, 250, 500, 1000), (0.0, 0.02, 0.1, 0.2, 0.5, 0.8), (16, 250, 500, 4000)
OURS = {"random_features": {"corpus": "digits", "width": 100}, "two_layer": {"corpus": "mnist", "width": 256}}
THEIRS = {"random_features": {"corpus": "mnist", "width": 100}, "two_layer": {"corpus": "mnist", "width": 2000}}


def write_seed(path: Path, seed: int, mixed, width, noise: float = 0.01, seed_noise: float = 0.01) -> Path:
    """Errors per test image around ``mixed(n, p2)`` and ``width(width, labeller)``; images differ, alike in all rows."""
    random = np.random.default_rng(seed)
    difficulty = np.random.default_rng(99).gamma(2.0, 0.5, TEST_IMAGES)
    difficulty /= difficulty.mean()
    rows = []

    def add(design, samples, share, labeller, width, mean):
        errors = mean * np.exp(random.normal(0, seed_noise)) * difficulty * np.exp(random.normal(0, noise, TEST_IMAGES))
        rows.append(
            {
                "design": design,
                "samples": samples,
                "share": share,
                "labeller": labeller,
                "width": width,
                "mean_squared_error": errors.mean(),
                "squared_errors": errors.astype(np.float32),
            }
        )

    for n in SIZES:
        for p2 in SHARES:
            add("mixed", n, p2, "medium" if p2 else "", 100, mixed(n, p2))
            if p2:
                add("real_part", n, p2, "", 100, mixed(n * (1 - p2), 0.0))
    for w in WIDTHS:
        for labeller in ("", "good", "poor", "noisy"):
            add("width", 500, 0.5 if labeller else 0.0, labeller, w, width(w, labeller))
    write_parquet(pd.DataFrame(rows), path)
    return path


def collapsing(n: float, p2: float) -> float:
    return 20 / n + 0.5 * p2**2


def unharmed(n: float, p2: float) -> float:
    return 20 / n


def amplifying(width: int, labeller: str) -> float:
    """Falls with width for good labels, rises for bad ones, with a peak at the 500 images."""
    excess = {"": 0.0, "good": 0.01, "poor": 0.1, "noisy": 1.0}[labeller]
    return 1 / width**0.5 + excess * (10.0 if width == 500 else 1.0 + np.log(width / 16))


def indifferent(width: int, labeller: str) -> float:
    return 1 / width**0.5 * {"": 1.0, "good": 1.1, "poor": 1.5, "noisy": 2.0}[labeller]


def tables(folder: Path, mixed, width, seeds: int = SEEDS, **noise: float) -> PaperData:
    files = {}
    for model in ("random_features", "two_layer"):
        place = folder / f"images_{model}"
        place.mkdir(parents=True, exist_ok=True)
        files[place.name] = {
            f"seed{s}": write_seed(place / f"seed{s}.parquet", s, mixed, width, **noise) for s in range(1, seeds + 1)
        }
    return PaperData(files)


def judge(folder: Path, inputs: PaperData) -> pd.DataFrame:
    """Verdicts on the claims about images alone."""
    file = yaml.safe_load(CLAIMS.read_text(encoding="utf-8"))
    file["claims"] = [claim for claim in file["claims"] if str(claim.get("judges")).startswith("['images.")]
    claims = folder / "dohmatob.yaml"
    claims.write_text(yaml.safe_dump(file), encoding="utf-8")
    outputs = {name: folder / f"{name}.out" for name in ("claims", "raw", "rules")}
    corpora = {name: {"source": name} for name in ("digits", "mnist")}
    ours, theirs = ({"corpora": corpora, "tokenizers": {}, "dohmatob": {"images": images}} for images in (OURS, THEIRS))
    judge_claims(QUANTITIES, claims, inputs, "laptop", "laptop", ours, theirs, "dohmatob", None, outputs)
    return pd.read_csv(outputs["claims"], keep_default_na=False, dtype=str).set_index("claim_id")


def test_claims_hold_where_synthetic_labels_harm(tmp_path: Path):
    table = judge(tmp_path, tables(tmp_path, collapsing, amplifying))
    assert sorted(table.index) == ["D18a", "D18b", "D19a", "D19b"]
    assert set(table.verdict) == {"direction holds (proxy)"}
    # each model has its own deviations
    assert [found.path for found in from_json(table.deviations["D18a"])] == ["images.random_features.corpus.source"]
    assert [found.path for found in from_json(table.deviations["D18b"])] == ["images.two_layer.width"]


def test_no_scale_gives_more_than_a_proxy(tmp_path: Path, monkeypatch):
    monkeypatch.setitem(OURS, "two_layer", THEIRS["two_layer"])
    table = judge(tmp_path, tables(tmp_path, collapsing, amplifying))
    assert table.deviations["D18b"] == "[]" and table.verdict["D18b"] == "direction holds (proxy)"
    assert table.detail["D18b"] == "our sources state neither sizes nor optimiser nor labellers"


def test_claims_fail_where_they_do_not(tmp_path: Path):
    table = judge(tmp_path, tables(tmp_path, unharmed, indifferent))
    assert set(table.verdict) == {"direction fails (proxy)"}


def test_few_seeds_give_no_verdict(tmp_path: Path):
    table = judge(tmp_path, tables(tmp_path, collapsing, amplifying, seeds=4))
    assert set(table.verdict) == {"inconclusive"}
    assert table.detail.str.contains("4 trained networks, a verdict needs 5").all()


def test_without_widths_claims_about_them_are_not_testable(tmp_path: Path):
    inputs = tables(tmp_path, collapsing, amplifying)
    for files in inputs.files.values():
        for path in files.values():
            table = pd.read_parquet(path)
            write_parquet(table[table.design != "width"], path)
    verdicts = judge(tmp_path, inputs).verdict
    assert verdicts["D19a"] == "not testable at this scale"
    assert verdicts["D18a"] == "direction holds (proxy)"


def test_slopes_are_least_squares_over_the_last_decade(tmp_path: Path):
    inputs = tables(tmp_path, collapsing, amplifying, noise=0.2, seed_noise=0.1)
    (estimate,) = image_slope_difference(inputs, "two_layer", [0.5])
    table = inputs.tables("images_two_layer")
    for seed in range(1, SEEDS + 1):
        slopes = {}
        for p2 in (0.0, 0.5):
            rows = table[
                (table.seed == seed) & (table.design == "mixed") & (table.share == p2) & (table.samples >= 100)
            ]
            means = rows.squared_errors.map(lambda errors: np.mean(errors, dtype=np.float64))
            slopes[p2] = np.polyfit(np.log(rows.samples), np.log(means), 1)[0]
        assert estimate.per_replicate[str(seed)] == pytest.approx(slopes[0.5] - slopes[0.0], rel=1e-6)
    steps = image_slope_steps(inputs, "two_layer", [0.0, 0.2, 0.5])
    assert sum(step.value for step in steps) == pytest.approx(estimate.value)


def test_interval_covers_test_images_as_a_bootstrap_of_them_does(tmp_path: Path):
    """Seeds that agree exactly: all uncertainty is that of the test images, here resampled."""
    inputs = tables(tmp_path, collapsing, amplifying, seeds=1, noise=0.4)
    only = inputs.files["images_two_layer"]["seed1"]
    same = PaperData({"images_two_layer": {f"seed{seed}": only for seed in range(1, 6)}})
    (estimate,) = image_width_interaction(same, "two_layer", "noisy", "good")
    table = pd.read_parquet(only)
    swept = table[table.design == "width"].set_index(["labeller", "width"]).squared_errors
    random, found = np.random.default_rng(0), []
    for _ in range(4000):
        chosen = random.integers(0, TEST_IMAGES, TEST_IMAGES)
        logs = {key: np.log(np.mean(errors[chosen])) for key, errors in swept.items()}
        found.append(logs["noisy", 4000] - logs["noisy", 16] - logs["good", 4000] + logs["good", 16])
    assert estimate.standard_error == pytest.approx(np.std(found), rel=0.08)


def test_width_changes_by_name_and_number(tmp_path: Path):
    inputs = tables(tmp_path, collapsing, amplifying, noise=0.0, seed_noise=0.0)
    (change,) = image_width_change(inputs, "two_layer", "noisy", "n", "largest")
    assert change.value == pytest.approx(np.log(amplifying(4000, "noisy") / amplifying(500, "noisy")), abs=1e-6)
    (real,) = image_width_change(inputs, "two_layer", "real", 16, 250)
    assert real.value == pytest.approx(np.log(amplifying(250, "") / amplifying(16, "")), abs=1e-6)
    (cost,) = image_cost_of_synthetic(inputs, "two_layer", [0.5])
    assert cost.value == pytest.approx(np.log(collapsing(1000, 0.5) / collapsing(500, 0.0)), abs=1e-6)


@pytest.mark.parametrize(
    ("name", "arguments", "reason"),
    [
        ("image_slope_difference", {"shares": [0.3]}, "n = 125, p2 = 0.3"),
        ("image_cost_of_synthetic", {"shares": [0.9]}, "n = 1000, p2 = 0.9"),
        ("image_width_change", {"labeller": "awful"}, "no labeller 'awful'"),
        ("image_width_change", {"labeller": "good", "first": 17}, "width 17"),
    ],
)
def test_what_was_not_run_is_named(tmp_path: Path, name: str, arguments: dict, reason: str):
    inputs = tables(tmp_path, collapsing, amplifying, seeds=1)
    with pytest.raises(NotAvailable, match=reason):
        IMAGE_QUANTITIES[name].function(inputs, images="two_layer", **arguments)


def test_a_missing_seed_is_an_error(tmp_path: Path):
    inputs = tables(tmp_path, collapsing, amplifying, seeds=2)
    path = inputs.files["images_two_layer"]["seed2"]
    table = pd.read_parquet(path)
    write_parquet(table[~((table.design == "mixed") & (table.samples == 1000) & (table.share == 0.5))], path)
    with pytest.raises(ValueError, match="run them again"):
        image_slope_difference(inputs, "two_layer", [0.5])
