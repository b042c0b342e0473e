"""Figures and tables of arms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import synthetic
from scipy import stats

from modelcollapse.measures.paper_data import NotAvailable, PaperData
from modelcollapse.papers.shumailov.figures import epochs_and_kept
from modelcollapse.papers.shumailov.figures.language_figures import FIGURES, TABLES
from modelcollapse.runtime.parquet import write_parquet

CORE_FIGURES = [name for name in FIGURES if name != "ablations"]


@pytest.fixture(scope="module")
def core_arms(tmp_path_factory):
    return synthetic.write_core_arms(tmp_path_factory.mktemp("core"))


@pytest.fixture(scope="module")
def all_arms(core_arms, tmp_path_factory):
    folder = tmp_path_factory.mktemp("all")
    control = {"human_steps10": synthetic.write_arm(folder, "human_steps10", 0.01, 5, 1)}
    single = {name: synthetic.write_arm(folder, name, growth, 1) for name, growth in synthetic.ABLATIONS.items()}
    return core_arms | control | single


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
    FIGURES[name](synthetic.arm_data(all_arms), figure)
    assert figure["svg"].stat().st_size > 5000
    assert figure["png"].stat().st_size > 5000


def test_a_figure_has_the_same_bytes_twice(core_arms, tmp_path):
    contents = []
    for name in ("first", "second"):
        outputs = {ending: tmp_path / f"{name}.{ending}" for ending in ("svg", "png")}
        FIGURES["control"](synthetic.arm_data(core_arms), outputs)
        contents.append([outputs["svg"].read_bytes(), outputs["png"].read_bytes()])
    assert contents[0] == contents[1]


@pytest.mark.parametrize("name", CORE_FIGURES)
@pytest.mark.parametrize("arm", ["epochs5_kept0", "epochs10_kept10"])
def test_one_seed_and_one_arm_are_enough(name, arm, tmp_path, figure):
    FIGURES[name](synthetic.arm_data({arm: synthetic.write_arm(tmp_path, arm, 0.1, 1, 2)}), figure)
    assert figure["png"].exists()


@pytest.mark.parametrize("name", CORE_FIGURES)
def test_arms_of_the_config_that_were_not_run_are_left_out(name, core_arms, figure):
    files = {"measures": {arm: core_arms[arm] for arm in ("epochs5_kept0", "epochs10_kept10")}}
    FIGURES[name](PaperData(files, synthetic.settings()), figure)
    assert figure["png"].exists()


@pytest.mark.parametrize("name", CORE_FIGURES)
def test_a_missing_column_is_named(name, tmp_path, figure):
    path = tmp_path / "arm.parquet"
    whole = pd.read_parquet(synthetic.write_arm(tmp_path, "epochs5_kept0", 0.1, 1, 2))
    write_parquet(whole.drop(columns="unit"), path)
    with pytest.raises(ValueError, match=r"arm\.parquet has no column 'unit'"):
        FIGURES[name](synthetic.arm_data({"epochs5_kept0": path}), figure)
    assert not figure["svg"].exists()


def labels_drawn(monkeypatch, name, data, figure):
    """What the legend of a figure's last axes names."""
    found = []
    monkeypatch.setattr(f"{FIGURES[name].__module__}.save_figure", lambda drawn, outputs: found.append(drawn))
    FIGURES[name](data, figure)
    return [label for axis in found[0].axes for label in axis.get_legend_handles_labels()[1]]


def test_arms_are_chosen_by_their_role_and_shown_by_their_label(all_arms, figure, monkeypatch):
    data = synthetic.arm_data(all_arms)
    changes = {"epochs5_kept0": {"label": "paper's A"}, "epochs10_kept10": {"role": "control"}}
    data = PaperData(data.files, synthetic.with_arms(data.settings, **changes))
    shown = labels_drawn(monkeypatch, "perplexity", data, figure)
    ours = ["paper's A", "epochs10 kept0", "epochs5 kept10", "control: epochs10 kept10", "control: human steps10"]
    assert [label for label in dict.fromkeys(shown) if not label.startswith("paper (")] == ours


def test_ablations_are_sorted_by_what_differs_from_the_first_main_arm(all_arms, figure, monkeypatch):
    shown = labels_drawn(monkeypatch, "ablations", synthetic.arm_data(all_arms), figure)
    reference = "epochs5 kept0"
    decoding = ["beam5 penalty1", "beam5 penalty2", "greedy", "top p 90"]
    assert shown == [reference, *decoding, reference, "continued"]


def test_a_control_without_generation_0_is_held_against_that_of_its_family(all_arms, figure, monkeypatch):
    paths = {name: all_arms[name] for name in ("epochs5_kept0", "human_steps10")}
    found = []
    monkeypatch.setattr(f"{FIGURES['perplexity'].__module__}.save_figure", lambda drawn, outputs: found.append(drawn))
    FIGURES["perplexity"](synthetic.arm_data(paths), figure)
    relative = found[0].axes[1]
    control = next(bars for bars in relative.containers if bars.get_label().startswith("control"))
    own = value_of(paths["human_steps10"], "cross_entropy")[:, 0]
    start = value_of(paths["epochs5_kept0"], "cross_entropy")[:, 0]
    assert control.lines[0].get_xydata().tolist() == [[1, pytest.approx((own - start).mean())]]


