"""Steps of ``densities``: mixtures, autoencoders and theory beside simulation."""

from __future__ import annotations

from typing import Annotated

import typer

from modelcollapse.commands.step import Input, Output, Seed, SettingsText, parse_settings, perform, threads
from modelcollapse.densities.mixture.settings import MixtureSettings
from modelcollapse.densities.vae.settings import VaeSettings
from modelcollapse.papers.shumailov.settings import TheorySettings


def register(app: typer.Typer) -> None:
    """Add these steps to the command line."""
    for command in (run_mixture, run_vae, run_theory):
        app.command()(command)


def run_mixture(settings: SettingsText, table: Output, samples: Output) -> None:
    """Refit a Gaussian mixture on its own samples, all seeds side by side."""
    mixture = parse_settings(MixtureSettings, settings)
    perform(
        "run-mixture",
        "densities.mixture.mixture_chains",
        {},
        mixture.model_dump(),
        {"table": table, "samples": samples},
        lambda module, outputs, work: module.run_mixture(mixture, outputs, work),
    )


def run_theory(
    experiment: Annotated[str, typer.Argument(help="Name of the experiment, such as gaussian_unbiased.")],
    settings: SettingsText,
    table: Output,
) -> None:
    """Simulate one theory experiment beside its closed form."""
    theory = parse_settings(TheorySettings, settings)
    perform(
        "run-theory",
        "papers.shumailov.simulations.theory",
        {},
        theory.model_dump() | {"experiment": experiment},
        {"table": table},
        lambda module, outputs, work: module.run_theory(experiment, theory, outputs),
    )


def run_vae(
    settings: SettingsText, seed: Seed, train_images: Input, test_images: Input, table: Output, arrays: Output
) -> None:
    """Train a VAE on its own decoder's images, one whole chain."""
    vae = parse_settings(VaeSettings, settings)
    images = {"train": train_images, "test": test_images}
    perform(
        "run-vae",
        "densities.vae.vae_chain",
        images,
        vae.model_dump() | {"seed": seed, "threads": threads()},
        {"table": table, "arrays": arrays},
        lambda module, outputs, work: module.run_vae(vae, images, seed, outputs, work),
    )
