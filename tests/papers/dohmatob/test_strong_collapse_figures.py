"""Figures and tables of strong collapse: all of them from a small run, the same bytes twice, errors that name the file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from modelcollapse.measures.paper_data import NotAvailable, PaperData
from modelcollapse.papers.dohmatob.experiments import STRONG_COLLAPSE
from modelcollapse.papers.dohmatob.figures.points import summarised, with_error
from modelcollapse.papers.dohmatob.figures.strong_collapse_figures import EXPERIMENTS, FIGURES, TABLES
from modelcollapse.papers.dohmatob.settings import DohmatobSettings, StrongCollapseSettings

SIZES = StrongCollapseSettings(
    replicates=3,
    plain_replicates=3,
    theorem_dimension=12,
    plain_dimension=10,
    finite_dimensions=[10, 20],
    finite_replicates=3,
    samples_dimension=10,
    samples=[100, 1000],
    width_dimension=24,
    width_samples=20,
    width_synthetic=[2, 10, 16],
    widths=[5, 10, 40, 400],
    peak_dimension=24,
    peak_samples=20,
    mixing_samples=[100, 1000],
    iterative_dimension=5,
    iterative_samples=[50, 500],
    iterative_rounds=3,
    chain_dimension=8,
    chain_generations=3,
    chain_replicates=4,
    tail_replicates=2,
)


@pytest.fixture(scope="module")
def data(simulate) -> PaperData:
    return simulate("dohmatob", DohmatobSettings(strong_collapse=SIZES))


def figure_paths(folder: Path, name: str) -> dict[str, Path]:
    return {ending: folder / f"{name}.{ending}" for ending in ("svg", "png")}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn(data, tmp_path, name):
    FIGURES[name](data, figure_paths(tmp_path, name))
    assert (tmp_path / f"{name}.svg").read_text().startswith("<?xml")
    assert (tmp_path / f"{name}.png").stat().st_size > 10_000


def test_figures_have_the_same_bytes_twice(data, tmp_path):
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        FIGURES["floors"](data, figure_paths(tmp_path / place, "floors"))
    for ending in ("svg", "png"):
        assert (tmp_path / f"a/floors.{ending}").read_bytes() == (tmp_path / f"b/floors.{ending}").read_bytes()


@pytest.mark.parametrize("name", TABLES)
def test_every_table_shows_simulated_beside_theory(data, tmp_path, name):
    TABLES[name](data, {"csv": tmp_path / "t.csv", "markdown": tmp_path / "t.md"})
    frame = pd.read_csv(tmp_path / "t.csv")
    assert {"experiment", "setting", "part", "simulated", "ci_low", "ci_high", "n_designs"} <= set(frame.columns)
    assert (frame["ci_low"] <= frame["simulated"]).all()
    assert (frame["simulated"] <= frame["ci_high"]).all()
    assert (tmp_path / "t.md").read_text().startswith("| experiment")


def test_every_experiment_stands_in_a_table():
    assert {name for names in EXPERIMENTS.values() for name in names} == set(STRONG_COLLAPSE)


def test_missing_experiments_and_columns_are_named(tmp_path):
    outputs = figure_paths(tmp_path, "floors")
    with pytest.raises(NotAvailable, match="'error_by_samples' of 'strong_collapse'"):
        FIGURES["floors"](PaperData({}), outputs)
    pd.DataFrame({"setting": ["a"]}).to_parquet(tmp_path / "e.parquet")
    with pytest.raises(ValueError, match=r"e\.parquet has no column 'spectrum'"):
        FIGURES["error_by_samples"](
            PaperData({"strong_collapse": {"error_by_samples": tmp_path / "e.parquet"}}), outputs
        )


def test_points_are_means_with_t_intervals():
    rows = pd.DataFrame({"n": [1, 1, 1, 2], "bias": [1.0, 2.0, 3.0, 5.0], "variance": 1.0, "zeta": 2.0})
    points = summarised(with_error(rows, 0.5, 2.0), "n")
    assert points["mean"].tolist() == [5.0, 8.0]
    # t quantile 4.303 with 2 degrees of freedom, standard error 1/sqrt 3
    assert points["half"].tolist() == pytest.approx([4.3027 / 3**0.5, 0.0], abs=1e-3)
