"""Figures of strong collapse: the theory's lines over simulated points with 95 % intervals."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from modelcollapse.presentation.strong_collapse_samples import draw_error_by_samples

FIGURES = {
    "error_by_samples": draw_error_by_samples,
}


def draw(figure: str, tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Draw one figure.

    Args:
        figure: a name in ``FIGURES``.
        tables: experiment -> its Parquet file.
        outputs: ``svg``, ``png``.

    Raises:
        ValueError: no such figure, or a table without the expected columns.
    """
    if figure not in FIGURES:
        raise ValueError(f"There is no figure '{figure}': expected one of {', '.join(FIGURES)}.")
    FIGURES[figure](tables, outputs)
