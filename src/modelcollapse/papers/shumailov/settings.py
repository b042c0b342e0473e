"""What can be set about Shumailov et al. (Nature 2024): keys of the config files."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from modelcollapse.densities.mixture.settings import MixtureSettings
from modelcollapse.densities.vae.settings import VaeSettings
from modelcollapse.recursion.settings import LanguageModelSettings
from modelcollapse.runtime.settings import Settings

SampleSizes = Annotated[list[Annotated[int, Field(ge=2)]], Field(min_length=1)]


class TheorySettings(Settings):
    """Replicates and lengths of the theory simulations (Shumailov et al., section 4)."""

    replicates: Annotated[int, Field(ge=100)] = 400_000
    """Chains of the 1-D Gaussian tables."""
    loop_replicates: Annotated[int, Field(ge=20)] = 2000
    """Chains of the 1,000-generation loop of the notebook (SI Fig. 3 to 5)."""
    loop_generations: Annotated[int, Field(ge=2)] = 1000
    """Generations of that loop."""
    loop_samples: SampleSizes = [100, 500, 1000, 10000]
    """Sample sizes of that loop."""
    pool_replicates: Annotated[int, Field(ge=20)] = 200
    """Chains of the pool variants, which keep every sample."""
    discrete_replicates: Annotated[int, Field(ge=100)] = 4000
    """Chains of the discrete law."""
    multivariate_replicates: Annotated[int, Field(ge=100)] = 4000
    """Chains of the d-dimensional Gaussian."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of all theory simulations."""


class ShumailovSettings(Settings):
    """Shumailov et al. (Nature 2024)."""

    first_seed: Annotated[int, Field(ge=1)] = 1
    """First seed of arms and autoencoders; smaller ones were the pilots', by which sizes were chosen."""
    language_model: LanguageModelSettings | None = None
    """Language-model experiments (main text, Fig. 1)."""
    mixture: dict[str, MixtureSettings] = {}
    """Gaussian mixtures (SI Fig. 6 and 8), by name."""
    vae: VaeSettings | None = None
    """Variational autoencoder (SI Fig. 1 and 7)."""
    theory: TheorySettings | None = None
    """Theory beside simulation (SI section 3)."""
    unverified: list[str] = []
    """In `config/paper.yaml`: keys below this section whose values the paper does not state, with `*` for any name. A
    deviation from one is printed and counts for no verdict."""


PaperSettings = ShumailovSettings
"""The paper's section of the config files."""
