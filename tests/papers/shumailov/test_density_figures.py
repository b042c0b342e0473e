"""Figures and tables of mixtures, autoencoders and theory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import synthetic

from modelcollapse.papers.shumailov.figures import densities
from modelcollapse.runtime.parquet import write_parquet


@pytest.fixture(scope="module")
def mixtures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mixture")
    return {name: synthetic.write_mixture(folder, name, size) for name, size in (("one_blob_500", 500), ("two", 1000))}


@pytest.fixture(scope="module")
def chains(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vae")
    written = [synthetic.write_vae(folder, seed) for seed in range(3)]
    return [table for table, _ in written], written[0][1]


def written(figure):
    return all(path.stat().st_size > 5000 for path in figure.values())


def test_mixtures_are_drawn(mixtures, figure):
    densities.draw_mixture(mixtures, {"one_blob_500": 500, "two": 1000}, figure)
    assert written(figure)


def test_points_of_a_mixture_are_drawn(tmp_path, figure):
    densities.draw_mixture_samples(synthetic.write_mixture_samples(tmp_path), figure)
    assert written(figure)


def test_sample_grids_and_latents_of_a_vae_are_drawn(chains, tmp_path):
    tables, arrays = chains
    for name, draw in (("grid", densities.draw_vae_grid), ("latents", None)):
        outputs = {ending: tmp_path / f"{name}.{ending}" for ending in ("svg", "png")}
        if draw:
            draw(arrays, outputs)
        else:
            densities.draw_vae_latents(tables, arrays, outputs)
        assert written(outputs)


def test_the_theory_is_drawn(theory, figure):
    densities.draw_theory(theory, figure)
    assert written(figure)


def test_a_missing_experiment_is_named(theory, figure):
    fewer = {name: path for name, path in theory.items() if name != "gaussian_pool"}
    with pytest.raises(ValueError, match="'gaussian_pool'"):
        densities.draw_theory(fewer, figure)


def test_missing_columns_and_arrays_are_named(mixtures, chains, tmp_path, figure):
    path = tmp_path / "bad.parquet"
    write_parquet(pd.read_parquet(mixtures["two"]).drop(columns="normalised_l2_to_truth"), path)
    with pytest.raises(ValueError, match=r"bad\.parquet has no column 'normalised_l2_to_truth'"):
        densities.draw_mixture({"two": path}, {}, figure)
    write_parquet(pd.read_parquet(chains[0][0]).drop(columns="class_entropy"), path)
    with pytest.raises(ValueError, match="'class_entropy'"):
        densities.draw_vae_latents([path], chains[1], figure)
    arrays = tmp_path / "bad.npz"
    np.savez(arrays, other=np.zeros(3))
    with pytest.raises(ValueError, match=r"bad\.npz has no array 'grid'"):
        densities.draw_vae_grid(arrays, figure)


def test_a_sheet_shows_the_images_row_by_row():
    images = np.arange(4, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 3), np.uint8)
    sheet = densities.tiled(images)
    assert sheet.shape == (6, 8)
    line = densities.TILE_LINE
    assert (sheet[0] == line).all() and (sheet[:, 0] == line).all()
    assert sheet[1:3, 1:4].tolist() == [[0] * 3] * 2
    assert sheet[1:3, 5:8].tolist() == [[1] * 3] * 2
    assert sheet[4:6, 1:4].tolist() == [[2] * 3] * 2


def test_the_mixture_table_holds_quantiles_over_seeds(mixtures, table):
    densities.tabulate_mixture(mixtures, table)
    frame = pd.read_csv(table["csv"]).set_index(["mixture", "generation"])
    raw = pd.read_parquet(mixtures["two"])
    for generation in (50, 60):
        values = raw[raw.generation == generation].squared_l2_to_first_fit
        row = frame.loc[("two", generation)]
        names = [f"squared_l2_to_first_fit_{end}" for end in ("q10", "median", "q90")]
        assert row[names].to_numpy() == pytest.approx(np.quantile(values, [0.1, 0.5, 0.9]), rel=1e-2)
        assert row.n_seeds == 4


def test_the_vae_table_holds_means_and_deviations_over_seeds(chains, table):
    densities.tabulate_vae(chains[0], table)
    frame = pd.read_csv(table["csv"]).set_index("generation")
    values = np.array([pd.read_parquet(path).latent_std.to_numpy() for path in chains[0]])
    np.testing.assert_allclose(frame.latent_std, values.mean(axis=0), rtol=1e-3)
    np.testing.assert_allclose(frame.latent_std_sd, values.std(axis=0, ddof=1), rtol=1e-3)
    assert (frame.n_seeds == 3).all()


def test_the_theory_table_holds_the_last_generation_of_every_setting(theory, table):
    densities.tabulate_theory(theory, table)
    frame = pd.read_csv(table["csv"])
    assert set(frame.experiment) == set(theory)
    raw = pd.read_parquet(theory["gaussian_unbiased"])
    raw = raw[(raw.setting == "M=100") & (raw.quantity == "variance_of_sample")]
    row = frame[(frame.setting == "M=100") & (frame.quantity == "variance_of_sample")]
    assert row.generation.item() == raw.generation.max() == 100
    assert row.exact.item() == pytest.approx(2.0)
    assert row.simulated.item() == pytest.approx(raw[raw.generation == 100].simulated.item(), rel=1e-3)
