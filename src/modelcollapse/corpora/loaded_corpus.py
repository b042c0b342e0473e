"""What a source gives to be prepared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from modelcollapse.corpora.images import Images


@dataclass(frozen=True, kw_only=True)
class LoadedCorpus:
    """The documents of a corpus, and where they come from."""

    splits: Mapping[str, pa.Table | Images]
    """By split: a table with the column `text` (and `prompt`, where it has prompts), or images and labels."""
    licence: str
    """Of the documents."""
    origin: Mapping[str, Any]
    """Kind of origin (`kind`), and what else tells this content from another."""
    note: str = ""
    """What a reader must know about the splits."""


def text_table(texts: Sequence[str], prompts: Sequence[str] | None = None) -> pa.Table:
    """Texts, perhaps with the prompts that they continue, as a table of strings."""
    columns = {} if prompts is None else {"prompt": pa.array(prompts, pa.string())}
    return pa.table(columns | {"text": pa.array(texts, pa.string())})
