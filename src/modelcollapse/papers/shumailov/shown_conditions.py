"""Which mixture and which arms certain figures show, by their settings. Cheap to import."""

from __future__ import annotations

from collections.abc import Mapping

from modelcollapse.densities.mixture.settings import MixtureSettings
from modelcollapse.presentation.chosen_arms import arms_of_role
from modelcollapse.recursion.settings import LanguageModelSettings

SHOWN_POINTS = 1000
"""Points per generation of the mixture whose points the paper shows (SI Fig. 6)."""
SAME = {"family", "prompts", "decoding", "weights", "generations"}
"""What arms that cross epochs and kept data have in common."""


def shown_mixture(mixtures: Mapping[str, MixtureSettings]) -> str | None:
    """The first mixture of the paper's size, else the first of all; its points are shown."""
    of_this_size = [name for name, mixture in mixtures.items() if mixture.samples == SHOWN_POINTS]
    return next(iter([*of_this_size, *mixtures]), None)


def crossed_arms(settings: LanguageModelSettings) -> dict[tuple[int, float], str]:
    """Main arms that differ in nothing but epochs and the share of human data kept, by these two.

    The first main arm that replaces or keeps data says what they have in common; where two arms have the same epochs and
    share, the first one counts.
    """
    found: dict[tuple[int, float], str] = {}
    common = None
    for name in arms_of_role(settings, "main"):
        arm = settings.arms[name]
        if arm.regime.name not in ("replace", "preserve"):
            continue
        condition = arm.model_dump(include=SAME), arm.training.model_dump(exclude={"epochs"})
        common = common or condition
        if condition == common:
            kept = arm.regime.kept if arm.regime.name == "preserve" else 0.0
            found.setdefault((arm.training.epochs, kept), name)
    return found
