"""Steps of regression on images (Dohmatob et al.): one seed's models, figures and tables."""

from __future__ import annotations

from typing import Annotated

import typer

from modelcollapse.commands.evidence import by_group
from modelcollapse.commands.step import (
    Folder,
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
from modelcollapse.regression.image_settings import RandomFeatureImageSettings, TwoLayerImageSettings

MODELS = {"random_features": RandomFeatureImageSettings, "two_layer": TwoLayerImageSettings}
FIGURES = ("image_scaling", "image_controls", "image_widths", "image_floor")
TABLES = ("image_errors", "image_labellers")
Data = Annotated[list[str], typer.Option("--data", help="MODEL=FILE, such as two_layer=.../seed1.parquet; repeat.")]


def register(app: typer.Typer) -> None:
    """Add these steps to the command line."""
    for command in (run_image_regression, draw_image_regression, tabulate_image_regression):
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
        "regression.image_regression",
        images,
        chosen.model_dump(exclude={"seeds", "first_seed"}) | {"model": model, "seed": seed, "threads": threads()},
        {"table": table},
        lambda module, outputs, work: module.run_image_regression(chosen, images, seed, outputs),
    )


def draw_image_regression(
    figure: Annotated[str, typer.Argument(help=", ".join(FIGURES))], data: Data, folder: Folder
) -> None:
    """Draw one figure of regression on images."""
    if figure not in FIGURES:
        raise ValueError(f"There is no figure '{figure}': expected one of {', '.join(FIGURES)}.")
    groups = by_group(data)
    perform(
        "draw-image-regression",
        "presentation.image_regression",
        {f"{group}/{name}": path for group in groups for name, path in groups[group].items()},
        {"figure": figure},
        figure_outputs(folder, figure),
        lambda module, outputs, work: getattr(module, f"draw_{figure}")(groups, outputs),
    )


def tabulate_image_regression(
    kind: Annotated[str, typer.Argument(help=", ".join(TABLES))], data: Data, folder: Folder
) -> None:
    """Write one table of regression on images as CSV and Markdown."""
    if kind not in TABLES:
        raise ValueError(f"There is no table '{kind}': expected one of {', '.join(TABLES)}.")
    groups = by_group(data)
    perform(
        "tabulate-image-regression",
        "presentation.image_regression",
        {f"{group}/{name}": path for group in groups for name, path in groups[group].items()},
        {"kind": kind},
        table_outputs(folder, kind),
        lambda module, outputs, work: getattr(module, f"tabulate_{kind}")(groups, outputs),
    )
