"""Synthetic labels: what networks fitted on a few real images say about other images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from modelcollapse.regression.images.image_data import ImageData, accuracy, squared_errors
from modelcollapse.regression.images.settings import LabellerSettings
from modelcollapse.regression.images.small_nets import train_networks
from modelcollapse.runtime.seeds import generator, integer_seed


@dataclass(frozen=True)
class SyntheticLabels:
    """What one labeller wrote, and how good it is."""

    targets: np.ndarray
    """Its labels of ``ImageData.inputs``, label noise included: float64 [images, 10]."""
    error: float
    """Quality c^2: mean squared distance between its noiseless labels and the truth, over test images."""
    accuracy: float
    """Share of test images it classifies correctly."""


def labeller_images(labellers: Mapping[str, LabellerSettings]) -> int:
    """Real images set aside for labellers; those of smaller ones are among those of larger ones."""
    return max(labeller.images for labeller in labellers.values())


def write_labels(labellers: Mapping[str, LabellerSettings], data: ImageData, seed: int) -> dict[str, SyntheticLabels]:
    """Fits every labeller on its share of the images set aside and lets it label all others.

    Labels are the network's ten outputs, neither rounded nor normalised (Dohmatob et al., v2 section 4.1: "labels from
    another network"). The error is this setting's c^2 (Definition 1): the mean squared distance on the test law between
    both labelling functions. Labellers with equal width and training begin with equal weights and see images at equal
    places, so that they differ by their number of images and by noise alone.

    Raises:
        ValueError: there are fewer images than a labeller needs.
    """
    written = {}
    for name, labeller in labellers.items():
        if labeller.images > len(data.labeller_inputs):
            raise ValueError(
                f"The labeller '{name}' is to be fitted on {labeller.images} images, but "
                f"{len(data.labeller_inputs)} were set aside: lower its 'images'."
            )
        rows = np.arange(labeller.images)
        fit = (rows, data.labeller_targets[rows])
        (network,) = train_networks(
            labeller.training, labeller.width, data.labeller_inputs, [fit], integer_seed(seed, "labellers")
        )
        noise = generator(seed, "label noise", name).standard_normal(data.targets.shape)
        tested = network.predict(data.test_inputs)[0]
        written[name] = SyntheticLabels(
            targets=network.predict(data.inputs)[0] + labeller.label_noise * noise,
            error=float(squared_errors(tested, data.test_targets).mean()),
            accuracy=accuracy(tested, data.test_targets),
        )
    return written
