"""Latent statistics and the digit classifier."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from modelcollapse.densities.vae import image_measures as vae_measures
from modelcollapse.densities.vae.autoencoder import VariationalAutoencoder
from modelcollapse.densities.vae.image_measures import (
    accuracy,
    class_probabilities,
    classification_measures,
    encode_means,
    fit_classifier,
    latent_measures,
)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def test_latent_statistics_are_those_of_numpy():
    values = np.random.default_rng(0).normal(0.1, 1.2, size=(50, 4)).astype(np.float32)
    measured = latent_measures(torch.from_numpy(values))
    assert measured["latent_mean"] == pytest.approx(values.mean(), abs=1e-6)
    assert measured["latent_std"] == pytest.approx(values.std(), abs=1e-6)
    assert measured["latent_max_abs_mean"] == pytest.approx(np.abs(values.mean(axis=0)).max(), abs=1e-6)
    assert measured["share_beyond_1_5"] == pytest.approx((np.abs(values) > 1.5).mean())


def test_a_sure_classifier_that_sees_all_digits():
    measured = classification_measures(torch.eye(10, dtype=torch.float64))
    assert measured["classifier_confidence"] == 1.0
    assert measured["class_entropy"] == pytest.approx(math.log(10))
    assert measured["prediction_entropy"] == 0.0


def test_a_collapsed_law_has_no_class_entropy_and_a_blend_has_prediction_entropy():
    one_digit = torch.zeros(7, 10, dtype=torch.float64)
    one_digit[:, 3] = 1.0
    assert classification_measures(one_digit)["class_entropy"] == 0.0
    blended = classification_measures(torch.full((7, 10), 0.1, dtype=torch.float64))
    assert blended["prediction_entropy"] == pytest.approx(math.log(10))
    assert blended["classifier_confidence"] == pytest.approx(0.1)


def test_entropy_of_the_mean_bounds_the_mean_entropy():
    probabilities = torch.softmax(3 * torch.randn(200, 10, dtype=torch.float64), dim=1)
    measured = classification_measures(probabilities)
    assert 0 < measured["prediction_entropy"] < measured["class_entropy"] < math.log(10)


def test_the_classifier_learns_digits_and_is_the_same_twice():
    digits = load_digits()
    images = torch.from_numpy(digits.images.astype(np.float32) / 16)[:, None]
    labels = torch.from_numpy(digits.target.astype(np.int64))
    first = fit_classifier(images[:1000], labels[:1000], 4, seed=0)
    again = fit_classifier(images[:1000], labels[:1000], 4, seed=0)
    assert accuracy(first, images[1000:], labels[1000:]) > 0.8
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    probabilities = class_probabilities(first, images[:20])
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(20, dtype=torch.float64))


def test_images_passed_in_parts_give_the_same_numbers(monkeypatch):
    vae = VariationalAutoencoder(8, 8, channels=2, latent=3)
    images = torch.rand(25, 1, 8, 8)
    whole = encode_means(vae, images)
    monkeypatch.setattr(vae_measures, "IMAGES_AT_ONCE", 7)
    torch.testing.assert_close(encode_means(vae, images), whole)


def test_a_classifier_that_diverges_says_so():
    with pytest.raises(RuntimeError, match="digit classifier's loss is nan in epoch 0"):
        fit_classifier(torch.full((4, 1, 8, 8), float("nan")), torch.arange(4), 1, seed=0)
