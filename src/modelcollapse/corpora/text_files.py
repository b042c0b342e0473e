"""Lines of text files, plain or compressed, and the records of JSONL files."""

from __future__ import annotations

import gzip
import json
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COMPRESSIONS = {"": open, ".gz": gzip.open, ".xz": lzma.open}


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Number (from 1) and text of each line, with its line break as it stands in the file.

    Raises:
        ValueError: the file is damaged or no UTF-8.
    """
    packed = path.suffix if path.suffix in COMPRESSIONS else ""
    number = 0
    try:
        with COMPRESSIONS[packed](path, "rt", encoding="utf-8", newline="\n") as stream:
            for number, line in enumerate(stream, 1):
                yield number, line
    except (OSError, EOFError, zlib.error, lzma.LZMAError, UnicodeDecodeError) as error:
        raise ValueError(
            f"{path} cannot be read beyond line {number} ({error}): it is truncated or damaged, or no UTF-8. "
            "Copy the file again, or save it as UTF-8."
        ) from error


def read_records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and content of each JSON object of a JSONL file; blank lines are passed over.

    Raises:
        ValueError: the file is damaged, or a line is no JSON object.
    """
    for number, line in read_lines(path):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"{path}, line {number} is no JSON ({error}).") from error
        if not isinstance(record, dict):
            raise ValueError(f'{path}, line {number} is no JSON object: expected {{"text": "..."}}.')
        yield number, record
