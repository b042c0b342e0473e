"""Samples on disk: token ids, log q, prompt, lineage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from modelcollapse.runtime.parquet import write_parquet

if TYPE_CHECKING:
    # measuring reads samples without importing torch
    from modelcollapse.recursion.writing.sampling import Samples


@dataclass(frozen=True)
class StoredSamples:
    """The columns of a samples file."""

    prompt_id: np.ndarray
    """int32 [rows]: row of the prompt among the human rows, -1 for none."""
    ids: list[np.ndarray]
    """int32 token ids, new tokens only."""
    log_q: list[np.ndarray | None]
    """float32 log-probabilities (nats) under the decoding distribution; None where they were not stored (beam search has
    none)."""
    held_out: np.ndarray
    """bool [rows]: never trained on."""


def write_samples(
    path: Path,
    written: Samples,
    held_out: Samples,
    prompts: int | None,
    log_q_of_all: bool,
    lineage: Mapping[str, Any],
) -> None:
    """Write training and held-out samples of one model.

    Args:
        path: the file.
        written: rows for training.
        held_out: rows that no model may train on.
        prompts: number of human rows that served as prompts in turn; None for unconditional samples.
        log_q_of_all: store log q of all rows, not of the held-out ones alone.
        lineage: who wrote them, and from what; stored in the schema.
    """
    counts = (len(written.ids), len(held_out.ids))
    prompt_id = (
        np.concatenate([np.arange(counts[0]) % prompts, np.arange(counts[1])]) if prompts else -np.ones(sum(counts))
    )
    of_written = written.log_q if log_q_of_all and written.log_q is not None else [None] * counts[0]
    log_q = [*of_written, *(held_out.log_q or [None] * counts[1])]
    table = pa.table(
        {
            "prompt_id": pa.array(prompt_id.astype(np.int32)),
            "ids": pa.array([*written.ids, *held_out.ids], pa.list_(pa.int32())),
            "log_q": pa.array(log_q, pa.list_(pa.float32())),
            "held_out": pa.array(np.repeat([False, True], counts)),
        }
    )
    write_parquet(table, path, dict(lineage), split_bytes=("ids.list.element", "log_q.list.element"))


def read_samples(path: Path) -> StoredSamples:
    """The columns of a samples file.

    Raises:
        ValueError: the file cannot be read.
    """
    try:
        table = pq.read_table(path, columns=["prompt_id", "ids", "log_q", "held_out"])
    except (pa.ArrowInvalid, OSError, KeyError) as error:
        raise ValueError(
            f"{path} is not a readable samples file ({error}). Delete it and run the same command again."
        ) from error
    return StoredSamples(
        prompt_id=table.column("prompt_id").to_numpy(),
        ids=[np.asarray(row, dtype=np.int32) for row in table.column("ids").to_pylist()],
        log_q=[row if row is None else np.asarray(row, dtype=np.float32) for row in table.column("log_q").to_pylist()],
        held_out=table.column("held_out").to_numpy(zero_copy_only=False),
    )
