"""Steps of regression on images (Dohmatob et al.): one seed's models, figures and tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from modelcollapse.commands.evidence import by_group
from modelcollapse.commands.step import (
    Input,
    Output,
    Seed,
    SettingsText,
    figure_outputs,
    parse_settings,
    perform,
    table_outputs,
    threads,
)
from modelcollapse.regression.images.settings import RandomFeatureImageSettings, TwoLayerImageSettings

MODELS = {"random_features": RandomFeatureImageSettings, "two_layer": TwoLayerImageSettings}
FIGURES = ("image_scaling", "image_controls", "image_widths", "image_floor")
TABLES = ("image_errors", "image_labellers")
Data = Annotated[list[str], typer.Option("--data", help="MODEL=FILE, such as two_layer=.../seed1.parquet; repeat.")]


def register(app: typer.Typer) -> None:
    """Add these steps to the command line."""
    for command in (run_image_regression, present_image_regression):
        app.command()(command)


def run_image_regression(
    model: Annotated[str, typer.Argument(help=" or ".join(MODELS))],
    settings: SettingsText,
    seed: Seed,
    train_images: Input,
    test_images: Input,
    table: Output,
) -> None:
    """Fit all models of one seed on images with real and synthetic labels."""
    if model not in MODELS:
        raise ValueError(f"There is no model '{model}': expected one of {', '.join(MODELS)}.")
    chosen = parse_settings(MODELS[model], settings)
    images = {"train": train_images, "test": test_images}
    perform(
        "run-image-regression",
        "regression.images.image_regression",
        images,
        chosen.model_dump(exclude={"seeds", "first_seed"}) | {"model": model, "seed": seed, "threads": threads()},
        {"table": table},
        lambda module, outputs, work: module.run_image_regression(chosen, images, seed, outputs),
    )


def present_image_regression(
    data: Data,
    figures: Annotated[Path, typer.Option(file_okay=False, help="Where the figures go.")],
    tables: Annotated[Path, typer.Option(file_okay=False, help="Where the tables go.")],
) -> None:
    """Draw all figures and write all tables of regression on images: one start of the plotting library for all of them."""
    groups = by_group(data)
    works = {f"draw_{name}": figure_outputs(figures, name) for name in FIGURES}
    works |= {f"tabulate_{name}": table_outputs(tables, name) for name in TABLES}

    def call(module: Any, temporary: dict[str, Path], work: Path) -> None:
        for name, paths in works.items():
            getattr(module, name)(groups, {role: temporary[f"{name}.{role}"] for role in paths})

    perform(
        "present-image-regression",
        "papers.dohmatob.figures.image_figures",
        {f"{group}/{name}": path for group in groups for name, path in groups[group].items()},
        {},
        {f"{name}.{role}": path for name, paths in works.items() for role, path in paths.items()},
        call,
    )
