"""Texts of one's own: read from text files, JSONL, CSV and Parquet, and divided into splits."""

from __future__ import annotations

import hashlib
import re
import warnings
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from modelcollapse.corpora.loaded_corpus import text_table
from modelcollapse.corpora.settings import CorpusSettings
from modelcollapse.corpora.text_files import read_lines, read_records

Row = tuple[str, Any]
"""Where a value stands (file and row), and the value."""

_BLANK_LINES = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)*\n")


def read_texts(paths: Sequence[Path], settings: CorpusSettings) -> pa.Table:
    """The texts of all files, in the order of files and rows, as a table with `text` and perhaps `prompt`.

    Raises:
        ValueError: a file cannot be read or has no rows, a column is missing, or a value is empty or no text.
    """
    columns = (
        [settings.text_column] if settings.prompt_column is None else [settings.text_column, settings.prompt_column]
    )
    read: list[list[str]] = [[] for _ in columns]
    for path in paths:
        count = 0
        for place, values in _rows(path, columns, settings.document):
            count += 1
            for values_so_far, column, value in zip(read, columns, values, strict=True):
                values_so_far.append(_text(value, place, column))
        if not count:
            raise ValueError(f"{path} holds no texts: add some, or remove the file.")
    return text_table(*read)


def divide(texts: pa.Table, shares: Mapping[str, float], seed: int, name: str) -> dict[str, pa.Table]:
    """Shuffle the texts and cut them into splits of these shares.

    The order is that of a hash of the seed and the text (or its prompt, where there is one), so it does not depend on
    the order of files and rows. Equal ones stay together in the split in which the first of them falls.

    Args:
        texts: columns `text` and perhaps `prompt`.
        shares: by split; they sum to 1.
        seed: decides the order.
        name: what an error calls the texts.

    Raises:
        ValueError: a split would be empty.
    """
    key = "prompt" if "prompt" in texts.column_names else "text"
    digests = [_digest(seed, value) for value in texts[key].to_pylist()]
    content = [_digest(seed, value) for value in texts["text"].to_pylist()]
    order = sorted(range(len(digests)), key=lambda row: (digests[row], content[row]))
    splits = {}
    start, share = 0, 0.0
    for split in shares:
        share += shares[split]
        end = round(share * len(order))
        while start < end < len(order) and digests[order[end]] == digests[order[end - 1]]:
            end += 1
        if end <= start:
            raise ValueError(
                f"{name} holds {len(order)} texts, too few for the splits {', '.join(shares)}: the {split} split would "
                "be empty. Add texts, or raise its share."
            )
        splits[split] = texts.take(order[start:end])
        start = end
    return splits


def _digest(seed: int, value: str) -> bytes:
    return hashlib.blake2b(f"{seed}:{value}".encode(), digest_size=16).digest()


def _rows(path: Path, columns: Sequence[str | None], document: str) -> Iterator[tuple[str, list[Any]]]:
    """Place and values of each row of a file."""
    kind = path.name.removesuffix(".gz").rpartition(".")[2]
    if kind == "txt":
        return ((place, [text]) for place, text in _documents(path, document))
    return {"jsonl": _json_rows, "csv": _csv_rows, "parquet": _parquet_rows}[kind](path, columns)


def _documents(path: Path, document: str) -> Iterator[Row]:
    lines = [(number, line.removesuffix("\n").removesuffix("\r")) for number, line in read_lines(path)]
    if lines:
        lines[0] = (1, lines[0][1].removeprefix("\ufeff"))
    if document == "line":
        return ((f"{path}, line {number}", line) for number, line in lines if line.strip())
    whole = "\n".join(line for _, line in lines)
    parts = [whole] if document == "file" else _BLANK_LINES.split(whole)
    return ((str(path), part.strip("\n")) for part in parts if part.strip())


def _json_rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, list[Any]]]:
    for number, record in read_records(path):
        _require(columns, record, f"{path}, line {number}")
        yield f"{path}, line {number}", [record[column] for column in columns]


def _csv_rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, list[Any]]]:
    try:
        with warnings.catch_warnings():
            # longer rows than the header would be cut with a mere warning
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", index_col=False)
    except (OSError, EOFError, zlib.error, ValueError, pd.errors.ParserWarning) as error:
        raise ValueError(f"{path} cannot be read as CSV ({error}). Correct it, or save it again as UTF-8.") from error
    return _table_rows(table, path, columns)


def _parquet_rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, list[Any]]]:
    try:
        _require(columns, pq.read_schema(path).names, path)
        table = pq.read_table(path, columns=list(columns))
    except (OSError, pa.ArrowException) as error:
        raise ValueError(f"{path} cannot be read as Parquet ({error}). Copy or write it again.") from error
    return _table_rows(table.to_pandas(), path, columns)


def _table_rows(table: pd.DataFrame, path: Path, columns: Sequence[str]) -> Iterator[tuple[str, list[Any]]]:
    _require(columns, list(table.columns), path)
    values = zip(*(table[column] for column in columns), strict=True)
    return ((f"{path}, row {number}", list(row)) for number, row in enumerate(values, 1))


def _require(columns: Sequence[str], present: Any, place: object) -> None:
    for column in columns:
        if column not in present:
            raise ValueError(f"{place} has no column '{column}'; there are: {', '.join(map(str, present)) or 'none'}.")


def _text(value: Any, place: str, column: str | None) -> str:
    if not isinstance(value, str):
        shown = "nothing" if value is None or value != value else f"{value!r:.40}, which is no text"
        raise ValueError(f"{place}, column '{column}' holds {shown}: every row needs a text.")
    if not value.strip():
        raise ValueError(f"{place}, column '{column}' is empty: every row needs a text. Fill it, or remove the row.")
    return value
