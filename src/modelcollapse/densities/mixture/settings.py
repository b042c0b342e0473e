"""What can be set about a Gaussian mixture that is refitted on its own samples."""

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
