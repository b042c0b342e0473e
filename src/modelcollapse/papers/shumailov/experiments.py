"""What is simulated and what is shown for Shumailov et al. (Nature 2024)."""

from __future__ import annotations

from typing import Literal

from modelcollapse.papers.shumailov.settings import ShumailovSettings
from modelcollapse.papers.shumailov.shown_conditions import crossed_arms, shown_mixture
from modelcollapse.presentation.chosen_arms import arms_of_role, continuing_arm
from modelcollapse.presentation.topics import Topic
from modelcollapse.recursion.settings import LanguageModelSettings
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
FIGURES = "papers.shumailov.figures"


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


def topics(settings: ShumailovSettings, arms: Literal["core", "all"] = "core") -> list[Topic]:
    """Figures and tables by topic; a figure is left out where nothing runs that it could show.

    Args:
        settings: the paper's section of the config.
        arms: which arms run; ablations only with ``all``.
    """
    theory = Topic(
        name="theory", module=f"{FIGURES}.theory_figures", data=("theory",), figures=("theory",), tables=("theory",)
    )
    found = [
        *([_language_model(settings.language_model, settings.first_seed, arms)] if settings.language_model else []),
        _densities(settings),
        *([theory] if settings.theory is not None else []),
    ]
    return [topic for topic in found if topic.figures or topic.tables]


def _language_model(language_model: LanguageModelSettings, first_seed: int, arms: str) -> Topic:
    main, ablations = arms_of_role(language_model, "main"), arms_of_role(language_model, "ablation")
    running = [name for name in language_model.arms if arms == "all" or name not in ablations]
    # beam search stores no probabilities, of which the split of own perplexity is made
    split = [name for name in main if language_model.arms[name].decoding.method != "beam"]
    figures = {
        "perplexity": _measured(language_model, main, "cross_entropy"),
        "histogram": _measured(language_model, main, "sequence_cross_entropy"),
        "control": len(crossed_arms(language_model)) > 1 and _measured(language_model, main, "cross_entropy"),
        "own_perplexity": _measured(language_model, split, "own_cross_entropy"),
        "repetition": _measured(language_model, main, "repeated_token_4gram_share"),
        "ablations": arms == "all" and _measured(language_model, ablations, "cross_entropy"),
    }
    shown = continuing_arm(language_model)
    tables = {
        "perplexity": _measured(language_model, running, "cross_entropy"),
        "arms": any(language_model.arms[name].measures for name in running),
        "histogram": _measured(language_model, running, "sequence_cross_entropy"),
        "samples": shown is not None,
    }
    data: tuple[str, ...] = ("measures",)
    if shown is not None:
        family = language_model.families[language_model.arms[shown].family]
        data += (
            f"samples/{shown}/seed{first_seed}",
            f"tokenizers/{family.tokenizer}",
            f"encoded/{family.corpus}/{family.tokenizer}/train",
        )
    return Topic(
        name="language_model",
        module=f"{FIGURES}.language_figures",
        data=data,
        figures=tuple(name for name, is_shown in figures.items() if is_shown),
        tables=tuple(name for name, is_shown in tables.items() if is_shown),
    )


def _measured(settings: LanguageModelSettings, arms: list[str], measure: str) -> bool:
    """Whether one of the arms has this measure."""
    return any(measure in settings.arms[name].measures for name in arms)


def _densities(settings: ShumailovSettings) -> Topic:
    data: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    mixture = shown_mixture(settings.mixture)
    if mixture is not None:
        data += ("mixture", f"mixture_arrays/{mixture}")
        figures += ("mixture", "mixture_samples")
        tables += ("mixture",)
    if settings.vae is not None:
        data += ("vae", f"vae_arrays/seed{settings.first_seed}")
        figures += ("vae_grid", "vae_latents")
        tables += ("vae",)
    return Topic(name="densities", module=f"{FIGURES}.density_figures", data=data, figures=figures, tables=tables)
