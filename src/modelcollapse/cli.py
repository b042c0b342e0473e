"""``modelcollapse <command>``: measure texts, look at what was made, and every step of the workflow."""

from __future__ import annotations

import sys

import typer

from modelcollapse.commands import (
    claims,
    corpora,
    diversity,
    measures,
    presentation,
    reading,
    recursion,
    simulation,
    treebank_parser,
)

ROOMS = (diversity, reading, corpora, recursion, simulation, measures, presentation, claims, treebank_parser)

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
for room in ROOMS:
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
