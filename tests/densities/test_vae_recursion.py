"""The VAE step: its files, a kill in the middle, and damaged input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from modelcollapse.densities.vae import vae_chain as vae_recursion
from modelcollapse.densities.vae.settings import VaeSettings
from modelcollapse.densities.vae.vae_chain import run_vae
from modelcollapse.runtime.files import sha256
from modelcollapse.runtime.parquet import read_metadata

SETTINGS = VaeSettings(
    corpus="digits",
    channels=2,
    latent=3,
    epochs=1,
    batch_size=16,
    generations=3,
    encoded_images=12,
    classifier_epochs=1,
)
COLUMNS = {
    "generation",
    "latent_mean",
    "latent_std",
    "latent_max_abs_mean",
    "share_beyond_1_5",
    "classifier_confidence",
    "class_entropy",
    "prediction_entropy",
    "train_loss",
    "training_images",
}


@pytest.fixture
def corpus(tmp_path):
    random = np.random.default_rng(0)
    paths = {}
    for split, count in (("train", 40), ("test", 20)):
        paths[split] = tmp_path / f"{split}.npz"
        labels = (np.arange(count) % 3).astype(np.uint8)
        images = random.integers(0, 40, (count, 8, 8), dtype=np.uint8)
        images[np.arange(count), labels] = 255
        np.savez(paths[split], images=images, labels=labels)
    return paths


def run(folder, corpus, settings=SETTINGS, seed=1, work=None):
    folder.mkdir(exist_ok=True)
    work = work or folder / "work"
    work.mkdir(exist_ok=True)
    outputs = {"table": folder / "seed.parquet", "arrays": folder / "seed.npz"}
    run_vae(settings, corpus, seed, outputs, work)
    return outputs


def same_bytes(left, right):
    return all(sha256(left[name]) == sha256(right[name]) for name in left)


def test_files_hold_what_they_promise(tmp_path, corpus):
    outputs = run(tmp_path / "run", corpus)
    table = pd.read_parquet(outputs["table"])
    assert set(table.columns) == COLUMNS
    assert table.generation.tolist() == [0, 1, 2, 3]
    assert set(table.training_images) == {40}
    with np.load(outputs["arrays"], allow_pickle=False) as arrays:
        grid, latents = arrays["grid"], arrays["latents"]
    assert (grid.dtype, grid.shape) == (np.uint8, (4, 100, 8, 8))
    assert (latents.dtype, latents.shape) == (np.float32, (4, 12, 3))
    np.testing.assert_allclose(table.latent_std, latents.reshape(4, -1).astype(float).std(axis=1), atol=1e-7)
    facts = read_metadata(outputs["table"])
    assert facts["seed"] == 1
    assert 0 <= facts["classifier_test_accuracy"] <= 1
    assert set(facts["human_test"]) == COLUMNS - {"generation", "train_loss", "training_images"}


def test_seeds_differ_and_a_seed_is_the_same_twice(tmp_path, corpus):
    first, again = run(tmp_path / "first", corpus), run(tmp_path / "again", corpus)
    other = run(tmp_path / "other", corpus, seed=2)
    assert same_bytes(first, again)
    assert sha256(first["table"]) != sha256(other["table"])


@pytest.mark.parametrize("killed_at", [0, 1, 3])
def test_a_killed_run_continues_and_ends_with_the_same_bytes(tmp_path, corpus, monkeypatch, killed_at):
    undisturbed = run(tmp_path / "whole", corpus)
    work = tmp_path / "kept"
    train_generation = vae_recursion.train_generation
    trained = []

    def stop_at(settings, images, previous, seed, generation):
        if generation == killed_at:
            raise KeyboardInterrupt
        return train_generation(settings, images, previous, seed, generation)

    def count(settings, images, previous, seed, generation):
        trained.append(generation)
        return train_generation(settings, images, previous, seed, generation)

    monkeypatch.setattr(vae_recursion, "train_generation", stop_at)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "killed", corpus, work=work)
    monkeypatch.setattr(vae_recursion, "train_generation", count)
    assert same_bytes(run(tmp_path / "resumed", corpus, work=work), undisturbed)
    assert trained == list(range(killed_at, 4))


def test_more_generations_continue_the_same_chain(tmp_path, corpus):
    short = run(tmp_path / "short", corpus, SETTINGS.model_copy(update={"generations": 1}))
    long = run(tmp_path / "long", corpus)
    pd.testing.assert_frame_equal(pd.read_parquet(short["table"]), pd.read_parquet(long["table"]).head(2))


@pytest.mark.parametrize("name", ["generation1.safetensors", "classifier.safetensors"])
@pytest.mark.parametrize("damage", [b"", b"{nothing like it}", None])
def test_a_damaged_checkpoint_is_said_and_computed_again(tmp_path, corpus, capsys, name, damage):
    work = tmp_path / "work"
    undisturbed = run(tmp_path / "first", corpus, work=work)
    if damage is None:
        (work / name).write_bytes((work / name).read_bytes()[:-3])
    else:
        (work / name).write_bytes(damage)
    assert same_bytes(run(tmp_path / "again", corpus, work=work), undisturbed)
    assert f"The checkpoint {work / name} is damaged" in capsys.readouterr().err


def test_a_checkpoint_of_other_settings_or_images_is_not_used(tmp_path, corpus, capsys):
    work = tmp_path / "work"
    run(tmp_path / "first", corpus, work=work)
    changed = SETTINGS.model_copy(update={"learning_rate": 2e-3})
    undisturbed = run(tmp_path / "clean", corpus, changed)
    assert same_bytes(run(tmp_path / "second", corpus, changed, work=work), undisturbed)
    assert "belongs to other settings or data" in capsys.readouterr().err


def test_a_nan_loss_keeps_finished_generations(tmp_path, corpus, monkeypatch):
    work = tmp_path / "work"
    train_generation = vae_recursion.train_generation

    def spoil(settings, images, previous, seed, generation):
        if generation == 2:
            with torch.no_grad():
                previous.decoder_input.bias.fill_(float("nan"))
        return train_generation(settings, images, previous, seed, generation)

    monkeypatch.setattr(vae_recursion, "train_generation", spoil)
    with pytest.raises(RuntimeError, match="generation 2, epoch 0"):
        run(tmp_path / "run", corpus, work=work)
    assert (work / "generation1.safetensors").exists()
    assert not (tmp_path / "run" / "seed.parquet").exists()


def test_images_that_are_none_are_named(tmp_path, corpus):
    broken = tmp_path / "broken.npz"
    broken.write_bytes(corpus["train"].read_bytes()[:200])
    with pytest.raises(ValueError, match=r"broken\.npz is not an image file.*Delete it"):
        run(tmp_path / "a", corpus | {"train": broken})
    lacking = tmp_path / "lacking.npz"
    np.savez(lacking, images=np.zeros((3, 8, 8), np.uint8))
    with pytest.raises(ValueError, match=r"lacking\.npz is not an image file.*labels"):
        run(tmp_path / "b", corpus | {"test": lacking})
    floats = tmp_path / "floats.npz"
    np.savez(floats, images=np.zeros((3, 8, 8)), labels=np.zeros(3, np.uint8))
    with pytest.raises(ValueError, match=r"expected images uint8.*float64"):
        run(tmp_path / "c", corpus | {"train": floats})


def test_images_of_two_sizes_are_refused(tmp_path, corpus):
    other = tmp_path / "other.npz"
    np.savez(other, images=np.zeros((3, 12, 8), np.uint8), labels=np.zeros(3, np.uint8))
    with pytest.raises(ValueError, match=r"\[8, 8\] but test images \[12, 8\]"):
        run(tmp_path / "a", corpus | {"test": other})
