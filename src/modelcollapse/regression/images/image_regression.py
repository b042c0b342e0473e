"""Fits every model of one seed on images with real and synthetic labels, and tests it on real ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from modelcollapse.regression.images.image_data import ImageData, accuracy, load_image_data, squared_errors
from modelcollapse.regression.images.image_mixtures import Mixture, mixtures
from modelcollapse.regression.images.labels import SyntheticLabels, labeller_images, write_labels
from modelcollapse.regression.images.random_features import RandomFeatures
from modelcollapse.regression.images.random_features_ridge import fit_and_predict
from modelcollapse.regression.images.settings import ImageSettings, RandomFeatureImageSettings, TwoLayerImageSettings
from modelcollapse.regression.images.small_nets import train_networks
from modelcollapse.runtime.device import single_thread
from modelcollapse.runtime.parquet import write_parquet
from modelcollapse.runtime.progress import progress
from modelcollapse.runtime.seeds import integer_seed

Fit = tuple[np.ndarray, np.ndarray]
Predictions = Callable[[Any, int, bool, ImageData, list[Fit], int], list[np.ndarray]]
"""Settings, width, whether it belongs to the sweep over widths, images, fits, seed -> predictions of every fit."""


def run_random_features(
    settings: RandomFeatureImageSettings, images: Mapping[str, Path], seed: int, outputs: Mapping[str, Path]
) -> None:
    """Fits and tests ridge readouts on random features: all models of one seed (see ``run_image_regression``)."""
    run_image_regression(settings, images, seed, outputs, random_feature_predictions)


def run_two_layer(
    settings: TwoLayerImageSettings, images: Mapping[str, Path], seed: int, outputs: Mapping[str, Path]
) -> None:
    """Trains and tests two-layer networks: all models of one seed (see ``run_image_regression``)."""
    run_image_regression(settings, images, seed, outputs, two_layer_predictions)


def run_image_regression(
    settings: ImageSettings,
    images: Mapping[str, Path],
    seed: int,
    outputs: Mapping[str, Path],
    predictions: Predictions,
) -> None:
    """Fits and tests all models of one seed.

    Args:
        settings: sweeps and sizes.
        images: ``train`` and ``test``: NPZ files of a prepared image corpus.
        seed: names the images, labellers, synthetic images and weights.
        outputs: ``table``: Parquet file with one row per model: design, samples (n), real (n1), synthetic (n2), share
            (p2), labeller, width, mean_squared_error and accuracy on real test images, label_error (c^2 of its labeller,
            NaN without one), and squared_errors, list<float32> per test image. Its metadata holds the labellers' errors
            and accuracies.
        predictions: fits models and predicts.

    Raises:
        ValueError: the images cannot be read or are too few, or a system is singular.
        RuntimeError: the training of a network diverged.
    """
    single_thread()
    data = load_image_data(images, max(settings.samples), labeller_images(settings.labellers), seed)
    written = write_labels(settings.labellers, data, seed)
    rows = fit_mixtures(settings, data, written, seed, predictions)
    facts = {name: {"error": labels.error, "accuracy": labels.accuracy} for name, labels in written.items()}
    write_parquet(pd.DataFrame(rows), outputs["table"], {"seed": seed, "labellers": facts})


def fit_mixtures(
    settings: ImageSettings,
    data: ImageData,
    written: Mapping[str, SyntheticLabels],
    seed: int,
    predictions: Predictions,
) -> list[dict[str, object]]:
    """One row per model, in the order of ``mixtures``."""
    sets = mixtures(settings, settings.width, seed)
    labels = {name: labels.targets for name, labels in written.items()}
    rows: dict[int, dict[str, object]] = {}
    sweeps = sorted({(mixture.width, mixture.design == "width") for mixture in sets})
    for width, over_widths in progress(sweeps, description=f"widths of seed {seed}"):
        chosen = [
            index
            for index, mixture in enumerate(sets)
            if (mixture.width, mixture.design == "width") == (width, over_widths)
        ]
        fits = [(sets[index].rows, sets[index].targets(data.targets, labels)) for index in chosen]
        for index, predicted in zip(chosen, predictions(settings, width, over_widths, data, fits, seed), strict=True):
            rows[index] = _row(sets[index], predicted, data.test_targets, written)
    return [rows[index] for index in range(len(sets))]


def two_layer_predictions(
    settings: TwoLayerImageSettings, width: int, over_widths: bool, data: ImageData, fits: list[Fit], seed: int
) -> list[np.ndarray]:
    """Predictions of trained networks on test images, [test images, outputs] for every fit."""
    rounds = train_networks(settings.training, width, data.inputs, fits, integer_seed(seed, "students"))
    return [predicted for networks in rounds for predicted in networks.predict(data.test_inputs)]


def random_feature_predictions(
    settings: RandomFeatureImageSettings, width: int, over_widths: bool, data: ImageData, fits: list[Fit], seed: int
) -> list[np.ndarray]:
    """Predictions of ridge readouts on test images, [test images, outputs] for every fit; sweeps differ in their ridge."""
    dimension = data.inputs.shape[1]
    # of mean squared norm 1, as the features' scale expects
    inputs, test = (array / np.float32(np.sqrt(dimension)) for array in (data.inputs, data.test_inputs))
    ridge = settings.width_ridge if over_widths else settings.ridge
    return fit_and_predict(RandomFeatures(dimension, width, seed), ridge, inputs, fits, test)


def _row(
    mixture: Mixture, predicted: np.ndarray, truth: np.ndarray, written: Mapping[str, SyntheticLabels]
) -> dict[str, object]:
    errors = squared_errors(predicted, truth)
    synthetic = int(mixture.synthetic.sum())
    return {
        "design": mixture.design,
        "samples": mixture.samples,
        "real": len(mixture.rows) - synthetic,
        "synthetic": synthetic,
        "share": mixture.share,
        "labeller": mixture.labeller,
        "width": mixture.width,
        "mean_squared_error": float(errors.mean()),
        "accuracy": accuracy(predicted, truth),
        "label_error": written[mixture.labeller].error if mixture.labeller else float("nan"),
        "squared_errors": errors.astype(np.float32),
    }
