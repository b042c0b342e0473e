"""What can be set about replacing and accumulating data in regressions and densities: keys of the config files."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from modelcollapse.runtime.settings import Settings

Sizes = Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)]
SampleSizes = Annotated[list[Annotated[int, Field(ge=2)]], Field(min_length=1)]
Variances = Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=1)]


class LinearSettings(Settings):
    """Least squares refitted on its own labels (2404.01413 section 3; 2410.16713 section 2)."""

    dimensions: Sizes = [1, 3, 10, 32, 100]
    """Dimensions d of the sequel's grid; pairs with samples < d + 2 are left out."""
    samples: SampleSizes = [10, 32, 100, 316, 1000]
    """Samples T of the sequel's grid."""
    noise_variances: Variances = [0.1, 1.0, 10.0]
    """Variances of the label noise of the sequel's grid."""
    iterations: Annotated[int, Field(ge=10)] = 100
    """Iterations; 1 is the fit on real labels."""
    seeds: Annotated[int, Field(ge=2)] = 100
    """Seeds of the sequel's grid, each one design for all regimes."""
    coordinates: Annotated[int, Field(ge=1000)] = 400_000
    """Chains times dimensions of the precise comparison with theory, per setting."""
    subsample_designs: Annotated[int, Field(ge=100)] = 200
    """Designs of the precise comparison for accumulate_subsample."""
    subsample_streams: Annotated[int, Field(ge=1)] = 20
    """Independent sequences of noise on each of these designs."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of these simulations; 0 was the pilot's, by which the numbers of designs and streams were chosen."""


class GaussianRegimesSettings(Settings):
    """Multivariate Gaussians refitted on their own samples (2410.16713 section 2)."""

    dimensions: Sizes = [1, 3, 10, 31, 100]
    """Dimensions d of the sequel's grid."""
    samples: SampleSizes = [10, 32, 100, 316, 1000]
    """Samples N per iteration of the sequel's grid."""
    largest_pool: Annotated[int, Field(ge=1000)] = 20_000_000
    """Numbers (iterations x N x d) up to which accumulate_subsample, which must keep its points, is run in the grid."""
    iterations: Annotated[int, Field(ge=10)] = 100
    """Iterations; 1 is the fit on real points."""
    seeds: Annotated[int, Field(ge=2)] = 100
    """Seeds of the sequel's grid."""
    chains: Annotated[int, Field(ge=100)] = 100_000
    """Chains of the precise one-dimensional comparison with theory."""
    drawn_points: Annotated[int, Field(ge=10_000)] = 30_000_000
    """Points (chains x iterations x N) of accumulate_subsample in that comparison: fewer chains for larger N."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of these simulations."""


class KdeChainSettings(Settings):
    """One kernel density estimate refitted on its own samples (2410.16713 section 2)."""

    data: Literal["circles", "moons", "swiss_roll"]
    """Real distribution, as scikit-learn makes it with noise 0.05."""
    bandwidth: float | Literal["scott", "silverman"]
    """Standard deviation of the Gaussian kernel, or scikit-learn's rule for it: a power of the number of points."""
    samples: Annotated[int, Field(ge=2)] = 100
    """Points N per iteration."""
    iterations: Annotated[int, Field(ge=10)] = 100
    """Iterations; 1 is the fit on real points."""
    seeds: Annotated[int, Field(ge=2)] = 100
    """Seeds, each one real sample and one test set for all regimes."""
    test_points: Annotated[int, Field(ge=10)] = 500
    """Fresh real points on which the loss is measured."""
    published_as: str | None = None
    """Name of the chain in `config/paper.yaml` that this one stands for; null means the same name."""

    @model_validator(mode="after")
    def _positive_bandwidth(self) -> KdeChainSettings:
        if not isinstance(self.bandwidth, str) and not self.bandwidth > 0:
            raise ValueError(f"the bandwidth of a kernel must be positive, not {self.bandwidth}")
        return self


class KdeVarianceSettings(Settings):
    """Second moments of kernel density estimates, without their losses: cheap enough for many chains."""

    chains: Annotated[int, Field(ge=100)] = 2000
    """Chains of the comparison with the exact growth of the variance."""
    iterations: Annotated[int, Field(ge=10)] = 100
    """Iterations."""
    samples: Annotated[int, Field(ge=2)] = 100
    """Points N per iteration."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of these simulations."""


class DiscreteRegimesSettings(Settings):
    """Discrete laws refitted on their own samples (released code of 2410.16713)."""

    states: Annotated[int, Field(ge=2)] = 10
    """States K of the uniform law."""
    samples: SampleSizes = [10, 100, 1000, 10_000]
    """Samples N per iteration."""
    iterations: Annotated[int, Field(ge=10)] = 100
    """Iterations of the comparison of the three regimes."""
    chains: Annotated[int, Field(ge=100)] = 5000
    """Chains of that comparison."""
    largest_pool: Annotated[int, Field(ge=10)] = 1000
    """Samples up to which the three regimes are compared."""
    absorption_chains: Annotated[int, Field(ge=100)] = 400
    """Chains that are followed until one state is left."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of these simulations."""


class AccumulationSettings(Settings):
    """The theory half: regressions and densities whose data are replaced or accumulated."""

    linear: LinearSettings | None = LinearSettings()
    """Linear regression."""
    gaussian: GaussianRegimesSettings | None = GaussianRegimesSettings()
    """Multivariate Gaussians."""
    discrete: DiscreteRegimesSettings | None = DiscreteRegimesSettings()
    """Discrete laws."""
    kde: KdeVarianceSettings | None = KdeVarianceSettings()
    """Variance of kernel density estimates."""
    kde_chains: dict[str, KdeChainSettings] = {}
    """Kernel density estimates with their losses, by name."""


class GerstgrasserSettings(Settings):
    """Gerstgrasser et al. (COLM 2024) and its sequel, Kazdan et al. (ICML 2025)."""

    theory: AccumulationSettings | None = None
    """Regressions and densities: closed forms beside simulations."""
    unverified: list[str] = []
    """In `config/paper.yaml`: keys below this section whose values the paper does not state, with `*` for any name. A
    deviation from one is printed and counts for no verdict."""


PaperSettings = GerstgrasserSettings
"""The paper's section of the config files."""
