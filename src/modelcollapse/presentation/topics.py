"""How the figures and tables of a paper are declared: a topic is what one start of the plotting library draws."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Topic:
    """Figures and tables made from the same data.

    The module has ``FIGURES`` and ``TABLES``: name -> function ``(data: PaperData, outputs: Mapping[str, Path]) -> None``;
    a figure's outputs are ``svg`` and ``png``, a table's ``csv`` and ``markdown``. A figure's caption is the file
    ``papers/<paper>/captions/<figure>.rst``.
    """

    name: str
    """Unique within the paper."""
    module: str
    """Module below ``modelcollapse`` that draws and tabulates."""
    data: tuple[str, ...]
    """Groups of result files that it reads: ``measures``, ``samples``, or topics of the paper's simulations."""
    figures: tuple[str, ...] = ()
    """Names of the figures."""
    tables: tuple[str, ...] = ()
    """Names of the tables."""
