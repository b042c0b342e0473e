"""Figures, tables and pages from small made-up results."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from modelcollapse.presentation import densities, language_model
from modelcollapse.presentation.claims import BEGIN, END, results_table, with_results
from modelcollapse.presentation.style import mean_and_interval
from modelcollapse.presentation.tables import write_table
from modelcollapse.runtime.tables import write_parquet


def outputs(folder, *endings):
    return {name: folder / f"out.{name}" for name in endings}


@pytest.fixture
def arms(tmp_path):
    random, paths = np.random.default_rng(0), {}
    for arm in ("epochs5_kept0", "epochs10_kept0", "epochs5_kept10", "epochs10_kept10"):
        rows = []
        for seed in (1, 2, 3):
            rows.append((seed, -1, "repeated_4gram_share", -1, 0.02))
            for unit in range(50):
                rows.append((seed, -1, "sequence_perplexity", unit, np.exp(random.normal(4, 0.5))))
            for g in range(4):
                value = 4 + 0.1 * g + random.normal(0, 0.02)
                rows += [(seed, g, "cross_entropy", -1, value), (seed, g, "perplexity", -1, np.exp(value))]
                rows.append((seed, g, "repeated_4gram_share", -1, 0.02 + 0.01 * g))
                rows += [(seed, g, "sequence_perplexity", unit, np.exp(random.normal(4, 0.5))) for unit in range(50)]
                if g:
                    names = ("own_cross_entropy", "own_entropy", "own_divergence")
                    rows += [(seed, g, name, -1, x) for name, x in zip(names, (4.0, 3.9, 0.1), strict=True)]
        paths[arm] = tmp_path / f"{arm}.parquet"
        write_parquet(pd.DataFrame(rows, columns=["seed", "generation", "measure", "unit", "value"]), paths[arm])
    return paths


@pytest.mark.parametrize("name", ["histogram", "control", "own_perplexity", "repetition"])
def test_figures_are_written_twice_with_the_same_bytes(name, arms, tmp_path):
    draw = getattr(language_model, f"draw_{name}")
    written = []
    for place in ("a", "b"):
        folder = tmp_path / place
        draw(arms, outputs(folder, "svg", "png"))
        written.append((folder / "out.svg").read_bytes())
        assert (folder / "out.png").read_bytes().startswith(b"\x89PNG")
    assert written[0] == written[1]


def test_the_papers_band_and_every_arm_are_named_in_the_figure(arms, tmp_path):
    band = language_model.PaperBand(0.46, 0.6, "paper: .46 to .60")
    language_model.draw_perplexity(arms, band, outputs(tmp_path, "svg", "png"))
    text = (tmp_path / "out.svg").read_text()
    assert all(f"<!-- {name} -->" in text for name in [*arms, "paper: .46 to .60"])


def test_the_perplexity_table_is_that_of_a_plain_computation(arms, tmp_path):
    language_model.tabulate_perplexity(arms, outputs(tmp_path, "csv", "markdown"))
    table = pd.read_csv(tmp_path / "out.csv").set_index("arm")
    raw = pd.read_parquet(arms["epochs5_kept0"])
    values = raw[(raw.measure == "cross_entropy") & (raw.generation == 2)].value.to_numpy()
    half = stats.t.ppf(0.975, 2) * values.std(ddof=1) / np.sqrt(3)
    expected = f"{np.exp(values.mean()):.1f} [{np.exp(values.mean() - half):.1f}, {np.exp(values.mean() + half):.1f}]"
    assert table.loc["epochs5_kept0", "gen 2"] == expected
    language_model.tabulate_arms(arms, outputs(tmp_path, "csv", "markdown"))
    assert set(pd.read_csv(tmp_path / "out.csv").n_seeds) == {3}


def test_one_seed_has_a_mean_and_no_interval():
    mean, half = mean_and_interval(np.array([[1.0, 2.0]]))
    assert mean.tolist() == [1.0, 2.0] and np.isnan(half).all()


def test_mixtures_are_summarised_by_quantiles_over_chains(tmp_path):
    generation = np.tile([0, 50, 100], 5)
    frame = pd.DataFrame({"seed": np.repeat(range(5), 3), "generation": generation})
    for column in ("squared_l2_to_first_fit", "normalised_l2_to_truth", "trace_covariance"):
        frame[column] = frame.seed + 1.0
    write_parquet(frame, tmp_path / "one_blob_1000.parquet")
    chains = {"one_blob_1000": tmp_path / "one_blob_1000.parquet"}
    densities.tabulate_mixture(chains, outputs(tmp_path, "csv", "markdown"))
    table = pd.read_csv(tmp_path / "out.csv")
    assert table.generation.tolist() == [0, 50, 100]
    assert set(table.trace_covariance_median) == {3.0}
    densities.draw_mixture(chains, {"one_blob_1000": 1000}, outputs(tmp_path, "svg", "png"))
    assert "one_blob_1000 (n = 5)" in (tmp_path / "out.svg").read_text()


def test_a_missing_column_is_named_with_its_file(tmp_path):
    write_parquet(pd.DataFrame({"seed": [1]}), tmp_path / "x.parquet")
    with pytest.raises(ValueError, match=r"x\.parquet has no column 'generation'"):
        language_model.tabulate_perplexity({"x": tmp_path / "x.parquet"}, outputs(tmp_path, "csv", "markdown"))


def test_an_empty_table_is_refused(tmp_path):
    with pytest.raises(ValueError, match="has no rows"):
        write_table(pd.DataFrame(), outputs(tmp_path, "csv", "markdown"))


def test_the_results_table_is_put_between_its_marks(tmp_path):
    row = {
        "claim_id": "L2",
        "statement": "It degrades.",
        "where": "Fig. 1",
        "reported": ".53",
        "ours": "0.3 (arm, mean)",
        "ci_low": "0.2",
        "ci_high": "0.4",
        "n_seeds": "5",
        "rule": "above 0",
        "p_holm": "0.001",
        "verdict": "direction holds (proxy): model.width = 64 (paper: 768)",
    }
    pd.DataFrame([row]).to_csv(tmp_path / "claims.csv", index=False)
    page = with_results(f"before\n{BEGIN}\nold\n{END}\nafter", tmp_path / "claims.csv")
    assert "| L2 | It degrades. | .53 | 0.3 [0.2, 0.4] | 5 | direction holds (proxy) |" in page
    assert page == with_results(page, tmp_path / "claims.csv")
    assert results_table(tmp_path / "claims.csv") in page
    with pytest.raises(ValueError, match="lost its marks"):
        with_results("no marks", tmp_path / "claims.csv")
