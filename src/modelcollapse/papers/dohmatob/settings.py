"""What can be set about Dohmatob et al. (ICLR 2025): keys of the config files."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from modelcollapse.regression.images.settings import ImagesSettings
from modelcollapse.runtime.settings import Settings

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=2)]


class StrongCollapseSettings(Settings):
    """Sizes of the simulations beside the theory of Dohmatob et al. (sections 2, 3 and 5)."""

    seed: Annotated[int, Field(ge=0)] = 1
    """Seed of all of them; replicate k of one experiment has the stream (seed, experiment, k)."""
    replicates: Annotated[int, Field(ge=2)] = 100
    """Designs per setting, each averaged exactly over signal, shift and noise; 100 are needed for verdicts."""
    plain_replicates: Annotated[int, Field(ge=2)] = 8000
    """Plain simulations per setting, in which signal, shift and noise are drawn as well."""
    theorem_dimension: Annotated[int, Field(ge=10)] = 300
    """d of the checks of Theorems 1 and 2."""
    plain_dimension: Annotated[int, Field(ge=10)] = 100
    """d of the plain simulations."""
    finite_dimensions: list[Annotated[int, Field(ge=4)]] = [50, 100, 200, 400]
    """d at which the theory's gap to simulation is measured."""
    finite_replicates: Annotated[int, Field(ge=2)] = 200
    """Designs per dimension there."""
    samples_dimension: Annotated[int, Field(ge=2)] = 100
    """d of the error by number of samples (Fig. 3) and of weighted mixing (Fig. 9)."""
    samples: list[Count] = [200, 500, 1000, 2000, 10**4, 10**5, 10**6, 10**7, 10**8, 10**9]
    """n of the error by number of samples; least squares depends on the samples through Wishart matrices alone."""
    synthetic_shares: list[Share] = [0.001, 0.01, 0.05, 0.1, 0.2, 0.5]
    """Shares p2 of the error by number of samples; p2 = 0 is always run."""
    width_dimension: Annotated[int, Field(ge=10)] = 600
    """d of the width sweeps (Fig. 1, 2 and 4)."""
    width_samples: Annotated[int, Field(ge=10)] = 500
    """n of the width sweeps; below d, or nothing diverges."""
    width_synthetic: list[Annotated[int, Field(ge=1)]] = [50, 250, 400]
    """Synthetic samples n2 of the width sweeps, one panel of Fig. 1 each; the paper's second and third are not known."""
    widths: list[Annotated[int, Field(ge=1)]] = [25, 50, 100, 200, 300, 400, 600, 800, 1200, 2500, 5000, 10000]
    """Widths m of the width sweeps."""
    peak_dimension: Annotated[int, Field(ge=10)] = 300
    """d of the double-descent peak."""
    peak_samples: Annotated[int, Field(ge=10)] = 250
    """n of the double-descent peak, below d."""
    peak_ridges: list[Positive] = [1e-2, 1e-3, 1e-5]
    """Ridges of the double-descent peak, largest first."""
    mixing_samples: list[Count] = [1000, 10**4, 10**5, 10**6]
    """n of weighted mixing."""
    mixing_weights: list[Annotated[float, Field(ge=0, le=1)]] = [0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0]
    """Weights alpha of the synthetic part of the loss."""
    iterative_dimension: Annotated[int, Field(ge=2)] = 50
    """d of iterative mixing (Fig. 10)."""
    iterative_samples: list[Count] = [500, 2000, 10**4, 10**5]
    """n of each round of iterative mixing."""
    iterative_rounds: Annotated[int, Field(ge=2)] = 12
    """Rounds of iterative mixing."""
    chain_dimension: Annotated[int, Field(ge=4)] = 50
    """d of the chains of generations ("Model Collapse Demystified")."""
    chain_generations: Annotated[int, Field(ge=2)] = 10
    """Generations of those chains."""
    chain_replicates: Annotated[int, Field(ge=2)] = 5000
    """Chains per setting, with all noise drawn."""
    tail_replicates: Annotated[int, Field(ge=2)] = 100
    """Draws per setting of the learner with infinite memory ("A Tale of Tails")."""

    @model_validator(mode="after")
    def _possible(self) -> StrongCollapseSettings:
        for name in ("width", "peak"):
            samples, dimension = getattr(self, f"{name}_samples"), getattr(self, f"{name}_dimension")
            if samples >= dimension:
                raise ValueError(
                    f"{name}_samples is {samples}, but must lie below {name}_dimension ({dimension}): with more samples "
                    "than dimensions no width interpolates and there is no double descent"
                )
        if max(self.width_synthetic) >= self.width_samples:
            raise ValueError(f"width_synthetic must lie below width_samples ({self.width_samples})")
        if min(self.samples) <= self.samples_dimension + 1:
            raise ValueError(
                f"samples begins at {min(self.samples)}: least squares needs more than samples_dimension + 1 = "
                f"{self.samples_dimension + 1}"
            )
        if min(self.iterative_samples) <= 2 * self.iterative_dimension + 2:
            raise ValueError(
                "iterative_samples must exceed 2 iterative_dimension + 2, so that half of them determine a fit"
            )
        return self


class DohmatobSettings(Settings):
    """Dohmatob et al. (ICLR 2025)."""

    strong_collapse: StrongCollapseSettings | None = None
    """Theory beside simulation."""
    images: ImagesSettings | None = None
    """Regression on images with synthetic labels (section 4 of the paper)."""
    unverified: list[str] = []
    """In `config/paper.yaml`: keys below this section whose values the paper does not state, with `*` for any name. A
    deviation from one is printed and counts for no verdict."""


PaperSettings = DohmatobSettings
"""The paper's section of the config files."""
