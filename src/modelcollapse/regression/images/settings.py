"""What can be set about regression on images with real and synthetic labels: keys of the config files."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from modelcollapse.runtime.settings import Reference, Settings

LARGEST_SYSTEM = 20_000
"""Most unknowns of one ridge system: 3.2 GB, and about 10 GB with the Gram matrix and a copy beside it."""

Share = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1)]


class NetworkTrainingSettings(Settings):
    """How two-layer networks are trained: both layers, by Adam on the squared loss, weights of the last step."""

    steps: Count = 3_000
    """Optimiser steps of every network, whatever its number of images."""
    batch_size: Count = 128
    """Images per step, drawn with replacement."""
    learning_rate: Annotated[float, Field(gt=0)] = 2e-3
    """First learning rate of Adam; it falls linearly to zero."""


class LabellerSettings(Settings):
    """One model that writes synthetic labels: a two-layer network of its own, fitted on real images nobody else sees."""

    images: Count
    """Real images it is fitted on: the fewer, the worse its labels."""
    width: Count = 200
    """Hidden units."""
    training: NetworkTrainingSettings = NetworkTrainingSettings()
    """How it is trained."""
    label_noise: Annotated[float, Field(ge=0)] = 0.0
    """Standard deviation of Gaussian noise added to every label it writes."""


class ImageSettings(Settings):
    """Regression of one-hot labels on images, some of whose labels another model wrote (Dohmatob et al., v2 section 4.1)."""

    corpus: Annotated[str, Reference("image corpus")]
    """Prepared image corpus."""
    labellers: Annotated[dict[str, LabellerSettings], Field(min_length=1)]
    """Models that write synthetic labels, by name."""
    labeller: str
    """Labeller of the sweep over the number of images."""
    samples: Annotated[list[Annotated[int, Field(ge=2)]], Field(min_length=1)]
    """Training images n, real and synthetic together; smaller sets are parts of larger ones."""
    synthetic_shares: Annotated[list[Share], Field(min_length=1)]
    """Shares p2 of images with synthetic labels; p2 = 0 is always run."""
    fixed_real: Count
    """Real images n1 of the control in which synthetic images are added and none is replaced."""
    widths: list[Count] = []
    """Widths of the sweep over widths and labellers."""
    width_samples: Annotated[int, Field(ge=2)]
    """Training images n of that sweep."""
    width_share: Share = 0.5
    """Share p2 of that sweep."""
    first_seed: Annotated[int, Field(ge=1)] = 1
    """First seed; smaller ones were the pilots', by which sizes were chosen."""
    seeds: Count = 5
    """Number of seeds: each draws its own images, labellers and weights."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.labeller not in self.labellers:
            raise ValueError(f"labeller is '{self.labeller}', but there are: {', '.join(sorted(self.labellers))}")
        largest = max(self.samples)
        for name, images in (("fixed_real", self.fixed_real), ("width_samples", self.width_samples)):
            if images > largest:
                raise ValueError(f"{name} is {images}, but must not exceed the largest of samples ({largest})")
        for share, images in [(share, min(self.samples)) for share in self.synthetic_shares] + [
            (self.width_share, self.width_samples)
        ]:
            if round(share * images) < 1:
                raise ValueError(f"a share of {share:g} of {images} images is not even one image: raise one of the two")
        return self


class RandomFeatureImageSettings(ImageSettings):
    """Random ReLU features with a ridge readout; only the readout is fitted, in closed form."""

    width: Count = 100_000
    """Number of random features, outside the sweep over widths."""
    ridge: Annotated[float, Field(gt=0)] = 1e-6
    """Ridge of the mean squared loss; features are scaled so that an image's mean squared norm is 1."""
    width_ridge: Annotated[float, Field(gt=0)] = 1e-8
    """Ridge of the sweep over widths: small, since a larger one hides the peak where width and images are equal."""

    @model_validator(mode="after")
    def _solvable(self) -> Self:
        pairs = [(self.width, max(self.samples)), *((width, self.width_samples) for width in self.widths)]
        for width, images in pairs:
            if min(width, images) > LARGEST_SYSTEM:
                raise ValueError(
                    f"width {width} with {images} images is a system of {min(width, images)} unknowns; "
                    f"at most {LARGEST_SYSTEM} fit into memory: lower the width or the number of images"
                )
        return self


class TwoLayerImageSettings(ImageSettings):
    """Two-layer ReLU networks."""

    width: Count = 2_000
    """Hidden units, outside the sweep over widths."""
    training: NetworkTrainingSettings = NetworkTrainingSettings()
    """How every network is trained."""
    gpu: bool = False
    """Whether its jobs ask the scheduler for a GPU."""


class ImagesSettings(Settings):
    """Regression on images, by what is fitted."""

    random_features: RandomFeatureImageSettings | None = None
    """Random features."""
    two_layer: TwoLayerImageSettings | None = None
    """Two-layer networks."""
