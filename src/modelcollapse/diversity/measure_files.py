"""Texts from Parquet, JSON lines and plain text files, and tables of several files at one number of texts and tokens."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelcollapse.diversity.collection import TextCollection, draw_texts
from modelcollapse.diversity.lexical.tokenisation import Tokenizer
from modelcollapse.diversity.measure_entry import find_measure
from modelcollapse.diversity.measurement import measure, measure_names, prepared

if TYPE_CHECKING:
    import pandas as pd

UNITS = ("line", "paragraph", "file")
"""What one text is in a plain text file: a line, what lies between empty lines, or all of it."""


def read_texts(path: Path, column: str = "text", unit: str = "line") -> list[str] | list[list[str]]:
    """The texts in a file: ``.parquet``, ``.jsonl`` or anything else as plain text in UTF-8; ``.gz`` is unpacked.

    Args:
        column: column of the Parquet file or key of each JSON line; strings or lists of tokens.
        unit: one of ``UNITS``, for plain text; empty lines are no texts.

    Raises:
        ValueError: no such file or column, a line that is no JSON, an entry that is missing, or no text at all.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"There is no file {path}. Give paths of Parquet, JSON lines (.jsonl) or text files.")
    kind = Path(path.name.removesuffix(".gz")).suffix
    if kind == ".parquet":
        texts = _from_parquet(path, column)
    elif kind in (".jsonl", ".ndjson"):
        texts = _from_json_lines(path, column)
    else:
        texts = _from_plain_text(path, unit)
    if not texts:
        raise ValueError(f"{path} has no texts.")
    return texts


def measure_files(
    paths: Sequence[Path],
    measures: str | Iterable[str] | None = None,
    n_tokens: int | None = None,
    n_texts: int | None = None,
    seed: int = 0,
    *,
    column: str = "text",
    unit: str = "line",
    tokenizer: Tokenizer = "words",
    tokens_per_text: int | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    half_samples: int = 200,
) -> pd.DataFrame:
    """``measure()`` of each file, all at the same number of texts and, for pooled measures, of tokens.

    Args:
        paths: at least one file; see ``read_texts`` for column and unit.
        n_tokens, n_texts: None takes what the smallest file has.
        measures, seed, tokenizer, tokens_per_text, options, half_samples: see ``measure``.

    Returns:
        The table of ``measure()`` with a first column ``file``.

    Raises:
        ValueError: no files, more texts or tokens asked for than the smallest file has, or see ``measure``.
    """
    import pandas as pd

    if not paths:
        raise ValueError("Name at least one file.")
    collections = {str(path): TextCollection(read_texts(path, column, unit)) for path in paths}
    smallest = min(collections, key=lambda name: len(collections[name]))
    wanted = len(collections[smallest]) if n_texts is None else n_texts
    if not 1 <= wanted <= len(collections[smallest]):
        raise ValueError(f"n_texts = {wanted}, but {smallest} has {len(collections[smallest])} texts.")
    collections = {name: draw_texts(one, wanted, seed) for name, one in collections.items()}
    chosen = options or {}
    tables = []
    for name in measure_names(measures):
        own = {name: chosen[name]} if name in chosen else {}
        budget = n_tokens
        if budget is None and find_measure(name).sampled and len(collections) > 1:
            budget = min(
                int(prepared(name, one, None, seed, tokenizer, tokens_per_text, chosen.get(name, {})).n_tokens or 0)
                for one in collections.values()
            )
        for file, one in collections.items():
            table = measure(
                one,
                [name],
                budget,
                seed,
                tokenizer=tokenizer,
                tokens_per_text=tokens_per_text,
                options=own,
                half_samples=half_samples,
            )
            table.insert(0, "file", file)
            tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _lines(path: Path) -> Iterator[str]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            yield from file
    except (UnicodeDecodeError, gzip.BadGzipFile) as error:
        raise ValueError(f"{path} is no text in UTF-8 ({error}). Convert it first, for instance with iconv.") from error


def _from_json_lines(path: Path, column: str) -> list[Any]:
    texts = []
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"Line {number} of {path} is no JSON ({error}). Each line must be one object.") from error
        if not isinstance(entry, dict) or column not in entry:
            keys = ", ".join(entry) if isinstance(entry, dict) else type(entry).__name__
            raise ValueError(f"Line {number} of {path} has no {column!r}, but: {keys}. Name the key with --column.")
        texts.append(entry[column])
    return texts


def _from_parquet(path: Path, column: str) -> list[Any]:
    import pyarrow.parquet

    names = pyarrow.parquet.read_schema(path).names
    if column not in names:
        raise ValueError(f"{path} has no column {column!r}, but: {', '.join(names)}. Name the column with --column.")
    return pyarrow.parquet.read_table(path, columns=[column])[column].to_pylist()


def _from_plain_text(path: Path, unit: str) -> list[str]:
    if unit not in UNITS:
        raise ValueError(f"A text cannot be a {unit!r}. Choose from {', '.join(UNITS)}.")
    content = "".join(_lines(path))
    parts = {"line": content.splitlines, "paragraph": lambda: content.split("\n\n"), "file": lambda: [content]}[unit]()
    return [part.strip() for part in parts if part.strip()]
