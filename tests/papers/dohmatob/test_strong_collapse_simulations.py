"""Simulations of strong collapse: tidy tables, the same bytes twice, simulated beside theory in every row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from modelcollapse.papers.dohmatob.experiments import simulations
from modelcollapse.papers.dohmatob.settings import DohmatobSettings, StrongCollapseSettings
from modelcollapse.papers.dohmatob.simulations.sample_sizes import possible_shares
from modelcollapse.runtime.files import sha256
from modelcollapse.runtime.parquet import read_metadata
from modelcollapse.simulation.rows import ERROR_PART_SCHEMA, REPLICATE_SCHEMA
from modelcollapse.simulation.running import run as run_simulation

SETTINGS = StrongCollapseSettings(
    replicates=12,
    plain_replicates=60,
    theorem_dimension=40,
    plain_dimension=20,
    finite_dimensions=[10, 20, 40],
    finite_replicates=40,
    samples_dimension=20,
    samples=[100, 1000, 100000],
    width_dimension=60,
    width_samples=50,
    width_synthetic=[5, 25],
    widths=[10, 30, 100, 1000],
    peak_dimension=60,
    peak_samples=50,
    mixing_samples=[200, 2000],
    iterative_dimension=8,
    iterative_samples=[400, 2000],
    iterative_rounds=4,
    chain_dimension=12,
    chain_generations=3,
    chain_replicates=200,
    tail_replicates=3,
)
EXPERIMENTS = {each.name: each for each in simulations(DohmatobSettings(strong_collapse=SETTINGS))}


def run(experiment: str, folder) -> pd.DataFrame:
    path = folder / f"{experiment}.parquet"
    run_simulation(EXPERIMENTS[experiment], SETTINGS, {}, {"table": path}, folder)
    return pd.read_parquet(path)


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> dict[str, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("strong_collapse")
    return {name: run(name, folder) for name in EXPERIMENTS}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_tables_are_tidy(tables, name):
    table = tables[name]
    schema = ERROR_PART_SCHEMA if "bias" in table.columns else REPLICATE_SCHEMA
    assert list(table.columns) == schema.names
    keys = ["setting", "replicate"] if "bias" in table.columns else ["setting", "quantity", "at", "replicate"]
    assert not table.duplicated(keys).any()
    shown = ["bias", "variance", "zeta"] if "bias" in table.columns else ["value"]
    assert np.isfinite(table[shown].to_numpy()).all()


@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name != "double_descent"])
def test_simulated_means_agree_with_theory_in_every_setting(tables, name):
    table = tables[name]
    if "bias" in table.columns:
        parts = [
            table.assign(value=table[p], theory=table[f"theory_{p}"], part=p) for p in ("bias", "variance", "zeta")
        ]
        table = pd.concat(parts)
    else:
        # exponents stand in the column theory of the adaptive ridge
        table = table[table["theory"].notna() & (name != "adaptive_ridge")].assign(part=table["quantity"])
        table = table.assign(setting=table["setting"] + table["at"].astype(str))
    grouped = table.groupby(["setting", "part"])
    mean, error = grouped["value"].mean(), grouped["value"].sem().fillna(0)
    theory = grouped["theory"].first()
    # formulas for large d are checked here at d = 8 to 60
    assert (np.abs(mean - theory) <= 5 * error + 0.12 * np.abs(theory) + 1e-9).all()


def test_runs_are_reproducible_and_say_what_they_are(tmp_path, tmp_path_factory):
    paths = []
    for place in ("first", "second"):
        folder = tmp_path / place
        folder.mkdir()
        run("iterative_mixing", folder)
        paths.append(folder / "iterative_mixing.parquet")
    assert sha256(paths[0]) == sha256(paths[1])
    facts = read_metadata(paths[0])
    assert facts["experiment"] == "iterative_mixing"
    # what the experiment reads and no more
    assert facts["settings"] == {
        "iterative_dimension": 8,
        "iterative_samples": [400, 2000],
        "iterative_rounds": 4,
        "replicates": 12,
        "seed": 1,
    }


def test_quality_scales_zeta_of_one_design_and_mixtures_share_it(tables):
    rows = tables["error_by_width"]
    one = rows[(rows.width == 100) & (rows.spectrum == "isotropic") & (rows.replicate == 3)]
    assert one["bias"].nunique() == one["variance"].nunique() == 1
    assert one.sort_values("synthetic_share")["zeta"].is_monotonic_increasing


def test_chains_are_paired_with_the_real_part_alone(tables):
    rows = tables["iterative_mixing"]
    last = rows[(rows["round"] == rows["round"].max()) & (rows.samples == 2000)]
    wide = last.pivot(index="replicate", columns="variant", values="variance")
    assert np.corrcoef(wide["fixed_noiseless"], wide["real_part"])[0, 1] > 0.95
    assert (wide["fixed_noisy"] > wide["real_part"]).all()


def test_shares_that_whole_samples_cannot_have_are_left_out():
    assert possible_shares([0.001, 0.01, 0.5], 200) == [0.0, 0.01, 0.5]
    assert possible_shares([0.001, 0.01, 0.5], 1000) == [0.0, 0.001, 0.01, 0.5]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"width_samples": 600}, "width_samples is 600, but must lie below width_dimension"),
        ({"peak_samples": 300}, "peak_samples is 300"),
        ({"width_synthetic": [500]}, "width_synthetic must lie below width_samples"),
        ({"samples": [101, 1000]}, "samples begins at 101"),
        ({"iterative_samples": [102]}, "iterative_samples must exceed"),
        ({"synthetic_shares": [1.5]}, "synthetic_shares"),
        ({"peak_ridges": [0.0]}, "peak_ridges"),
        ({"widht": 3}, "widht"),
    ],
)
def test_impossible_settings_are_refused(changed, words):
    with pytest.raises(ValidationError, match=words):
        StrongCollapseSettings(**changed)
