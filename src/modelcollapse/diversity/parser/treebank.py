"""Treebanks in CoNLL-U (https://universaldependencies.org/format.html)."""

from __future__ import annotations

import gzip
import lzma
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from modelcollapse.diversity.syntactic.dependency import DependencyTree

COLUMNS = 10
_OPENERS = {".gz": gzip.open, ".xz": lzma.open}


def read_treebank(path: str | Path) -> list[DependencyTree]:
    """All sentences of a CoNLL-U file, plain or packed with gzip or xz.

    Syntactic words only: lines of multiword tokens (``1-2``) and of empty nodes (``1.1``) are skipped.

    Raises:
        ValueError: the file is truncated, no UTF-8, holds no sentence, or a line is not as the format says.
    """
    path = Path(path)
    opener = _OPENERS.get(path.suffix, open)
    try:
        with opener(path, "rt", encoding="utf-8") as stream:
            trees = list(parse_conllu(stream, str(path)))
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read ({error}): it is truncated or damaged. Fetch it again.") from error
    if not trees:
        raise ValueError(f"{path} holds no sentence: expected CoNLL-U, ten columns separated by tabs.")
    return trees


def parse_conllu(lines: Iterable[str], name: str = "the treebank") -> Iterator[DependencyTree]:
    """Sentences of CoNLL-U lines.

    Args:
        lines: the lines, with or without line breaks.
        name: what messages call the source.

    Raises:
        ValueError: a line has not ten columns, or its head is no number; the message names it.
    """
    rows: list[list[str]] = []
    for number, line in enumerate(lines, 1):
        line = line.rstrip("\r\n")
        if not line:
            if rows:
                yield _tree(rows, f"{name}, sentence before line {number}")
            rows = []
        elif not line.startswith("#"):
            row = line.split("\t")
            if len(row) != COLUMNS:
                raise ValueError(f"{name}, line {number} has {len(row)} columns; CoNLL-U has {COLUMNS}, set by tabs.")
            if row[0].isdigit():
                rows.append(row)
    if rows:
        yield _tree(rows, f"{name}, last sentence")


def _tree(rows: list[list[str]], name: str) -> DependencyTree:
    try:
        if [int(row[0]) for row in rows] != list(range(1, len(rows) + 1)):
            raise ValueError("its words are not numbered 1, 2, 3 ...")
        return DependencyTree(
            words=tuple(row[1] for row in rows),
            upos=tuple(row[3] for row in rows),
            heads=tuple(int(row[6]) for row in rows),
            relations=tuple(row[7] for row in rows),
        )
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
