"""``modelcollapse <step>``: every rule's step is one command that runs without Snakemake too."""

from __future__ import annotations

import sys

import typer

from modelcollapse.commands import (
    corpora,
    densities,
    diversity,
    dohmatob,
    dohmatob_images,
    evidence,
    gerstgrasser,
    presentation,
    recursion,
)
from modelcollapse.commands import reading as records
from modelcollapse.commands import treebank_parser as parser

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
for room in (
    corpora,
    recursion,
    densities,
    diversity,
    parser,
    evidence,
    presentation,
    records,
    gerstgrasser,
    dohmatob,
    dohmatob_images,
):
    room.register(app)


def main() -> None:
    """Entry point: a step's own errors are one clear sentence and exit code 1, never a traceback."""
    try:
        app()
    except (ValueError, RuntimeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
