"""What is run for Shumailov et al. besides language models."""

from __future__ import annotations

from modelcollapse.papers.shumailov.settings import ShumailovSettings
from modelcollapse.simulation.declaration import Simulation

THEORY = {
    "discrete": ("discrete_theory", "simulate_laws", ("discrete_replicates", "seed")),
    "expressivity": ("discrete_theory", "fit_by_population_moments", ()),
    "gaussian_growth": ("gaussian_theory", "simulate_growth", ("replicates", "seed")),
    "gaussian_loop": (
        "gaussian_theory",
        "simulate_loop",
        ("loop_replicates", "loop_generations", "loop_samples", "seed"),
    ),
    "gaussian_multivariate": ("gaussian_theory", "simulate_dimensions", ("multivariate_replicates", "seed")),
    "gaussian_pool": (
        "gaussian_theory",
        "simulate_pools",
        ("pool_replicates", "loop_generations", "loop_samples", "seed"),
    ),
    "gaussian_unbiased": ("gaussian_theory", "simulate_unbiased", ("replicates", "seed")),
    "single_fit": ("gaussian_theory", "simulate_single_fits", ("loop_replicates", "seed")),
}
"""Theory beside simulation: name -> module, function, fields of the settings that it reads."""


def simulations(settings: ShumailovSettings) -> list[Simulation]:
    """Mixtures, autoencoders and theory, as far as the settings have them."""
    return [*_mixtures(settings), *_autoencoders(settings), *_theory(settings)]


def _mixtures(settings: ShumailovSettings) -> list[Simulation]:
    return [
        Simulation(
            topic="mixture",
            name=name,
            module="densities.mixture.mixture_chains",
            function="run_mixture",
            settings=f"mixture.{name}",
            fields=("data", "samples", "generations", "seeds", "components", "tolerance", "max_iterations"),
            arrays=True,
            minutes=720,
        )
        for name in settings.mixture
    ]


def _autoencoders(settings: ShumailovSettings) -> list[Simulation]:
    if settings.vae is None:
        return []
    return [
        Simulation(
            topic="vae",
            name=f"seed{seed}",
            module="densities.vae.vae_chain",
            function="run_vae",
            settings="vae",
            fields=(
                "channels",
                "latent",
                "epochs",
                "batch_size",
                "learning_rate",
                "weight_decay",
                "beta",
                "generations",
                "encoded_images",
                "classifier_epochs",
            ),
            seed=seed,
            corpus=settings.vae.corpus,
            arrays=True,
            uses_torch=True,
            minutes=720,
        )
        for seed in range(settings.first_seed, settings.first_seed + settings.vae.seeds)
    ]


def _theory(settings: ShumailovSettings) -> list[Simulation]:
    if settings.theory is None:
        return []
    return [
        Simulation(
            topic="theory",
            name=name,
            module=f"papers.shumailov.simulations.{module}",
            function=function,
            settings="theory",
            fields=fields,
            memory_mb=6000,
        )
        for name, (module, function, fields) in THEORY.items()
    ]
