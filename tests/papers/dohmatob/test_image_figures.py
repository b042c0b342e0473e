"""Figures and tables of regression on images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from modelcollapse.papers.dohmatob.figures import image_figures as image_regression
from modelcollapse.runtime.parquet import write_parquet

SIZES, SHARES, WIDTHS = (64, 250, 1000), (0.1, 0.5), (16, 500, 4000)
LABEL_ERROR = 0.4
FIGURES = ("image_scaling", "image_controls", "image_widths", "image_floor")


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


def groups(folder: Path, seeds: int, **sizes) -> dict[str, dict[str, Path]]:
    return {
        model: {
            f"seed{seed}": write_seed(folder / f"{model}{seed}.parquet", seed, **sizes) for seed in range(1, seeds + 1)
        }
        for model in ("random_features", "two_layer")
    }


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_drawn(tmp_path: Path, figure: dict, name: str):
    getattr(image_regression, f"draw_{name}")(groups(tmp_path, 2), figure)
    assert all(path.stat().st_size > 5000 for path in figure.values())


def test_the_same_data_give_the_same_bytes(tmp_path: Path, figure: dict):
    """One seed, which has no interval."""
    contents = []
    for _ in range(2):
        image_regression.draw_image_floor(groups(tmp_path, 1), figure)
        contents.append({ending: path.read_bytes() for ending, path in figure.items()})
    assert contents[0] == contents[1]


def test_a_figure_of_widths_needs_widths(tmp_path: Path, figure: dict):
    with pytest.raises(ValueError, match="set 'widths' of both models"):
        image_regression.draw_image_widths(groups(tmp_path, 1, widths=()), figure)


def test_floor_is_that_of_the_measured_labels(tmp_path: Path):
    given = groups(tmp_path, 3)
    frame = image_regression._frames(given)[0]
    table = image_regression.floor_table(frame)
    assert sorted(table.share.unique()) == [0.1, 0.5]
    np.testing.assert_allclose(table.floor, table.share**2 * LABEL_ERROR)
    # made by that law, up to one per cent of noise on both errors
    np.testing.assert_allclose(table.excess, table.floor, atol=0.005)


def test_error_table_has_means_over_seeds(tmp_path: Path, table: dict):
    given = groups(tmp_path, 3)
    image_regression.tabulate_image_errors(given, table)
    shown = pd.read_csv(table["csv"], keep_default_na=False)
    assert set(shown.model) == {"random_features", "two_layer"}
    assert set(shown.n_seeds) == {3}
    row = shown[
        (shown.model == "two_layer") & (shown.design == "mixed") & (shown.samples == 250) & (shown.share == 0.5)
    ]
    values = [
        pd.read_parquet(path).query("design == 'mixed' and samples == 250 and share == 0.5").mean_squared_error.item()
        for path in given["two_layer"].values()
    ]
    assert row.mean_squared_error.item() == pytest.approx(np.mean(values), rel=1e-3)
    # t quantile of 2 degrees of freedom
    assert row.half_interval.item() == pytest.approx(4.303 * np.std(values, ddof=1) / np.sqrt(3), rel=1e-3)
    assert len(shown) == 2 * len(pd.read_parquet(given["two_layer"]["seed1"]))
    assert table["markdown"].read_text(encoding="utf-8").count("\n") == len(shown) + 2


def test_labeller_table(tmp_path: Path, table: dict):
    image_regression.tabulate_image_labellers(groups(tmp_path, 3), table)
    shown = pd.read_csv(table["csv"])
    assert list(shown.columns) == [
        "model", "labeller", "error_mean", "error_sd", "accuracy_mean", "accuracy_sd", "n_seeds"
    ]  # fmt: skip
    np.testing.assert_allclose(shown.error_mean, LABEL_ERROR + 0.02)
    np.testing.assert_allclose(shown.error_sd, 0.01)


def test_a_table_without_a_column_is_named(tmp_path: Path, figure: dict):
    given = groups(tmp_path, 1)
    path = given["two_layer"]["seed1"]
    write_parquet(pd.read_parquet(path).drop(columns="label_error"), path, {"seed": 1})
    with pytest.raises(ValueError, match="no column 'label_error'"):
        image_regression.draw_image_scaling(given, figure)
