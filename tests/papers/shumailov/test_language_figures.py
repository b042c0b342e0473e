"""Figures and tables of arms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import synthetic
from modelcollapse.papers.shumailov.figures.language_model import PaperBand
from scipy import stats

from modelcollapse.papers.shumailov.figures import language_model
from modelcollapse.runtime.parquet import write_parquet

BAND = PaperBand(0.46, 0.60, "paper")
FIGURES = {
    "perplexity": lambda tables, outputs: language_model.draw_perplexity(tables, BAND, outputs),
    "histogram": language_model.draw_histogram,
    "control": language_model.draw_control,
    "own_perplexity": language_model.draw_own_perplexity,
    "repetition": language_model.draw_repetition,
    "ablations": language_model.draw_ablations,
}


def value_of(path, measure):
    """Values [seed, generation] of an aggregated measure, computed with loops."""
    frame = pd.read_parquet(path)
    frame = frame[(frame.measure == measure) & (frame.unit == -1) & (frame.generation >= 0)]
    seeds, generations = sorted(set(frame.seed)), sorted(set(frame.generation))
    return np.array(
        [[frame[(frame.seed == s) & (frame.generation == g)].value.item() for g in generations] for s in seeds]
    )


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_written_in_both_formats(name, all_arms, figure):
    FIGURES[name](all_arms, figure)
    assert figure["svg"].stat().st_size > 5000
    assert figure["png"].stat().st_size > 5000


def test_a_figure_has_the_same_bytes_twice(core_arms, tmp_path):
    contents = []
    for name in ("first", "second"):
        outputs = {ending: tmp_path / f"{name}.{ending}" for ending in ("svg", "png")}
        language_model.draw_control(core_arms, outputs)
        contents.append([outputs["svg"].read_bytes(), outputs["png"].read_bytes()])
    assert contents[0] == contents[1]


@pytest.mark.parametrize("name", ["perplexity", "histogram", "control", "own_perplexity", "repetition"])
def test_one_seed_and_one_arm_are_enough(name, tmp_path, figure):
    FIGURES[name]({"epochs5_kept0": synthetic.write_arm(tmp_path, "epochs5_kept0", 0.1, 1, 2)}, figure)
    assert figure["png"].exists()


@pytest.mark.parametrize("name", FIGURES)
def test_a_missing_column_is_named(name, tmp_path, figure):
    path = tmp_path / "arm.parquet"
    write_parquet(pd.read_parquet(synthetic.write_arm(tmp_path, "whole", 0.1, 1, 2)).drop(columns="unit"), path)
    with pytest.raises(ValueError, match=r"arm\.parquet has no column 'unit'"):
        FIGURES[name]({"arm": path}, figure)
    assert not figure["svg"].exists()


def test_arms_are_sorted_into_main_ablations_and_controls(all_arms):
    arms = language_model.read_arms(all_arms)
    assert language_model.main_arms(arms) == list(synthetic.CORE)
    assert language_model.ablations(arms) == list(synthetic.ABLATIONS)
    assert language_model.controls(arms) == ["human_steps10"]


def test_ablations_that_were_not_run_are_an_error(core_arms, figure):
    with pytest.raises(ValueError, match="arms: all"):
        language_model.draw_ablations(core_arms, figure)


def test_beam_search_alone_has_no_own_perplexity(tmp_path, figure):
    with pytest.raises(ValueError, match="beam search has none"):
        language_model.draw_own_perplexity({"beam5": synthetic.write_arm(tmp_path, "beam5", 0.1, 2, 2)}, figure)


def test_names_become_words():
    assert language_model.label_of("epochs10_kept0") == "10 epochs, 0 % kept"
    assert language_model.label_of("beam5_penalty2") == "beam5 penalty2"


def test_the_control_pairs_within_seeds(core_arms):
    degradation = language_model.control_degradation(language_model.read_arms(core_arms))
    entropy = {name: value_of(path, "cross_entropy") for name, path in core_arms.items()}
    change = {name: values[:, -1] - values[:, 0] for name, values in entropy.items()}
    for name in core_arms:
        np.testing.assert_allclose(degradation[name], change[name])
    expected = (change["epochs10_kept10"] - change["epochs10_kept0"]) - (
        change["epochs5_kept10"] - change["epochs5_kept0"]
    )
    np.testing.assert_allclose(language_model.interaction(degradation), expected)


def test_the_control_drops_seeds_that_an_arm_lacks(tmp_path):
    paths = {
        "epochs5_kept0": synthetic.write_arm(tmp_path, "epochs5_kept0", 0.1, 4),
        "epochs10_kept0": synthetic.write_arm(tmp_path, "epochs10_kept0", 0.2, 3),
    }
    assert language_model.control_degradation(language_model.read_arms(paths)).index.tolist() == [0, 1, 2]


def test_the_control_without_its_arms_is_an_error(tmp_path, figure):
    with pytest.raises(ValueError, match="epochs5_kept0"):
        language_model.draw_control({"greedy": synthetic.write_arm(tmp_path, "greedy", 0.1, 1)}, figure)


def test_the_table_of_arms_holds_means_and_t_intervals(core_arms, table):
    language_model.tabulate_arms(core_arms, table)
    frame = pd.read_csv(table["csv"])
    row = frame[(frame.arm == "epochs5_kept0") & (frame.measure == "cross_entropy") & (frame.generation == "3")]
    values = value_of(core_arms["epochs5_kept0"], "cross_entropy")[:, 3]
    low, high = stats.t.interval(0.95, 4, loc=values.mean(), scale=stats.sem(values))
    assert row[["mean", "ci_low", "ci_high"]].to_numpy()[0] == pytest.approx([values.mean(), low, high], rel=1e-3)
    assert row.n_seeds.item() == 5
    assert "human" in set(frame.generation)
    assert not set(frame.measure) & {"sequence_perplexity"}


def test_the_perplexity_table_shows_geometric_means(all_arms, table):
    language_model.tabulate_perplexity(all_arms, table)
    frame = pd.read_csv(table["csv"], dtype=str).set_index("arm")
    values = value_of(all_arms["epochs10_kept0"], "cross_entropy")
    low, high = stats.t.interval(0.95, 4, loc=values[:, 2].mean(), scale=stats.sem(values[:, 2]))
    expected = f"{np.exp(values[:, 2].mean()):.1f} [{np.exp(low):.1f}, {np.exp(high):.1f}]"
    assert frame.loc["epochs10_kept0", "gen 2"] == expected
    assert frame.loc["greedy", "gen 0"] == f"{np.exp(value_of(all_arms['greedy'], 'cross_entropy')[0, 0]):.1f}"
    assert pd.isna(frame.loc["human_steps10", "gen 5"])


def test_the_histogram_table_holds_pooled_quantiles(core_arms, table):
    language_model.tabulate_histogram(core_arms, table)
    frame = pd.read_csv(table["csv"]).set_index(["arm", "generation"])
    raw = pd.read_parquet(core_arms["epochs5_kept10"])
    for generation, name in ((-1, "human"), (4, "4")):
        values = raw[(raw.measure == "sequence_perplexity") & (raw.generation == generation)].value
        row = frame.loc[("epochs5_kept10", name)]
        assert row.sequences == len(values) == 750
        expected = np.quantile(values, [0.01, 0.5, 0.99])
        assert row[["q1", "q50", "q99"]].to_numpy(float) == pytest.approx(expected, rel=1e-3)
