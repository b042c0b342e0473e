"""What is simulated and what is shown for Dohmatob et al."""

from __future__ import annotations

from typing import Literal

from modelcollapse.papers.dohmatob.settings import DohmatobSettings
from modelcollapse.presentation.topics import Topic
from modelcollapse.simulation.declaration import Simulation

STRONG_COLLAPSE = {
    "ridge_mixture": ("theorems", "run_ridge", ("theorem_dimension", "replicates", "seed")),
    "projection_mixture": ("theorems", "run_projections", ("theorem_dimension", "replicates", "seed")),
    "finite_size": ("theorems", "run_finite_size", ("finite_dimensions", "finite_replicates", "seed")),
    "plain_mixture": ("theorems", "run_plain", ("plain_dimension", "plain_replicates", "replicates", "seed")),
    "error_by_samples": (
        "sample_sizes",
        "run_sample_sizes",
        ("samples_dimension", "samples", "synthetic_shares", "replicates", "seed"),
    ),
    "error_by_width": (
        "widths",
        "run_widths",
        ("width_dimension", "width_samples", "width_synthetic", "widths", "replicates", "seed"),
    ),
    "double_descent": ("widths", "run_peak", ("peak_dimension", "peak_samples", "peak_ridges", "replicates", "seed")),
    "weighted_mixing": (
        "mixing_weights",
        "run_weighted",
        ("samples_dimension", "mixing_samples", "mixing_weights", "replicates", "seed"),
    ),
    "optimal_weight": (
        "mixing_weights",
        "run_optimal_weight",
        ("samples_dimension", "mixing_samples", "replicates", "seed"),
    ),
    "iterative_mixing": (
        "mixing_weights",
        "run_iterative",
        ("iterative_dimension", "iterative_samples", "iterative_rounds", "replicates", "seed"),
    ),
    "generations": (
        "chains_and_tails",
        "run_generations",
        ("chain_dimension", "chain_generations", "chain_replicates", "seed"),
    ),
    "adaptive_ridge": ("chains_and_tails", "run_adaptive_ridge", ()),
    "tails": ("chains_and_tails", "run_tails", ("tail_replicates", "seed")),
}
"""Theory of strong collapse beside simulation: name -> module, function, fields of the settings that it reads."""
IMAGE_FIELDS = (
    "labellers",
    "labeller",
    "samples",
    "synthetic_shares",
    "fixed_real",
    "width",
    "widths",
    "width_samples",
    "width_share",
)
IMAGE_MODELS = {
    "random_features": ("run_random_features", (*IMAGE_FIELDS, "ridge", "width_ridge")),
    "two_layer": ("run_two_layer", (*IMAGE_FIELDS, "training")),
}
"""What is fitted on images -> function, fields of the settings that it reads."""
FIGURES = "papers.dohmatob.figures"


def simulations(settings: DohmatobSettings) -> list[Simulation]:
    """Strong collapse and regression on images, as far as the settings have them."""
    found = []
    if settings.strong_collapse is not None:
        found += [
            Simulation(
                topic="strong_collapse",
                name=name,
                module=f"papers.dohmatob.simulations.{module}",
                function=function,
                settings="strong_collapse",
                fields=fields,
                memory_mb=2000,
                minutes=60,
            )
            for name, (module, function, fields) in STRONG_COLLAPSE.items()
        ]
    for model, (function, fields) in IMAGE_MODELS.items():
        images = getattr(settings.images, model, None)
        if images is not None:
            found += [
                Simulation(
                    topic=f"images_{model}",
                    name=f"seed{seed}",
                    module="regression.images.image_regression",
                    function=function,
                    settings=f"images.{model}",
                    fields=fields,
                    seed=seed,
                    corpus=images.corpus,
                    uses_torch=True,
                    memory_mb=8000,
                    minutes=720,
                )
                for seed in range(images.first_seed, images.first_seed + images.seeds)
            ]
    return found


def topics(settings: DohmatobSettings, arms: Literal["core", "all"] = "core") -> list[Topic]:
    """Figures and tables by topic, as far as the settings have their simulations. No language model runs, so ``arms``
    changes nothing."""
    found = []
    if settings.strong_collapse is not None:
        found.append(
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
            )
        )
    images = {model: getattr(settings.images, model, None) for model in IMAGE_MODELS}
    models = [model for model, group in images.items() if group is not None]
    if models:
        widths = ("image_widths",) if any(images[model].widths for model in models) else ()
        found.append(
            Topic(
                name="images",
                module=f"{FIGURES}.image_figures",
                data=tuple(f"images_{model}" for model in models),
                figures=("image_scaling", "image_controls", *widths, "image_floor"),
                tables=("image_errors", "image_labellers"),
            )
        )
    return found
