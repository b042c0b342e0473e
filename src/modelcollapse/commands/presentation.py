"""Steps of ``presentation``: tables and figures of the language models and densities."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from modelcollapse.commands.step import (
    Encoded,
    FamilyText,
    Folder,
    Input,
    Seed,
    Table,
    by_name,
    figure_outputs,
    generation_of,
    optional,
    parse_settings,
    perform,
    table_outputs,
    text_splits,
)
from modelcollapse.recursion.settings import FamilySettings

LANGUAGE_MODEL_FIGURES = ("perplexity", "histogram", "control", "own_perplexity", "repetition", "ablations")
DENSITY_FIGURES = ("mixture", "mixture_samples", "vae_grid", "vae_latents", "theory")


def register(app: typer.Typer) -> None:
    """Add these steps to the command line."""
    for command in (draw_language_model, draw_densities, tabulate, tabulate_samples):
        app.command()(command)


def draw_language_model(
    figure: Annotated[str, typer.Argument(help=", ".join(LANGUAGE_MODEL_FIGURES))],
    table: Table,
    folder: Folder,
    paper_band: Annotated[str, typer.Option(help="LOW,HIGH,LABEL of the paper's degradation in nats.")] = "",
) -> None:
    """Draw one figure of language-model arms from their measures."""
    if figure not in LANGUAGE_MODEL_FIGURES:
        raise ValueError(f"There is no figure '{figure}': expected one of {', '.join(LANGUAGE_MODEL_FIGURES)}.")

    def call(module: Any, outputs: dict[str, Path], work: Path) -> None:
        if figure == "perplexity":
            low, high, label = paper_band.split(",", 2) if paper_band else ("", "", "")
            band = module.PaperBand(float(low), float(high), label) if paper_band else None
            module.draw_perplexity(by_name(table), band, outputs)
        else:
            getattr(module, f"draw_{figure}")(by_name(table), outputs)

    perform(
        "draw-language-model",
        "papers.shumailov.figures.language_model",
        by_name(table),
        {"figure": figure, "paper_band": paper_band},
        figure_outputs(folder, figure),
        call,
    )


def draw_densities(
    figure: Annotated[str, typer.Argument(help=", ".join(DENSITY_FIGURES))],
    table: Table,
    folder: Folder,
    arrays: Annotated[Path | None, typer.Option(help="Images and latents of one VAE chain.")] = None,
    sizes: Annotated[str, typer.Option(help="Points per generation of every mixture, as JSON.")] = "{}",
) -> None:
    """Draw one figure of mixtures, autoencoders or theory."""
    calls: dict[str, Callable[[Any, dict[str, Path]], None]] = {
        "mixture": lambda module, outputs: module.draw_mixture(by_name(table), json.loads(sizes), outputs),
        "mixture_samples": lambda module, outputs: module.draw_mixture_samples(table[0], outputs),
        "vae_grid": lambda module, outputs: module.draw_vae_grid(arrays, outputs),
        "vae_latents": lambda module, outputs: module.draw_vae_latents(table, arrays, outputs),
        "theory": lambda module, outputs: module.draw_theory(by_name(table), outputs),
    }
    if figure not in calls:
        raise ValueError(f"There is no figure '{figure}': expected one of {', '.join(calls)}.")
    perform(
        "draw-densities",
        "papers.shumailov.figures.densities",
        by_name(table) | optional(arrays=arrays),
        {"figure": figure, "sizes": sizes},
        figure_outputs(folder, figure),
        lambda module, outputs, work: calls[figure](module, outputs),
    )


def tabulate(
    kind: Annotated[str, typer.Argument(help="perplexity, arms, histogram, mixture, vae or theory.")],
    table: Table,
    folder: Folder,
) -> None:
    """Write one table as CSV and Markdown."""
    kinds = dict.fromkeys(("perplexity", "arms", "histogram"), "language_model") | dict.fromkeys(
        ("mixture", "vae", "theory"), "densities"
    )
    if kind not in kinds:
        raise ValueError(f"There is no table '{kind}': expected one of {', '.join(kinds)}.")
    given: Any = table if kind == "vae" else by_name(table)
    perform(
        "tabulate",
        f"presentation.{kinds[kind]}",
        by_name(table),
        {"kind": kind},
        table_outputs(folder, kind),
        lambda module, outputs, work: getattr(module, f"tabulate_{kind}")(given, outputs),
    )


def tabulate_samples(
    family: FamilyText,
    text: Encoded,
    tokenizer: Input,
    samples: Annotated[list[Path], typer.Option(help="gen<g>.parquet of one arm and seed.")],
    seed: Seed,
    folder: Folder,
) -> None:
    """Show what every generation wrote after the same prompts."""
    shared, train = parse_settings(FamilySettings, family), text_splits(text)["train"]
    perform(
        "tabulate-samples",
        "presentation.sample_table",
        {"train": train, "tokenizer": tokenizer} | by_name(samples),
        shared.model_dump() | {"seed": seed},
        table_outputs(folder, "samples"),
        lambda module, outputs, work: module.tabulate_samples(
            shared, train, tokenizer, {generation_of(path): path for path in samples}, seed, outputs
        ),
    )
