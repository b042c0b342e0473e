"""Steps of the dependency parser: its treebank (the only one that may use the network), its training, its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from modelcollapse.commands.step import perform
from modelcollapse.diversity.parser.settings import ParserSettings
from modelcollapse.workflow.corpus_steps import train_parser_step

Input = Annotated[Path, typer.Option(dir_okay=False)]
Output = Annotated[Path, typer.Option(dir_okay=False)]


def register(app: typer.Typer) -> None:
    """Add these steps to the command line."""
    for command in (fetch_treebank, train_parser, fetch_parser, score_parser):
        app.command()(command)


def fetch_treebank(
    train: Output,
    validation: Output,
    test: Output,
    mirror: Annotated[
        Path | None, typer.Option(help="Folder with ud_english_ewt/<split>.conllu[.gz|.xz]; without it, GitHub.")
    ] = None,
) -> None:
    """Bring UD English EWT as it is pinned here, unpacked and verified."""
    from modelcollapse.diversity.parser.treebank_source import fetch_treebank as fetch

    fetch(mirror, {"train": train, "validation": validation, "test": test})


def train_parser(
    train: Input,
    validation: Input,
    test: Input,
    parser: Output,
    settings: Annotated[str, typer.Option(help="What differs from the defaults, as JSON.")] = "{}",
) -> None:
    """Train the compact tagger and parser (about 10 minutes on one core), and print its scores on the test split."""
    try:
        chosen = ParserSettings.model_validate_json(settings)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'text'}: {e['msg']}" for e in error.errors())
        raise ValueError(f"--settings does not describe {ParserSettings.__name__}: {problems}") from None
    treebank = {"train": train, "validation": validation, "test": test}
    step = train_parser_step(chosen, treebank, parser)
    perform(step, lambda module, outputs, work: module.train_parser(chosen, treebank, outputs["parser"]))


def fetch_parser(
    parser: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Where to put it; without it, your cache folder.")
    ] = None,
) -> None:
    """Take the pinned parser from the embedded remote of this clone, verified."""
    from modelcollapse.diversity.parser.pinned_weights import cached_parser
    from modelcollapse.diversity.parser.pinned_weights import fetch_parser as fetch

    target = parser or cached_parser()
    fetch(target)
    print(target)


def score_parser(
    treebank: Annotated[Path, typer.Argument(help="CoNLL-U file, plain, .gz or .xz.")],
    parser: Annotated[Path | None, typer.Option(dir_okay=False, help="Its file; without it, the pinned one.")] = None,
) -> None:
    """Print how well a parser parses a treebank's words."""
    from modelcollapse.diversity.parser.pinned_weights import find_parser
    from modelcollapse.diversity.parser.tagger_parser import load_parser
    from modelcollapse.diversity.parser.training import score_parser as score
    from modelcollapse.diversity.parser.treebank import read_treebank

    print(score(load_parser(parser or find_parser()), read_treebank(treebank)))
