"""How the figures and tables of a paper are declared: a topic is what one start of the plotting library draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Topic:
    """Figures and tables made from the same data.

    The module has ``FIGURES`` and ``TABLES``: name -> function ``(data: PaperData, outputs: Mapping[str, Path]) -> None``;
    a figure's outputs are ``svg`` and ``png``, a table's ``csv`` and ``markdown``. A figure's caption is the file
    ``papers/<paper>/captions/<figure>.rst``, a table's is ``papers/<paper>/captions/table_<table>.rst``.
    """

    name: str
    """Unique within the paper."""
    module: str
    """Module below ``modelcollapse`` that draws and tabulates."""
    data: tuple[str, ...]
    """What it reads: whole groups of result files, such as ``measures``, or a part of one, such as ``theory/linear_law``
    (one file) and ``samples/some_arm/seed1`` (all files below)."""
    figures: tuple[str, ...] = ()
    """Names of the figures."""
    tables: tuple[str, ...] = ()
    """Names of the tables."""


def read_by(topic: Topic, files: Mapping[str, Mapping[str, Path]]) -> dict[str, dict[str, Path]]:
    """Group -> name -> file: those of a paper's result files that a topic reads, in the order of its ``data``.

    Args:
        topic: names what it reads.
        files: all result files of the paper.

    Raises:
        ValueError: the paper makes no such file.
    """
    chosen: dict[str, dict[str, Path]] = {}
    for wanted in topic.data:
        group, _, part = wanted.partition("/")
        found = {
            name: path for name, path in files.get(group, {}).items() if f"{name}/".startswith(part and f"{part}/")
        }
        if not found:
            raise ValueError(f"The topic '{topic.name}' reads '{wanted}', but no step of this paper makes such a file.")
        chosen.setdefault(group, {}).update(found)
    return chosen
