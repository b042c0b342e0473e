"""What can be set about a Gaussian mixture that is refitted on its own samples."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from modelcollapse.runtime.settings import Settings


class MixtureSettings(Settings):
    """A Gaussian mixture refitted on its own samples (Shumailov et al., SI section 4)."""

    data: Literal["one_blob", "two_blobs"] = "one_blob"
    """`one_blob`: N(0, I), the released code; `two_blobs`: two unit Gaussians at (-2, 0) and (2, 0), the text."""
    samples: Annotated[int, Field(ge=10)] = 1000
    """Points per generation."""
    generations: Annotated[int, Field(ge=1)] = 2050
    """Refits after the first."""
    seeds: Annotated[int, Field(ge=1)] = 20
    """Number of independent chains."""
    components: Annotated[int, Field(ge=1)] = 2
    """Components of the fitted mixture."""
    tolerance: Annotated[float, Field(gt=0)] = 1e-5
    """EM stops when the mean log-likelihood gains less."""
    max_iterations: Annotated[int, Field(ge=1)] = 2000
    """Most EM iterations per fit."""
    published_as: str | None = None
    """Name of the mixture in `config/paper.yaml` that this one stands for; null means the same name."""
