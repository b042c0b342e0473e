"""Images as inputs and targets of a regression: scaled, ordered by seed, and split between students and labellers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from modelcollapse.corpora.images import read_images
from modelcollapse.runtime.seeds import generator

CLASSES = 10


@dataclass(frozen=True)
class ImageData:
    """One seed's images; every array of inputs is float32 [images, pixels] with entries of mean square about 1."""

    inputs: np.ndarray
    """Images that models are fitted on; the first n of them are the training images of size n."""
    targets: np.ndarray
    """Their true labels, one-hot float64 [images, 10]."""
    labeller_inputs: np.ndarray
    """Images that labellers are fitted on: none of them among ``inputs``."""
    labeller_targets: np.ndarray
    """Their true labels, one-hot."""
    test_inputs: np.ndarray
    """Test images, the same for every seed."""
    test_targets: np.ndarray
    """Their true labels, one-hot."""


def load_image_data(images: Mapping[str, Path], samples: int, labeller_images: int, seed: int) -> ImageData:
    """Reads ``train`` and ``test`` of a prepared image corpus and splits ``train`` in the seed's own order.

    Args:
        images: NPZ files by split.
        samples: images that models may be fitted on.
        labeller_images: images that labellers may be fitted on.
        seed: names the order.

    Raises:
        ValueError: a file cannot be read, the splits have other shapes, or the corpus is too small.
    """
    (train, labels), (test, test_labels) = (read_images(Path(images[split])) for split in ("train", "test"))
    if train.shape[1:] != test.shape[1:]:
        raise ValueError(
            f"Training images have the shape {train.shape[1:]}, test images {test.shape[1:]}: "
            "both must come from one corpus."
        )
    if len(train) < samples + labeller_images:
        raise ValueError(
            f"{images['train']} holds {len(train)} images, but {samples} for training and {labeller_images} for "
            f"labellers are {samples + labeller_images}: lower the largest of 'samples' or the labellers' 'images', or "
            "take a larger corpus."
        )
    scale = np.sqrt(np.mean(np.square(train, dtype=np.float64)))
    order = generator(seed, "image regression", "order", len(train)).permutation(len(train))
    own, others = order[:samples], order[samples : samples + labeller_images]
    return ImageData(
        inputs=_flat(train[own], scale),
        targets=one_hot(labels[own]),
        labeller_inputs=_flat(train[others], scale),
        labeller_targets=one_hot(labels[others]),
        test_inputs=_flat(test, scale),
        test_targets=one_hot(test_labels),
    )


def one_hot(labels: np.ndarray) -> np.ndarray:
    """Labels 0..9 as float64 [n, 10] with a single 1 per row."""
    return np.eye(CLASSES)[labels]


def squared_errors(predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Squared distance between prediction and one-hot label, summed over the ten outputs, per image: [n].

    0.9 is what the best constant prediction gets where all digits are equally frequent.
    """
    return np.square(predictions - targets).sum(axis=1)


def accuracy(predictions: np.ndarray, targets: np.ndarray) -> float:
    """Share of images whose largest output is that of the true label."""
    return float(np.mean(predictions.argmax(axis=1) == targets.argmax(axis=1)))


def _flat(images: np.ndarray, scale: float) -> np.ndarray:
    return (images.reshape(len(images), -1) / scale).astype(np.float32)
