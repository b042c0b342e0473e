"""What is shown of Gerstgrasser et al. and its sequel."""

from __future__ import annotations

from typing import Literal

from modelcollapse.papers.gerstgrasser.settings import GerstgrasserSettings
from modelcollapse.presentation.topics import Topic

FIGURES = "papers.gerstgrasser.figures"


def topics(settings: GerstgrasserSettings, arms: Literal["core", "all"] = "core") -> list[Topic]:
    """Figures and tables by topic. No language model runs, so ``arms`` changes nothing."""
    losses = ("kde",) if settings.theory.kde_chains else ()
    return [
        Topic(
            name="linear",
            module=f"{FIGURES}.refitted_regressions",
            data=("theory/linear_law", "theory/linear_subsample", "grid/linear_grid"),
            figures=("linear", "linear_gap"),
            tables=("linear", "linear_grid"),
        ),
        Topic(
            name="gaussian",
            module=f"{FIGURES}.refitted_gaussians",
            data=("theory/gaussian_law", "grid/gaussian_grid"),
            figures=("gaussian", "gaussian_grid"),
            tables=("gaussian", "gaussian_grid"),
        ),
        Topic(
            name="kde",
            module=f"{FIGURES}.refitted_kde",
            data=(*losses, "theory/kde_variance"),
            figures=(*losses, "kde_variance"),
            tables=(*losses, "kde_variance"),
        ),
        Topic(
            name="discrete",
            module=f"{FIGURES}.refitted_laws",
            data=("theory/discrete_law", "theory/discrete_absorption"),
            figures=("discrete",),
            tables=("discrete",),
        ),
    ]