def test_ablations_that_were_not_run_are_an_error(core_arms, figure):
    with pytest.raises(NotAvailable, match="arms: all"):
        FIGURES["ablations"](synthetic.arm_data(core_arms), figure)


def test_beam_search_alone_has_no_own_perplexity(tmp_path, figure):
    data = synthetic.arm_data({"beam5_penalty1": synthetic.write_arm(tmp_path, "beam5_penalty1", 0.1, 2, 2)})
    data = PaperData(data.files, synthetic.with_arms(data.settings, beam5_penalty1={"role": "main"}))
    with pytest.raises(NotAvailable, match="'own_entropy'"):
        FIGURES["own_perplexity"](data, figure)


def test_the_control_pairs_within_seeds(core_arms):
    degradation = epochs_and_kept.crossed_degradation(synthetic.arm_data(core_arms))
    entropy = {name: value_of(path, "cross_entropy") for name, path in core_arms.items()}
    change = {name: values[:, -1] - values[:, 0] for name, values in entropy.items()}
    for pair, name in {(5, 0.0): "epochs5_kept0", (10, 0.1): "epochs10_kept10", (5, 0.1): "epochs5_kept10"}.items():
        np.testing.assert_allclose(degradation[pair], change[name])
    expected = (change["epochs10_kept10"] - change["epochs10_kept0"]) - (
        change["epochs5_kept10"] - change["epochs5_kept0"]
    )
    np.testing.assert_allclose(epochs_and_kept.interaction(degradation), expected)


def test_the_interaction_needs_all_four_corners(core_arms):
    three = {name: path for name, path in core_arms.items() if name != "epochs10_kept0"}
    for paths in (three, {"epochs5_kept0": core_arms["epochs5_kept0"]}):
        assert epochs_and_kept.interaction(epochs_and_kept.crossed_degradation(synthetic.arm_data(paths))) is None


def test_the_control_drops_seeds_that_an_arm_lacks(tmp_path):
    paths = {
        "epochs5_kept0": synthetic.write_arm(tmp_path, "epochs5_kept0", 0.1, 4),
        "epochs10_kept0": synthetic.write_arm(tmp_path, "epochs10_kept0", 0.2, 3),
    }
    assert epochs_and_kept.crossed_degradation(synthetic.arm_data(paths)).index.tolist() == [0, 1, 2]


def test_the_control_without_its_arms_is_an_error(tmp_path, figure):
    with pytest.raises(NotAvailable, match="replaces or keeps"):
        FIGURES["control"](synthetic.arm_data({"greedy": synthetic.write_arm(tmp_path, "greedy", 0.1, 1)}), figure)


def test_the_table_of_arms_holds_means_and_t_intervals(core_arms, table):
    TABLES["arms"](synthetic.arm_data(core_arms), table)
    frame = pd.read_csv(table["csv"])
    row = frame[(frame.arm == "epochs5_kept0") & (frame.measure == "cross_entropy") & (frame.generation == "3")]
    values = value_of(core_arms["epochs5_kept0"], "cross_entropy")[:, 3]
    low, high = stats.t.interval(0.95, 4, loc=values.mean(), scale=stats.sem(values))
    assert row[["mean", "ci_low", "ci_high"]].to_numpy()[0] == pytest.approx([values.mean(), low, high], rel=1e-3)
    assert row.n_seeds.item() == 5
    assert "human" in set(frame.generation)
    assert not set(frame.measure) & {"sequence_cross_entropy"}


def test_the_perplexity_table_shows_geometric_means(all_arms, table):
    TABLES["perplexity"](synthetic.arm_data(all_arms), table)
    frame = pd.read_csv(table["csv"], dtype=str).set_index("arm")
    values = value_of(all_arms["epochs10_kept0"], "cross_entropy")
    low, high = stats.t.interval(0.95, 4, loc=values[:, 2].mean(), scale=stats.sem(values[:, 2]))
    expected = f"{np.exp(values[:, 2].mean()):.1f} [{np.exp(low):.1f}, {np.exp(high):.1f}]"
    assert frame.loc["epochs10_kept0", "gen 2"] == expected
    assert frame.loc["greedy", "gen 0"] == f"{np.exp(value_of(all_arms['greedy'], 'cross_entropy')[0, 0]):.1f}"
    assert pd.isna(frame.loc["human_steps10", "gen 5"])


def test_the_histogram_table_holds_pooled_quantiles(core_arms, table):
    TABLES["histogram"](synthetic.arm_data(core_arms), table)
    frame = pd.read_csv(table["csv"]).set_index(["arm", "generation"])
    raw = pd.read_parquet(core_arms["epochs5_kept10"])
    for generation, name in ((-1, "human"), (4, "4")):
        values = raw[(raw.measure == "sequence_cross_entropy") & (raw.generation == generation)].value
        row = frame.loc[("epochs5_kept10", name)]
        assert row.sequences == len(values) == 750
        expected = np.quantile(np.exp(values), [0.01, 0.5, 0.99])
        assert row[["q1", "q50", "q99"]].to_numpy(float) == pytest.approx(expected, rel=1e-3)
