"""Tables as CSV for programs and Markdown for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pandas as pd

from modelcollapse.measures.paper_data import PaperData
from modelcollapse.runtime.files import write_atomically


def write_table(
    frame: pd.DataFrame, outputs: Mapping[str, Path], digits: int = 4, markdown_cell: Callable[[str], str] = str
) -> None:
    """Write ``csv`` and ``markdown``; numbers with this many significant digits, missing ones blank.

    Args:
        frame: the table.
        outputs: ``csv``, ``markdown``.
        digits: significant digits of all floats.
        markdown_cell: what Markdown shows for a cell that is text.

    Raises:
        ValueError: the table has no rows.
    """
    if frame.empty:
        raise ValueError("The table has no rows: none of its data were made at this scale.")
    shown = frame.map(lambda value: float(f"{value:.{digits}g}") if isinstance(value, float) else value)
    with write_atomically(outputs["csv"]) as temporary:
        shown.to_csv(temporary, index=False)
    # as objects, because a table of integers and floats would otherwise be shown as floats alone
    cells = shown.astype(object).where(shown.notna(), "")
    cells = cells.map(lambda value: markdown_cell(value) if isinstance(value, str) else value)
    with write_atomically(outputs["markdown"]) as temporary:
        temporary.write_text(cells.to_markdown(index=False, disable_numparse=True) + "\n", encoding="utf-8")


def read_columns(data: PaperData, group: str, name: str, columns: Iterable[str]) -> pd.DataFrame:
    """A result file that must have these columns.

    Raises:
        NotAvailable: the file was not made.
        ValueError: a column is missing; the message names it and the file.
    """
    frame = data.table(group, name)
    check_columns(frame, data.files[group][name], columns)
    return frame


def check_columns(frame: pd.DataFrame, path: Path, columns: Iterable[str]) -> None:
    """Check that a table has these columns.

    Raises:
        ValueError: one is missing; the message names it and the file.
    """
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"{path} has no column '{missing[0]}': delete it and run the same command again.")
