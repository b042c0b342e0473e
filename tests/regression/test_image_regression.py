"""Regression on images: training sets, labels and the whole step, on small made-up images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from modelcollapse.corpora.images import write_images
from modelcollapse.regression.images.image_data import accuracy, load_image_data, one_hot, squared_errors
from modelcollapse.regression.images.image_mixtures import mixtures
from modelcollapse.regression.images.image_regression import (
    fit_mixtures,
    random_feature_predictions,
    run_random_features,
    run_two_layer,
    two_layer_predictions,
)
from modelcollapse.regression.images.labels import SyntheticLabels, write_labels
from modelcollapse.regression.images.settings import RandomFeatureImageSettings, TwoLayerImageSettings
from modelcollapse.runtime.parquet import read_metadata

TRAINING = {"steps": 60, "batch_size": 16}
LABELLERS = {
    "good": {"images": 60, "width": 30, "training": TRAINING},
    "poor": {"images": 8, "width": 30, "training": TRAINING},
    "noisy": {"images": 60, "width": 30, "training": TRAINING, "label_noise": 2.0},
}
SWEEPS = {
    "corpus": "digits",
    "labellers": LABELLERS,
    "labeller": "poor",
    "samples": [20, 50, 100],
    "synthetic_shares": [0.1, 0.5, 1.0],
    "fixed_real": 20,
    "widths": [5, 200],
    "width_samples": 50,
}
FEATURES = RandomFeatureImageSettings(width=120, ridge=1e-4, width_ridge=1e-4, **SWEEPS)
NETWORKS = TwoLayerImageSettings(width=40, training=TRAINING, **SWEEPS)


@pytest.fixture(scope="module")
def images(tmp_path_factory) -> dict[str, Path]:
    """Ten noisy patterns of 5 x 4 pixels, 200 images to train on and 80 to test on, in a corpus's format."""
    random = np.random.default_rng(0)
    patterns = random.integers(0, 200, (10, 5, 4))
    folder = tmp_path_factory.mktemp("images")
    paths = {}
    for split, count in (("train", 200), ("test", 80)):
        labels = random.integers(0, 10, count).astype(np.uint8)
        pixels = np.clip(patterns[labels] + random.normal(0, 40, (count, 5, 4)), 0, 255).astype(np.uint8)
        paths[split] = folder / f"{split}.npz"
        write_images((pixels, labels), paths[split])
    return paths


def test_students_labellers_and_test_share_no_image(images: dict[str, Path]):
    data = load_image_data(images, 120, 80, seed=1)
    rows = {part.tobytes() for part in data.inputs}
    assert len(rows) == 120
    assert not rows & {part.tobytes() for part in (*data.labeller_inputs, *data.test_inputs)}
    everything = np.concatenate([data.inputs, data.labeller_inputs])
    assert np.mean(np.square(everything, dtype=np.float64)) == pytest.approx(1.0)
    other = load_image_data(images, 120, 80, seed=2)
    assert not np.array_equal(data.inputs, other.inputs)
    np.testing.assert_array_equal(data.test_inputs, other.test_inputs)
    # the order carries labels along
    by_image = dict(zip((part.tobytes() for part in data.inputs), data.targets.argmax(axis=1), strict=True))
    for part, target in zip(other.inputs, other.targets.argmax(axis=1), strict=True):
        assert by_image.get(part.tobytes(), target) == target


def test_too_small_a_corpus_is_an_error(images: dict[str, Path]):
    with pytest.raises(ValueError, match=r"200 images, but 180 for training and 30 for\s+labellers are 210"):
        load_image_data(images, 180, 30, seed=1)


def test_squared_error_of_the_best_constant_is_nine_tenths():
    targets = one_hot(np.repeat(np.arange(10), 7))
    constant = np.full_like(targets, 0.1)
    np.testing.assert_allclose(squared_errors(constant, targets), 0.9)
    assert squared_errors(targets, targets).sum() == 0
    assert accuracy(targets, targets) == 1.0
    assert accuracy(np.roll(targets, 1, axis=1), targets) == 0.0


@settings(max_examples=60, deadline=None)
@given(
    samples=st.lists(st.integers(20, 150), min_size=1, max_size=4, unique=True),
    shares=st.lists(st.floats(0.06, 1.0), min_size=1, max_size=4, unique=True),
    fixed=st.integers(1, 20),
    seed=st.integers(0, 5),
)
def test_mixtures_are_paired(samples: list[int], shares: list[float], fixed: int, seed: int):
    sweeps = SWEEPS | {"samples": samples, "synthetic_shares": shares, "fixed_real": fixed, "width_samples": samples[0]}
    sets = mixtures(TwoLayerImageSettings(width=40, **sweeps), 40, seed)
    mixed = {(m.samples, m.share): m for m in sets if m.design == "mixed"}
    assert set(mixed) == {(n, p2) for n in samples for p2 in (0.0, *shares)}
    for (n, p2), mixture in mixed.items():
        np.testing.assert_array_equal(mixture.rows, np.arange(n))
        assert mixture.synthetic.sum() == round(p2 * n)
        # those of a smaller share are synthetic at the larger share too
        for (other_n, larger), other in mixed.items():
            if other_n == n and larger >= p2:
                assert np.all(other.synthetic[mixture.synthetic])
    for part in (m for m in sets if m.design == "real_part"):
        whole = mixed[part.samples, part.share]
        np.testing.assert_array_equal(part.rows, whole.rows[~whole.synthetic])
        assert not part.synthetic.any()
    added = [m for m in sets if m.design == "added"]
    assert [m.samples for m in added] == sorted({fixed, *(n for n in samples if n > fixed)})
    assert all((~m.synthetic).sum() == fixed and m.share == m.synthetic.mean() for m in added)
    swept = [m for m in sets if m.design == "width"]
    assert {(m.width, m.labeller) for m in swept} == {(w, name) for w in (5, 200) for name in ("", *LABELLERS)}
    for mixture in sets:
        assert np.all(np.diff(mixture.rows) > 0)
        assert bool(mixture.labeller) == bool(mixture.synthetic.any())


