"""Rows that a model reads: blocks of running text, or one document per row."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from modelcollapse.runtime.parquet import read_metadata


@dataclass(frozen=True)
class TokenRows:
    """Token ids, one row per text. Predicted is every token but the first of its row and those of its prompt."""

    ids: np.ndarray
    """int32 [rows, longest]; beyond its length a row is filled with 0."""
    lengths: np.ndarray
    """int32 [rows]."""
    prompt_lengths: np.ndarray
    """int32 [rows]: leading tokens that are given, not learned."""

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, places: np.ndarray) -> TokenRows:
        """Some of the rows, in this order."""
        return TokenRows(self.ids[places], self.lengths[places], self.prompt_lengths[places])

    def texts(self) -> list[np.ndarray]:
        """Token ids of each row without filling."""
        return [row[:length] for row, length in zip(self.ids, self.lengths, strict=True)]

    def prompts(self) -> list[np.ndarray]:
        """Token ids of each row's prompt."""
        return [row[:length] for row, length in zip(self.ids, self.prompt_lengths, strict=True)]


def rows_from(texts: Sequence[np.ndarray], prompts: Sequence[np.ndarray] | None = None) -> TokenRows:
    """Rows of the given token ids, each after its prompt if there are any."""
    prompts = prompts if prompts is not None else [np.empty(0, np.int32)] * len(texts)
    joined = [np.concatenate([prompt, text]).astype(np.int32) for prompt, text in zip(prompts, texts, strict=True)]
    lengths = np.array([len(row) for row in joined], dtype=np.int32)
    ids = np.zeros((len(joined), int(lengths.max(initial=0))), dtype=np.int32)
    for place, row in enumerate(joined):
        ids[place, : len(row)] = row
    return TokenRows(ids, lengths, np.array([len(prompt) for prompt in prompts], dtype=np.int32))


def concatenate(parts: Sequence[TokenRows]) -> TokenRows:
    """All rows of all parts."""
    texts = [text for part in parts for text in part.texts()]
    rows = rows_from(texts)
    return TokenRows(rows.ids, rows.lengths, np.concatenate([part.prompt_lengths for part in parts]))


def blocks(documents: Sequence[np.ndarray], row_tokens: int) -> TokenRows:
    """Cut the running text of all documents into disjoint blocks; the remainder is dropped.

    Args:
        documents: token ids, each beginning with the begin token.
        row_tokens: tokens per block.

    Raises:
        ValueError: the text is shorter than one block.
    """
    running = np.concatenate(documents) if len(documents) else np.empty(0, np.int32)
    count = len(running) // row_tokens
    if count == 0:
        raise ValueError(
            f"The text has {len(running)} tokens, fewer than one block of {row_tokens}: lower 'row_tokens'."
        )
    return rows_from(list(running[: count * row_tokens].reshape(count, row_tokens)))


def document_rows(
    documents: Sequence[np.ndarray], row_tokens: int, end_id: int, prompts: Sequence[np.ndarray] | None = None
) -> TokenRows:
    """One document per row with the end token behind it, cut after ``row_tokens`` tokens (its prompt not counted)."""
    end = np.array([end_id], dtype=np.int32)
    return rows_from([np.concatenate([document, end])[:row_tokens] for document in documents], prompts)


def read_rows(path: Path, packing: str, row_tokens: int, limit: int | None = None) -> TokenRows:
    """Rows of an encoded split.

    Args:
        path: Parquet with a column ``ids`` and perhaps ``prompt_ids``.
        packing: ``blocks`` or ``documents``.
        row_tokens: tokens per row.
        limit: most rows, from the start; None for all.

    Raises:
        ValueError: the split has fewer rows than ``limit``, or prompts that ``blocks`` would lose.
    """
    table = pq.read_table(path)
    documents = _lists(table, "ids")
    if packing == "blocks":
        if "prompt_ids" in table.column_names:
            raise ValueError(
                f"{path} has prompts, which blocks cut from running text would lose: use packing: documents."
            )
        rows = blocks(documents, row_tokens)
    else:
        prompts = _lists(table, "prompt_ids") if "prompt_ids" in table.column_names else None
        # one token begins and ends a text, as in OPT and GPT-2
        rows = document_rows(documents, row_tokens, read_metadata(path)["begin_id"], prompts)
    if limit is None:
        return rows
    if len(rows) < limit:
        raise ValueError(f"{path} gives {len(rows)} rows of {row_tokens} tokens, but the config asks for {limit}.")
    return rows.take(np.arange(limit))


def _lists(table: object, column: str) -> list[np.ndarray]:
    chunks = table.column(column).combine_chunks()  # type: ignore[attr-defined]
    offsets = chunks.offsets.to_numpy()
    values = chunks.values.to_numpy().astype(np.int32)
    return [values[start:end] for start, end in itertools.pairwise(offsets)]
