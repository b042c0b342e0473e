"""What can be set about the Gaussian mixture, the VAE and the theory simulations: keys of the config files."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from modelcollapse.runtime.settings import Published, Settings


class MixtureSettings(Settings):
    """A Gaussian mixture refitted on its own samples (Shumailov et al., SI section 4)."""

    data: Annotated[Literal["one_blob", "two_blobs"], Published("one_blob")] = "one_blob"
    """`one_blob`: N(0, I), the released code; `two_blobs`: two unit Gaussians at (-2, 0) and (2, 0), the text."""
    samples: Annotated[int, Field(ge=10), Published(1000)] = 1000
    """Points per generation."""
    generations: Annotated[int, Field(ge=1), Published(2050)] = 2050
    """Refits after the first."""
    seeds: Annotated[int, Field(ge=1), Published(1)] = 20
    """Number of independent chains."""
    components: Annotated[int, Field(ge=1), Published(2)] = 2
    """Components of the fitted mixture."""
    tolerance: Annotated[float, Field(gt=0), Published(1e-5)] = 1e-5
    """EM stops when the mean log-likelihood gains less."""
    max_iterations: Annotated[int, Field(ge=1), Published(2000)] = 2000
    """Most EM iterations per fit."""


class VaeSettings(Settings):
    """A variational autoencoder trained on its own decoder's images (Shumailov et al., SI section 4)."""

    corpus: str
    """Prepared image corpus."""
    channels: Annotated[int, Field(ge=2), Published(64)] = 64
    """Channels of the first convolution; the second has twice as many."""
    latent: Annotated[int, Field(ge=1), Published(20)] = 20
    """Latent dimensions."""
    epochs: Annotated[int, Field(ge=1), Published(30)] = 30
    """Epochs per generation; later generations see as many fresh samples per epoch as there are images."""
    batch_size: Annotated[int, Field(ge=1), Published(256)] = 256
    """Images per step."""
    learning_rate: Annotated[float, Field(gt=0), Published(1e-3)] = 1e-3
    """Learning rate of Adam."""
    weight_decay: Annotated[float, Field(ge=0), Published(1e-5)] = 1e-5
    """Weight decay of Adam (L2)."""
    beta: Annotated[float, Field(ge=0), Published(1.0)] = 1.0
    """Weight of the KL term."""
    generations: Annotated[int, Field(ge=1), Published(20)] = 20
    """Generations after the original."""
    encoded_images: Annotated[int, Field(ge=2), Published(100)] = 100
    """Images per generation encoded with the original encoder."""
    seeds: Annotated[int, Field(ge=1), Published(5)] = 5
    """Number of independent chains."""
    classifier_epochs: Annotated[int, Field(ge=1)] = 5
    """Epochs of the digit classifier, which is fitted once on human images."""


class TheorySettings(Settings):
    """Replicates and lengths of the theory simulations (Shumailov et al., section 4)."""

    replicates: Annotated[int, Field(ge=100)] = 400_000
    """Chains of the 1-D Gaussian tables."""
    loop_replicates: Annotated[int, Field(ge=20), Published(1)] = 2000
    """Chains of the 1,000-generation loop of the notebook (SI Fig. 3 to 5)."""
    loop_generations: Annotated[int, Field(ge=2), Published(1000)] = 1000
    """Generations of that loop."""
    loop_samples: Annotated[list[int], Published([100, 500, 1000, 10000])] = [100, 500, 1000, 10000]
    """Sample sizes of that loop."""
    pool_replicates: Annotated[int, Field(ge=20)] = 200
    """Chains of the pool variants, which keep every sample."""
    discrete_replicates: Annotated[int, Field(ge=100)] = 4000
    """Chains of the discrete law."""
    multivariate_replicates: Annotated[int, Field(ge=100)] = 4000
    """Chains of the d-dimensional Gaussian."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of all theory simulations."""
