"""The one list of papers, and how their parts are found: Snakefile, schema, commands, claims, CI and tests iterate it.

A paper is a folder ``modelcollapse/papers/<paper>/`` with these modules:

- ``settings``: ``PaperSettings``, its section of the config files;
- ``experiments``: ``simulations(settings)`` and ``topics(settings)``, what is simulated and what is shown;
- ``quantities``: ``QUANTITIES``, what its claims in ``config/claims/<paper>.yaml`` may name.
"""

from __future__ import annotations

import importlib
from types import ModuleType

PAPERS = ("shumailov", "gerstgrasser", "dohmatob")
"""Papers in the order in which they are shown."""


def part(paper: str, name: str) -> ModuleType:
    """A module of a paper, such as ``settings``; imported when it is asked for.

    Raises:
        ValueError: there is no such paper.
    """
    if paper not in PAPERS:
        raise ValueError(f"There is no paper '{paper}': expected one of {', '.join(PAPERS)}.")
    return importlib.import_module(f"modelcollapse.papers.{paper}.{name}")
