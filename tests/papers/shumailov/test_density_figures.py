"""Figures and tables of mixtures and autoencoders."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import synthetic

from modelcollapse.measures.paper_data import NotAvailable, PaperData
from modelcollapse.papers.shumailov.figures.density_figures import FIGURES, TABLES, TILE_LINE, tiled
from modelcollapse.runtime.parquet import write_parquet


@pytest.fixture(scope="module")
def mixtures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mixture")
    tables = {
        n: synthetic.write_mixture(folder, n, size) for n, size in (("one_blob_500", 500), ("two_blobs_1000", 1000))
    }
    arrays = {"one_blob_1000": synthetic.write_mixture_samples(folder)}
    return PaperData({"mixture": tables, "mixture_arrays": arrays}, synthetic.settings())


@pytest.fixture(scope="module")
def chains(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vae")
    files = {f"seed{seed}": synthetic.write_vae(folder, seed) for seed in range(1, 4)}
    tables, arrays = ({name: pair[place] for name, pair in files.items()} for place in (0, 1))
    return PaperData({"vae": tables, "vae_arrays": {"seed1": arrays["seed1"]}}, synthetic.settings())


def written(figure):
    return all(path.stat().st_size > 5000 for path in figure.values())


@pytest.mark.parametrize("name", ["mixture", "mixture_samples"])
def test_mixtures_are_drawn(name, mixtures, figure):
    FIGURES[name](mixtures, figure)
    assert written(figure)


@pytest.mark.parametrize("name", ["vae_grid", "vae_latents"])
def test_sample_grids_and_latents_of_a_vae_are_drawn(name, chains, figure):
    FIGURES[name](chains, figure)
    assert written(figure)


def test_what_was_not_made_is_named(figure):
    nothing = PaperData({}, synthetic.settings())
    with pytest.raises(NotAvailable, match="'one_blob_1000' of 'mixture_arrays'"):
        FIGURES["mixture_samples"](nothing, figure)
    with pytest.raises(NotAvailable, match="'seed1' of 'vae_arrays'"):
        FIGURES["vae_grid"](nothing, figure)


def test_missing_columns_and_arrays_are_named(mixtures, chains, tmp_path, figure):
    path = tmp_path / "bad.parquet"
    whole = pd.read_parquet(mixtures.files["mixture"]["two_blobs_1000"])
    write_parquet(whole.drop(columns="normalised_l2_to_truth"), path)
    with pytest.raises(ValueError, match=r"bad\.parquet has no column 'normalised_l2_to_truth'"):
        FIGURES["mixture"](PaperData({"mixture": {"two_blobs_1000": path}}, mixtures.settings), figure)
    write_parquet(pd.read_parquet(chains.files["vae"]["seed1"]).drop(columns="class_entropy"), path)
    with pytest.raises(ValueError, match="'class_entropy'"):
        FIGURES["vae_latents"](PaperData(chains.files | {"vae": {"seed1": path}}, chains.settings), figure)
    arrays = tmp_path / "bad.npz"
    np.savez(arrays, other=np.zeros(3))
    with pytest.raises(ValueError, match=r"bad\.npz has no array 'grid'"):
        FIGURES["vae_grid"](PaperData({"vae_arrays": {"seed1": arrays}}, chains.settings), figure)


def test_a_sheet_shows_the_images_row_by_row():
    images = np.arange(4, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 3), np.uint8)
    sheet = tiled(images)
    assert sheet.shape == (6, 8)
    line = TILE_LINE
    assert (sheet[0] == line).all() and (sheet[:, 0] == line).all()
    assert sheet[1:3, 1:4].tolist() == [[0] * 3] * 2
    assert sheet[1:3, 5:8].tolist() == [[1] * 3] * 2
    assert sheet[4:6, 1:4].tolist() == [[2] * 3] * 2


def test_the_mixture_table_holds_quantiles_over_seeds(mixtures, table):
    TABLES["mixture"](mixtures, table)
    frame = pd.read_csv(table["csv"]).set_index(["mixture", "generation"])
    raw = pd.read_parquet(mixtures.files["mixture"]["two_blobs_1000"])
    for generation in (50, 60):
        values = raw[raw.generation == generation].squared_l2_to_first_fit
        row = frame.loc[("two_blobs_1000", generation)]
        names = [f"squared_l2_to_first_fit_{end}" for end in ("q10", "median", "q90")]
        assert row[names].to_numpy() == pytest.approx(np.quantile(values, [0.1, 0.5, 0.9]), rel=1e-2)
        assert row.n_seeds == 4


def test_the_vae_table_holds_means_and_deviations_over_seeds(chains, table):
    TABLES["vae"](chains, table)
    frame = pd.read_csv(table["csv"]).set_index("generation")
    values = np.array([pd.read_parquet(path).latent_std.to_numpy() for path in chains.files["vae"].values()])
    np.testing.assert_allclose(frame.latent_std, values.mean(axis=0), rtol=1e-3)
    np.testing.assert_allclose(frame.latent_std_sd, values.std(axis=0, ddof=1), rtol=1e-3)
    assert (frame.n_seeds == 3).all()
