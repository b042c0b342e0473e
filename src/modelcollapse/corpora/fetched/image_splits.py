"""Images that others publish: fetched from a mirror or the hub, and read again from what was fetched."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from modelcollapse.corpora import hub
from modelcollapse.corpora.corpus_record import verify_fetched, write_fetched
from modelcollapse.corpora.fetched import mirror
from modelcollapse.corpora.fetched.upstream import Upstream
from modelcollapse.corpora.images import Images, read_idx, read_images, write_images
from modelcollapse.corpora.loaded_corpus import LoadedCorpus
from modelcollapse.runtime.files import sha256


def fetch_images(corpus: Upstream, mirror_folder: Path | None, outputs: Mapping[str, Path]) -> None:
    """Write the raw splits (``.npz``) and their record.

    Raises:
        ValueError: the mirror lacks a file or holds a damaged one.
        RuntimeError: the hub cannot be reached, or holds other numbers of images than expected.
    """
    splits: dict[str, Any] = {}
    raw_files: dict[str, str] = {}
    for split in corpus.documents:
        if mirror_folder is None:
            images, labels = _hub_images(corpus, split)
        else:
            paths = mirror.idx_files(mirror_folder, corpus, split)
            raw_files.update({path.name: mirror.verify(mirror_folder, path) for path in paths})
            images, labels = read_idx(*paths)
        write_images((images, labels), outputs[split])
        splits[split] = {"documents": len(labels), "sha256": sha256(outputs[split])}
    write_fetched(outputs["record"], corpus, mirror_folder is not None, splits, raw_files)


def load_images(corpus: Upstream, raw: Mapping[str, Path]) -> LoadedCorpus:
    """The splits that ``fetch_images`` wrote.

    Raises:
        ValueError: a file is missing or damaged, or holds another corpus.
    """
    record = verify_fetched(corpus, raw, tuple(corpus.documents))
    splits = {split: read_images(raw[split]) for split in corpus.documents}
    origin = record["origin"] | {"raw_files": record["raw_files"]}
    return LoadedCorpus(splits=splits, licence=record["licence"], origin=origin, note=record["note"])


def _hub_images(corpus: Upstream, split: str) -> Images:
    pairs = [(np.asarray(row["image"], dtype=np.uint8), row["label"]) for row in hub.rows(corpus, split)]
    return np.stack([image for image, _ in pairs]), np.array([label for _, label in pairs], dtype=np.uint8)
