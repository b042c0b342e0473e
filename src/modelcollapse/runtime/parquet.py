"""Parquet files with our own metadata and reproducible bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from modelcollapse.runtime.files import write_atomically

METADATA_KEY = b"modelcollapse"


def write_parquet(
    table: Any, path: str | Path, metadata: dict[str, Any] | None = None, split_bytes: Sequence[str] = ()
) -> None:
    """Write a ``pyarrow.Table`` or ``pandas.DataFrame`` (its index is dropped), Zstandard-compressed.

    Args:
        table: the columns.
        path: the file; written to a temporary name first.
        metadata: JSON-serialisable facts about the table, stored in the schema.
        split_bytes: columns of numbers that hardly repeat; stored byte by byte they compress better.
    """
    if not isinstance(table, pa.Table):
        table = pa.Table.from_pandas(table, preserve_index=False)
    facts = {METADATA_KEY: json.dumps(metadata or {}, sort_keys=True).encode()}
    with write_atomically(path) as temporary:
        pq.write_table(
            table.replace_schema_metadata(facts),
            temporary,
            compression="zstd",
            compression_level=19 if split_bytes else None,
            use_dictionary=[name for name in _leaves(table) if name not in split_bytes],
            column_encoding=dict.fromkeys(split_bytes, "BYTE_STREAM_SPLIT") or None,
        )


def _leaves(table: pa.Table) -> list[str]:
    """Columns by the names that Parquet gives them."""
    lists = pa.types.is_list
    return [f"{field.name}.list.element" if lists(field.type) else field.name for field in table.schema]


def read_metadata(path: str | Path) -> dict[str, Any]:
    """The facts that ``write_parquet`` stored.

    Raises:
        ValueError: the file is no Parquet file, or was not written by this package.
    """
    try:
        stored = pq.read_schema(path).metadata or {}
    except pa.ArrowInvalid as error:
        raise ValueError(
            f"{path} is not a readable Parquet file ({error}). Delete it and run the same command again."
        ) from error
    if METADATA_KEY not in stored:
        raise ValueError(f"{path} carries no metadata of this package: it was written by another program.")
    return json.loads(stored[METADATA_KEY])
