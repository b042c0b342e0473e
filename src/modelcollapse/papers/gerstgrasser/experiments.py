"""What is simulated and what is shown for Gerstgrasser et al. and its sequel."""

from __future__ import annotations

from typing import Literal

from modelcollapse.papers.gerstgrasser.settings import GerstgrasserSettings
from modelcollapse.presentation.topics import Topic
from modelcollapse.simulation.declaration import Simulation

LAWS = {
    "linear_identity": ("linear", "linear_law", "check_identity", ("seed",)),
    "linear_law": ("linear", "linear_law", "simulate_law", ("iterations", "coordinates", "seed")),
    "linear_subsample": (
        "linear",
        "linear_law",
        "simulate_draws",
        ("iterations", "subsample_designs", "subsample_streams", "seed"),
    ),
    "gaussian_law": (
        "gaussian",
        "gaussian_law",
        "simulate_law",
        ("samples", "iterations", "chains", "drawn_points", "seed"),
    ),
    "discrete_law": (
        "discrete",
        "discrete_law",
        "simulate_law",
        ("states", "samples", "iterations", "chains", "largest_pool", "seed"),
    ),
    "discrete_absorption": (
        "discrete",
        "discrete_law",
        "simulate_absorption",
        ("states", "samples", "absorption_chains", "seed"),
    ),
    "kde_variance": ("kde", "kde_variance", "simulate_variances", ("chains", "iterations", "samples", "seed")),
}
"""Precise comparisons with closed forms: name -> group of settings, module, function, fields that it reads."""
GRIDS = {
    "linear_grid": (
        "linear",
        "linear_grid",
        "simulate_grid",
        ("dimensions", "samples", "noise_variances", "iterations", "seeds", "seed"),
    ),
    "gaussian_grid": (
        "gaussian",
        "gaussian_grid",
        "simulate_grid",
        ("dimensions", "samples", "largest_pool", "iterations", "seeds", "seed"),
    ),
}
"""The sequel's grids, with every seed's value: as ``LAWS``."""
PLACE = "papers.gerstgrasser.simulations"
FIGURES = "papers.gerstgrasser.figures"


def simulations(settings: GerstgrasserSettings) -> list[Simulation]:
    """Laws, kernel density estimates and grids, as far as the settings have them."""
    theory = settings.theory
    if theory is None:
        return []
    kernels = [
        Simulation(
            topic="kde",
            name=name,
            module=f"{PLACE}.kde_chains",
            function="simulate_chains",
            settings=f"theory.kde_chains.{name}",
            fields=("data", "bandwidth", "samples", "iterations", "seeds", "test_points"),
        )
        for name in theory.kde_chains
    ]
    found = {
        topic: [
            Simulation(
                topic=topic,
                name=name,
                module=f"{PLACE}.{module}",
                function=function,
                settings=f"theory.{group}",
                fields=fields,
            )
            for name, (group, module, function, fields) in experiments.items()
            if getattr(theory, group) is not None
        ]
        for topic, experiments in (("theory", LAWS), ("grid", GRIDS))
    }
    return [*found["theory"], *kernels, *found["grid"]]


def topics(settings: GerstgrasserSettings, arms: Literal["core", "all"] = "core") -> list[Topic]:
    """Figures and tables by topic, as far as the settings have their simulations. No language model runs, so ``arms``
    changes nothing."""
    theory = settings.theory
    if theory is None:
        return []
    kernels = (*(("kde",) if theory.kde_chains else ()), *(("kde_variance",) if theory.kde is not None else ()))
    found = {
        "linear": Topic(
            name="linear",
            module=f"{FIGURES}.refitted_regressions",
            data=("theory/linear_law", "theory/linear_subsample", "grid/linear_grid"),
            figures=("linear", "linear_gap"),
            tables=("linear", "linear_grid"),
        ),
        "gaussian": Topic(
            name="gaussian",
            module=f"{FIGURES}.refitted_gaussians",
            data=("theory/gaussian_law", "grid/gaussian_grid"),
            figures=("gaussian", "gaussian_grid"),
            tables=("gaussian", "gaussian_grid"),
        ),
        "kde": Topic(
            name="kde",
            module=f"{FIGURES}.refitted_kde",
            data=tuple({"kde": "kde", "kde_variance": "theory/kde_variance"}[name] for name in kernels),
            figures=kernels,
            tables=kernels,
        ),
        "discrete": Topic(
            name="discrete",
            module=f"{FIGURES}.refitted_laws",
            data=("theory/discrete_law", "theory/discrete_absorption"),
            figures=("discrete",),
            tables=("discrete",),
        ),
    }
    runs = {"kde": bool(kernels)} | {group: getattr(theory, group) is not None for group in found if group != "kde"}
    return [topic for group, topic in found.items() if runs[group]]
