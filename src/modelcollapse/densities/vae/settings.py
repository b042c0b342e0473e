"""What can be set about a variational autoencoder that is trained on its own images."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from modelcollapse.runtime.settings import Reference, Settings


class VaeSettings(Settings):
    """A variational autoencoder trained on its own decoder's images (Shumailov et al., SI section 4)."""

    corpus: Annotated[str, Reference("image corpus")]
    """Prepared image corpus."""
    channels: Annotated[int, Field(ge=2)] = 64
    """Channels of the first convolution; the second has twice as many."""
    latent: Annotated[int, Field(ge=1)] = 20
    """Latent dimensions."""
    epochs: Annotated[int, Field(ge=1)] = 30
    """Epochs per generation; later generations see as many fresh samples per epoch as there are images."""
    batch_size: Annotated[int, Field(ge=1)] = 256
    """Images per step."""
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    """Learning rate of Adam."""
    weight_decay: Annotated[float, Field(ge=0)] = 1e-5
    """Weight decay of Adam (L2)."""
    beta: Annotated[float, Field(ge=0)] = 1.0
    """Weight of the KL term."""
    generations: Annotated[int, Field(ge=1)] = 20
    """Generations after the original."""
    encoded_images: Annotated[int, Field(ge=2)] = 100
    """Images per generation encoded with the original encoder."""
    seeds: Annotated[int, Field(ge=1)] = 5
    """Number of independent chains."""
    classifier_epochs: Annotated[int, Field(ge=1)] = 5
    """Epochs of the digit classifier, which is fitted once on human images."""
    gpu: bool = False
    """Whether its jobs ask the scheduler for a GPU."""
