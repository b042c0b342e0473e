"""What is shown of Dohmatob et al."""

from __future__ import annotations

from typing import Literal

from modelcollapse.papers.dohmatob.settings import DohmatobSettings
from modelcollapse.presentation.topics import Topic

FIGURES = "papers.dohmatob.figures"


def topics(settings: DohmatobSettings, arms: Literal["core", "all"] = "core") -> list[Topic]:
    """Figures and tables by topic. No language model runs, so ``arms`` changes nothing."""
    models = {"random_features": settings.images.random_features, "two_layer": settings.images.two_layer}
    widths = ("image_widths",) if any(model.widths for model in models.values()) else ()
    return [
        Topic(
            name="strong_collapse",
            module=f"{FIGURES}.strong_collapse_figures",
            data=("strong_collapse",),
            figures=(
                "theorems",
                "finite_size",
                "error_by_samples",
                "floors",
                "pareto",
                "double_descent",
                "error_by_width",
                "amplification",
                "weighted_mixing",
                "iterative_mixing",
                "generations",
                "tails",
            ),
            tables=("theorem_1", "theorem_2", "samples", "widths", "mixing", "generations", "tails"),
        ),
        Topic(
            name="images",
            module=f"{FIGURES}.image_figures",
            data=tuple(f"images_{model}" for model in models),
            figures=("image_scaling", "image_controls", *widths, "image_floor"),
            tables=("image_errors", "image_labellers"),
        ),
    ]
