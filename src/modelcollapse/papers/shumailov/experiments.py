"""What is shown of Shumailov et al. (Nature 2024)."""

from __future__ import annotations

from typing import Literal

from modelcollapse.papers.shumailov.settings import ShumailovSettings
from modelcollapse.papers.shumailov.shown_conditions import crossed_arms, shown_mixture
from modelcollapse.presentation.chosen_arms import arms_of_role, continuing_arm
from modelcollapse.presentation.topics import Topic
from modelcollapse.recursion.settings import LanguageModelSettings

FIGURES = "papers.shumailov.figures"


def topics(settings: ShumailovSettings, arms: Literal["core", "all"] = "core") -> list[Topic]:
    """Figures and tables by topic; a figure is left out where nothing runs that it could show.

    Args:
        settings: the paper's section of the config.
        arms: which arms run; ablations only with ``all``.
    """
    found = [
        _language_model(settings, arms),
        _densities(settings),
        Topic(
            name="theory",
            module=f"{FIGURES}.theory_figures",
            data=("theory",),
            figures=("theory",),
            tables=("theory",),
        ),
    ]
    return [topic for topic in found if topic.figures or topic.tables]


def _language_model(settings: ShumailovSettings, arms: str) -> Topic:
    language_model = settings.language_model
    main, ablations = arms_of_role(language_model, "main"), arms_of_role(language_model, "ablation")
    running = [name for name in language_model.arms if arms == "all" or name not in ablations]
    # beam search stores no probabilities, of which the split of own perplexity is made
    split = [name for name in main if language_model.arms[name].decoding.method != "beam"]
    figures = {
        "perplexity": _measure(language_model, main, "cross_entropy"),
        "histogram": _measure(language_model, main, "sequence_cross_entropy"),
        "control": len(crossed_arms(language_model)) > 1 and _measure(language_model, main, "cross_entropy"),
        "own_perplexity": _measure(language_model, split, "own_cross_entropy"),
        "repetition": _measure(language_model, main, "repeated_token_4gram_share"),
        "ablations": arms == "all" and _measure(language_model, ablations, "cross_entropy"),
    }
    shown = continuing_arm(language_model)
    tables = {
        "perplexity": _measure(language_model, running, "cross_entropy"),
        "arms": any(language_model.arms[name].measures for name in running),
        "histogram": _measure(language_model, running, "sequence_cross_entropy"),
        "samples": shown is not None,
    }
    data: tuple[str, ...] = ("measures",)
    if shown is not None:
        family = language_model.families[language_model.arms[shown].family]
        data += (
            f"samples/{shown}/seed{settings.first_seed}",
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


def _measure(settings: LanguageModelSettings, arms: list[str], measure: str) -> bool:
    """Whether one of the arms is measured so."""
    return any(measure in settings.arms[name].measures for name in arms)


def _densities(settings: ShumailovSettings) -> Topic:
    mixture = shown_mixture(settings.mixture)
    of_mixtures = ("mixture", f"mixture_arrays/{mixture}") if mixture is not None else ()
    return Topic(
        name="densities",
        module=f"{FIGURES}.density_figures",
        data=(*of_mixtures, "vae", f"vae_arrays/seed{settings.first_seed}"),
        figures=(*(("mixture", "mixture_samples") if mixture is not None else ()), "vae_grid", "vae_latents"),
        tables=(*(("mixture",) if mixture is not None else ()), "vae"),
    )
