"""The papers' simulations at sizes that run in seconds."""

from __future__ import annotations

from types import SimpleNamespace

from modelcollapse.densities.mixture.settings import MixtureSettings
from modelcollapse.densities.vae.settings import VaeSettings
from modelcollapse.papers.dohmatob.settings import DohmatobSettings, StrongCollapseSettings
from modelcollapse.papers.gerstgrasser.settings import (
    AccumulationSettings,
    DiscreteRegimesSettings,
    GaussianRegimesSettings,
    GerstgrasserSettings,
    KdeChainSettings,
    KdeVarianceSettings,
    LinearSettings,
)
from modelcollapse.papers.shumailov.settings import TheorySettings
from modelcollapse.regression.images.settings import (
    ImagesSettings,
    RandomFeatureImageSettings,
    TwoLayerImageSettings,
)

TRAINING = {"steps": 5, "batch_size": 8}
IMAGES = {
    "corpus": "digits",
    "labellers": {"poor": {"images": 8, "width": 5, "training": TRAINING}},
    "labeller": "poor",
    "samples": [10, 20],
    "synthetic_shares": [0.5],
    "fixed_real": 10,
    "widths": [5],
    "width_samples": 20,
    "seeds": 2,
}
KERNELS = {"bandwidth": 0.1, "samples": 5, "iterations": 10, "seeds": 2, "test_points": 10}

# language models are no simulations, and their settings need corpora
SHUMAILOV = SimpleNamespace(
    first_seed=3,
    mixture={"toy": MixtureSettings(samples=30, generations=2, seeds=2)},
    vae=VaeSettings(
        corpus="digits",
        channels=2,
        latent=2,
        epochs=1,
        batch_size=16,
        generations=1,
        encoded_images=4,
        classifier_epochs=1,
        seeds=2,
    ),
    theory=TheorySettings(
        replicates=100,
        loop_replicates=20,
        loop_generations=4,
        loop_samples=[20],
        pool_replicates=20,
        discrete_replicates=100,
        multivariate_replicates=100,
    ),
)
GERSTGRASSER = GerstgrasserSettings(
    theory=AccumulationSettings(
        linear=LinearSettings(
            dimensions=[1],
            samples=[10],
            iterations=10,
            seeds=2,
            coordinates=1000,
            subsample_designs=100,
            subsample_streams=1,
        ),
        gaussian=GaussianRegimesSettings(
            dimensions=[1], samples=[3], iterations=10, seeds=2, chains=100, drawn_points=10_000
        ),
        discrete=DiscreteRegimesSettings(states=3, samples=[5], iterations=10, chains=100, absorption_chains=100),
        kde=KdeVarianceSettings(chains=100, iterations=10, samples=5),
        kde_chains={"circles": KdeChainSettings(data="circles", **KERNELS)},
    )
)
DOHMATOB = DohmatobSettings(
    strong_collapse=StrongCollapseSettings(
        replicates=2,
        plain_replicates=2,
        theorem_dimension=10,
        plain_dimension=10,
        finite_dimensions=[10],
        finite_replicates=2,
        samples_dimension=10,
        samples=[100],
        width_dimension=12,
        width_samples=10,
        width_synthetic=[2],
        widths=[5],
        peak_dimension=12,
        peak_samples=10,
        mixing_samples=[100],
        iterative_dimension=5,
        iterative_samples=[50],
        iterative_rounds=2,
        chain_dimension=8,
        chain_generations=2,
        chain_replicates=2,
        tail_replicates=2,
    ),
    images=ImagesSettings(
        random_features=RandomFeatureImageSettings(width=10, ridge=1e-2, width_ridge=1e-2, **IMAGES),
        two_layer=TwoLayerImageSettings(width=5, training=TRAINING, **IMAGES),
    ),
)
SETTINGS = {"shumailov": SHUMAILOV, "gerstgrasser": GERSTGRASSER, "dohmatob": DOHMATOB}
"""Paper -> settings."""
