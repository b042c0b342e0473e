"""Figures and tables of regression on images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from modelcollapse.measures.paper_data import NotAvailable, PaperData
from modelcollapse.papers.dohmatob.experiments import topics
from modelcollapse.papers.dohmatob.figures.image_figures import FIGURES, TABLES, floor_table
from modelcollapse.papers.dohmatob.settings import DohmatobSettings
from modelcollapse.runtime.parquet import write_parquet

SIZES, SHARES, WIDTHS = (64, 250, 1000), (0.1, 0.5), (16, 500, 4000)
LABEL_ERROR = 0.4


def write_seed(path: Path, seed: int, widths: tuple[int, ...] = WIDTHS) -> Path:
    """Errors that follow 10 / n + p2^2 c^2 up to noise."""
    random, rows = np.random.default_rng(seed), []

    def add(design, samples, share, labeller, width, mean):
        synthetic = round(share * samples) if labeller else 0
        rows.append(
            {
                "design": design,
                "samples": samples,
                "real": samples - synthetic,
                "synthetic": synthetic,
                "share": share,
                "labeller": labeller,
                "width": width,
                "mean_squared_error": mean * np.exp(random.normal(0, 0.01)),
                "accuracy": 0.9,
                "label_error": LABEL_ERROR if labeller else float("nan"),
            }
        )

    for n in SIZES:
        add("mixed", n, 0.0, "", 100, 10 / n)
        for p2 in SHARES:
            add("mixed", n, p2, "medium", 100, 10 / n + p2**2 * LABEL_ERROR)
            add("real_part", n, p2, "", 100, 10 / n / (1 - p2))
        add("added", n, 1 - 64 / n, "medium" if n > 64 else "", 100, 0.1 + 3 / n)
    for width in widths:
        for labeller in ("", "good", "noisy"):
            add("width", 500, 0.5 if labeller else 0.0, labeller, width, 1 / width**0.5 + (labeller == "noisy"))
    labellers = {"medium": {"error": LABEL_ERROR + 0.01 * seed, "accuracy": 0.8}}
    write_parquet(pd.DataFrame(rows), path, {"seed": seed, "labellers": labellers})
    return path


def data(folder: Path, seeds: int, models: tuple[str, ...] = ("random_features", "two_layer"), **sizes) -> PaperData:
    return PaperData(
        {
            f"images_{model}": {
                f"seed{seed}": write_seed(folder / f"{model}{seed}.parquet", seed, **sizes)
                for seed in range(1, seeds + 1)
            }
            for model in models
        }
    )


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_drawn(tmp_path: Path, figure: dict, name: str):
    FIGURES[name](data(tmp_path, 2), figure)
    assert all(path.stat().st_size > 5000 for path in figure.values())


def test_the_same_data_give_the_same_bytes(tmp_path: Path, figure: dict):
    """One seed, which has no interval."""
    contents = []
    for _ in range(2):
        FIGURES["image_floor"](data(tmp_path, 1), figure)
        contents.append({ending: path.read_bytes() for ending, path in figure.items()})
    assert contents[0] == contents[1]


@pytest.mark.parametrize("name", FIGURES)
def test_one_model_is_drawn_alone(tmp_path: Path, figure: dict, name: str):
    FIGURES[name](data(tmp_path, 1, models=("two_layer",)), figure)
    assert figure["png"].exists()


def test_models_without_widths_are_left_out(tmp_path: Path, figure: dict):
    swept, without = data(tmp_path, 1, models=("two_layer",)), data(tmp_path, 1, ("random_features",), widths=())
    FIGURES["image_widths"](PaperData({**without.files, **swept.files}), figure)
    assert figure["png"].exists()
    with pytest.raises(NotAvailable, match="set 'widths'"):
        FIGURES["image_widths"](without, figure)


def test_a_topic_shows_what_the_settings_have():
    labellers = {"good": {"images": 10}}
    model = {"corpus": "digits", "labellers": labellers, "labeller": "good", "samples": [20], "synthetic_shares": [0.5]}
    model |= {"fixed_real": 10, "width_samples": 20, "width": 20}
    settings = {"random_features": model, "two_layer": model | {"widths": [5]}}
    found = topics(DohmatobSettings.model_validate({"strong_collapse": None, "images": settings}))
    assert [topic.name for topic in found] == ["images"]
    assert found[0].data == ("images_random_features", "images_two_layer")
    assert "image_widths" in found[0].figures
    found = topics(
        DohmatobSettings.model_validate(
            {"strong_collapse": {}, "images": {"random_features": model, "two_layer": model}}
        )
    )
    assert [topic.name for topic in found] == ["strong_collapse", "images"]
    assert "image_widths" not in found[1].figures
    assert topics(DohmatobSettings(strong_collapse=None)) == []


def test_floor_is_that_of_the_measured_labels(tmp_path: Path):
    table = floor_table(data(tmp_path, 3).tables("images_random_features"))
    assert sorted(table.share.unique()) == [0.1, 0.5]
    np.testing.assert_allclose(table.floor, table.share**2 * LABEL_ERROR)
    # made by that law, up to one per cent of noise on both errors
    np.testing.assert_allclose(table.excess, table.floor, atol=0.005)


def test_error_table_has_means_over_seeds(tmp_path: Path, table: dict):
    given = data(tmp_path, 3)
    TABLES["image_errors"](given, table)
    shown = pd.read_csv(table["csv"], keep_default_na=False)
    assert set(shown.model) == {"random_features", "two_layer"}
    assert set(shown.n_seeds) == {3}
    row = shown[
        (shown.model == "two_layer") & (shown.design == "mixed") & (shown.samples == 250) & (shown.share == 0.5)
    ]
    values = [
        pd.read_parquet(path).query("design == 'mixed' and samples == 250 and share == 0.5").mean_squared_error.item()
        for path in given.files["images_two_layer"].values()
    ]
    assert row.mean_squared_error.item() == pytest.approx(np.mean(values), rel=1e-3)
    # t quantile of 2 degrees of freedom
    assert row.half_interval.item() == pytest.approx(4.303 * np.std(values, ddof=1) / np.sqrt(3), rel=1e-3)
    assert len(shown) == 2 * len(pd.read_parquet(given.files["images_two_layer"]["seed1"]))
    assert table["markdown"].read_text(encoding="utf-8").count("\n") == len(shown) + 2


def test_labeller_table(tmp_path: Path, table: dict):
    TABLES["image_labellers"](data(tmp_path, 3), table)
    shown = pd.read_csv(table["csv"])
    assert list(shown.columns) == [
        "model", "labeller", "error_mean", "error_sd", "accuracy_mean", "accuracy_sd", "n_seeds"
    ]  # fmt: skip
    np.testing.assert_allclose(shown.error_mean, LABEL_ERROR + 0.02)
    np.testing.assert_allclose(shown.error_sd, 0.01)


def test_a_table_without_a_column_is_named(tmp_path: Path, figure: dict):
    given = data(tmp_path, 1)
    path = given.files["images_two_layer"]["seed1"]
    write_parquet(pd.read_parquet(path).drop(columns="label_error"), path, {"seed": 1})
    with pytest.raises(ValueError, match="no column 'label_error'"):
        FIGURES["image_scaling"](given, figure)