def test_targets_come_from_whoever_labelled_the_image():
    real, written = np.zeros((100, 2)), {"poor": np.full((100, 2), 7.0)}
    for mixture in mixtures(NETWORKS, 40, 1):
        if mixture.labeller in ("", "poor"):
            targets = mixture.targets(real, written)
            np.testing.assert_array_equal(targets[:, 1], np.where(mixture.synthetic, 7.0, 0.0))
    assert real.sum() == 0


def test_labels_are_worse_from_fewer_images_and_noise_is_added(images: dict[str, Path]):
    data = load_image_data(images, 100, 60, seed=1)
    written = write_labels(NETWORKS.labellers, data, seed=1)
    assert written["good"].error < written["poor"].error
    assert written["good"].accuracy > written["poor"].accuracy
    # same network, other labels
    assert written["noisy"].error == written["good"].error
    noise = written["noisy"].targets - written["good"].targets
    assert noise.std() == pytest.approx(2.0, rel=0.1)
    # c^2 of images that no model saw is about c^2 of the test images
    unseen = squared_errors(written["good"].targets, data.targets).mean()
    assert unseen == pytest.approx(written["good"].error, rel=0.3)
    with pytest.raises(ValueError, match="'good' is to be fitted on 60 images, but 8"):
        write_labels(NETWORKS.labellers, load_image_data(images, 100, 8, seed=1), seed=1)


@pytest.mark.parametrize(
    ("chosen", "predictions"),
    [(FEATURES, random_feature_predictions), (NETWORKS, two_layer_predictions)],
    ids=["random_features", "two_layer"],
)
def test_true_labels_from_a_labeller_change_nothing(chosen, predictions, images: dict[str, Path]):
    """c^2 = 0: a mixture is as good as real data, and equal to the real data of the same n."""
    data = load_image_data(images, 100, 60, seed=1)
    perfect = {name: SyntheticLabels(data.targets, 0.0, 1.0) for name in LABELLERS}
    table = pd.DataFrame(fit_mixtures(chosen, data, perfect, 1, predictions))
    for _, rows in table[table.design.isin(["mixed", "width"])].groupby(["design", "samples", "width"]):
        np.testing.assert_allclose(rows.mean_squared_error, rows.mean_squared_error.iloc[0], rtol=1e-4)


@pytest.mark.parametrize(
    ("chosen", "fit"),
    [(FEATURES, run_random_features), (NETWORKS, run_two_layer)],
    ids=["random_features", "two_layer"],
)
def test_the_step(chosen, fit, images: dict[str, Path], tmp_path: Path):
    first, again, other = (tmp_path / f"{name}.parquet" for name in ("first", "again", "other"))
    for path, seed in ((first, 1), (again, 1), (other, 2)):
        fit(chosen, images, seed, {"table": path})
    assert first.read_bytes() == again.read_bytes()
    assert first.read_bytes() != other.read_bytes()
    table = pd.read_parquet(first)
    # 3 n x (1 + 3 mixtures + 2 real parts; p2 = 1 has none), added at 20, 50, 100, and 2 widths x 4
    assert table.design.value_counts().to_dict() == {"mixed": 12, "real_part": 6, "added": 3, "width": 8}
    np.testing.assert_allclose(table.squared_errors.map(np.mean), table.mean_squared_error, rtol=1e-5)
    assert table.squared_errors.map(len).eq(80).all()
    assert (table.real + table.synthetic <= table.samples).all()
    assert table.label_error.isna().equals(table.labeller == "")
    facts = read_metadata(first)
    assert facts["seed"] == 1
    assert facts["labellers"]["poor"]["error"] == table[table.labeller == "poor"].label_error.iloc[0]
    # added to nothing but real images it is the mixture without synthetic ones
    start = table[(table.samples == 20) & (table.share == 0) & table.design.isin(["added", "mixed"])]
    assert len(start) == 2
    assert start.mean_squared_error.nunique() == 1 or np.ptp(start.mean_squared_error) < 1e-5
    real, poor = (table[(table.design == "mixed") & (table.samples == 100) & (table.share == p2)] for p2 in (0.0, 1.0))
    assert real.mean_squared_error.item() < poor.mean_squared_error.item()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labeller": "best"}, "labeller is 'best', but there are: good, noisy, poor"),
        ({"fixed_real": 101}, "fixed_real is 101, but must not exceed the largest of samples"),
        ({"width_samples": 500}, "width_samples is 500, but must not exceed"),
        ({"synthetic_shares": [0.02]}, "a share of 0.02 of 20 images is not even one image"),
        ({"synthetic_shares": [1.5]}, "less than or equal to 1"),
        ({"synthetic_shares": [0.0]}, "greater than 0"),
        ({"labellers": {}}, "at least 1 item"),
        ({"ridge": 0.0}, "greater than 0"),
        ({"width": 30_000, "samples": [30_000]}, "system of 30000 unknowns"),
    ],
)
def test_impossible_settings_are_errors(change: dict, message: str):
    with pytest.raises(ValidationError, match=message):
        RandomFeatureImageSettings(**(SWEEPS | {"width": 120} | change))
