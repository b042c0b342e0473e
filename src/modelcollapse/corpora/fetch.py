"""Fetch a published corpus from a mirror or from the hub: the only steps that may touch the network."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from modelcollapse.corpora import hub, mirror
from modelcollapse.corpora.images import Images, read_idx, write_images
from modelcollapse.corpora.published import PublishedCorpus, published_corpus
from modelcollapse.runtime.files import sha256
from modelcollapse.runtime.parquet import write_parquet


def fetch_corpus(
    source: str,
    mirror_folder: Path | None,
    outputs: Mapping[str, Path],
    limits: Mapping[str, int | None] | None = None,
) -> None:
    """Copy a published corpus into our own files, verified, and record where it came from.

    Args:
        source: name of a published corpus.
        mirror_folder: a corpus mirror; None means the Hugging Face hub at the pinned revision.
        outputs: `train`, `validation`, `test` (Parquet, column `text`; images: `train`, `test` as ``.npz``) and
            `record` (JSON: origin, licence, sha256 of the raw files and of the outputs).
        limits: most documents (images) per split; the first ones are kept.

    Raises:
        ValueError: no such corpus, or the mirror lacks a file or holds a damaged one.
        RuntimeError: the hub cannot be reached, or holds other numbers of documents than expected.
    """
    corpus = published_corpus(source)
    limits = limits or {}
    record: dict[str, Any] = {
        "corpus": corpus.name,
        "licence": corpus.licence,
        "note": corpus.note,
        "origin": _origin(corpus, mirror_folder),
    }
    fetch_split = _fetch_images if corpus.holds_images else _fetch_texts
    record["splits"], record["raw_files"] = fetch_split(corpus, mirror_folder, outputs, limits)
    Path(outputs["record"]).write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _origin(corpus: PublishedCorpus, mirror_folder: Path | None) -> dict[str, str]:
    if mirror_folder is not None:
        return {"kind": "mirror"}
    return {
        "kind": "hub",
        "repository": corpus.repository,
        "configuration": corpus.configuration,
        "revision": corpus.revision,
    }


def _fetch_texts(
    corpus: PublishedCorpus, mirror_folder: Path | None, outputs: Mapping[str, Path], limits: Mapping[str, int | None]
) -> tuple[dict[str, Any], dict[str, str]]:
    splits: dict[str, Any] = {}
    raw_files: dict[str, str] = {}
    for published in corpus.documents:
        found = (
            _hub_texts(corpus, published)
            if mirror_folder is None
            else _mirror_texts(corpus, mirror_folder, published, raw_files)
        )
        texts = (text for text in found if text.strip())
        if published == "validation" and not corpus.has_test_split:
            whole = list(texts)
            parts = {"validation": whole[: len(whole) // 2], "test": whole[len(whole) // 2 :]}
        else:
            parts = {published: texts}
        for split, part in parts.items():
            splits[split] = _write_texts(islice(part, limits.get(split)), outputs[split], corpus, split)
    return splits, raw_files


def _mirror_texts(corpus: PublishedCorpus, mirror_folder: Path, split: str, raw_files: dict[str, str]) -> Iterable[str]:
    path = mirror.split_file(mirror_folder, corpus, split)
    raw_files[path.name] = mirror.verify(mirror_folder, path)
    return mirror.documents(path)


def _hub_texts(corpus: PublishedCorpus, split: str) -> Iterable[str]:
    data = hub.corpus_split(corpus, split)
    _check_count(corpus, split, len(data))
    return (row["text"] for row in data)


def _write_texts(texts: Iterable[str], path: Path, corpus: PublishedCorpus, split: str) -> dict[str, Any]:
    column = pa.array(texts, pa.string())
    if not len(column):
        raise ValueError(f"The {split} split of {corpus.name} holds no text.")
    write_parquet(pa.table({"text": column}), path, {"corpus": corpus.name, "split": split})
    return {"documents": len(column), "sha256": sha256(path)}


def _fetch_images(
    corpus: PublishedCorpus, mirror_folder: Path | None, outputs: Mapping[str, Path], limits: Mapping[str, int | None]
) -> tuple[dict[str, Any], dict[str, str]]:
    splits: dict[str, Any] = {}
    raw_files: dict[str, str] = {}
    for split in corpus.documents:
        if mirror_folder is None:
            images, labels = _hub_images(corpus, split)
        else:
            paths = mirror.idx_files(mirror_folder, corpus, split)
            raw_files.update({path.name: mirror.verify(mirror_folder, path) for path in paths})
            images, labels = read_idx(*paths)
        limit = limits.get(split)
        write_images((images[:limit], labels[:limit]), outputs[split])
        splits[split] = {"documents": len(labels[:limit]), "sha256": sha256(outputs[split])}
    return splits, raw_files


def _hub_images(corpus: PublishedCorpus, split: str) -> Images:
    data = hub.corpus_split(corpus, split)
    _check_count(corpus, split, len(data))
    pairs = [(np.asarray(row["image"], dtype=np.uint8), row["label"]) for row in data]
    return np.stack([image for image, _ in pairs]), np.array([label for _, label in pairs], dtype=np.uint8)


def _check_count(corpus: PublishedCorpus, split: str, found: int) -> None:
    if found != corpus.documents[split]:
        raise RuntimeError(
            f"The {split} split of {corpus.repository} at revision {corpus.revision[:12]} has {found} documents, "
            f"expected {corpus.documents[split]}: the download is incomplete. Delete it from the Hugging Face cache "
            "and run the same command again."
        )
