"""Texts that others publish: fetched from a mirror or the hub, and read again from what was fetched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from modelcollapse.corpora import hub
from modelcollapse.corpora.corpus_record import verify_fetched, write_fetched
from modelcollapse.corpora.fetched import mirror
from modelcollapse.corpora.fetched.upstream import Upstream
from modelcollapse.corpora.loaded_corpus import LoadedCorpus, text_table
from modelcollapse.corpora.settings import CorpusSettings
from modelcollapse.runtime.files import sha256
from modelcollapse.runtime.parquet import write_parquet

SPLITS = ("train", "validation", "test")


def fetch_texts(corpus: Upstream, mirror_folder: Path | None, outputs: Mapping[str, Path]) -> None:
    """Write the raw splits (Parquet, column `text`) and their record; blank documents are left out.

    Where no test split is published, validation and test are the halves of the published validation split.

    Raises:
        ValueError: the mirror lacks a file or holds a damaged one, or a split holds no text.
        RuntimeError: the hub cannot be reached, or holds other numbers of documents than expected.
    """
    splits: dict[str, Any] = {}
    raw_files: dict[str, str] = {}
    for published in corpus.documents:
        found = (
            (row["text"] for row in hub.rows(corpus, published))
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
            splits[split] = _write_texts(part, outputs[split], corpus, split)
    write_fetched(outputs["record"], corpus, mirror_folder is not None, splits, raw_files)


def load_texts(corpus: Upstream, settings: CorpusSettings, raw: Mapping[str, Path]) -> LoadedCorpus:
    """The splits that ``fetch_texts`` wrote, each as long as the settings ask for.

    Raises:
        ValueError: a file is missing or damaged, or holds another corpus.
    """
    record = verify_fetched(corpus, raw, SPLITS)
    splits = {}
    for split in SPLITS:
        column = pq.read_table(raw[split], columns=["text"]).column("text")
        wanted = getattr(settings, split)
        splits[split] = text_table((column if wanted is None else column.slice(0, wanted)).to_pylist())
    origin = record["origin"] | {"raw_files": record["raw_files"]}
    return LoadedCorpus(splits=splits, licence=record["licence"], origin=origin, note=record["note"])


def _mirror_texts(corpus: Upstream, mirror_folder: Path, split: str, raw_files: dict[str, str]) -> Iterable[str]:
    path = mirror.split_file(mirror_folder, corpus, split)
    raw_files[path.name] = mirror.verify(mirror_folder, path)
    return mirror.documents(path)


def _write_texts(texts: Iterable[str], path: Path, corpus: Upstream, split: str) -> dict[str, Any]:
    column = pa.array(texts, pa.string())
    if not len(column):
        raise ValueError(f"The {split} split of {corpus.name} holds no text.")
    write_parquet(pa.table({"text": column}), path, {"corpus": corpus.name, "split": split})
    return {"documents": len(column), "sha256": sha256(path)}
