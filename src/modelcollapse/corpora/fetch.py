"""Fetch a corpus from a mirror or from the hub: the only step of this room that may touch the network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from modelcollapse.corpora.sources import find_source


def fetch_corpus(source: str, mirror: Path | None, outputs: Mapping[str, Path]) -> None:
    """Copy a corpus that others publish into our own files, verified, and record where it came from.

    Args:
        source: name of a source that is fetched.
        mirror: a corpus mirror; None means the Hugging Face hub at the pinned revision.
        outputs: one path per split of the source (Parquet with the column `text`, or ``.npz`` of images) and `record`
            (JSON: origin, licence, sha256 of the raw files and of the outputs).

    Raises:
        ValueError: there is no such source or nothing to fetch, or the mirror lacks a file or holds a damaged one.
        RuntimeError: the hub cannot be reached, or holds other numbers of documents than expected.
    """
    found = find_source(source)
    if not found.FETCHED:
        raise ValueError(f"the source '{source}' needs no fetching: prepare it at once.")
    found.fetch(mirror, outputs)
