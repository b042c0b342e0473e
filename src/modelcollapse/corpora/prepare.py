"""Prepare corpora: from harvested, drawn, fetched or given documents to the files of each split, with a record.

What is a source's own is in its module of ``sources``, which is found by its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from modelcollapse.corpora.corpus_record import text_counts, write_record
from modelcollapse.corpora.images import Images, write_images
from modelcollapse.corpora.loaded_corpus import LoadedCorpus
from modelcollapse.corpora.settings import CorpusSettings
from modelcollapse.corpora.sources import find_source
from modelcollapse.runtime.files import sha256
from modelcollapse.runtime.parquet import write_parquet
from modelcollapse.runtime.progress import say


def prepare_corpus(
    settings: CorpusSettings,
    inputs: Mapping[str, Path],
    outputs: Mapping[str, Path],
    name: str | None = None,
    root: Path = Path(),
) -> None:
    """Write the splits of one corpus and its record.

    Args:
        settings: the corpus.
        inputs: what ``fetch_corpus`` wrote (a path per split, and `record`), for fetched sources; for `files`, the
            paths of ``dependencies.input_files`` under any names; empty for the others.
        outputs: a path per split, and `record` (JSON). Texts: Parquet with the column `text` (and `prompt`, where the
            corpus has prompts); images: ``.npz`` with images uint8 [n, height, width] and labels uint8 [n].
        name: what the config calls the corpus; None means its source.
        root: folder from which relative paths start, and where `requirements.lock` is looked for.

    Raises:
        ValueError: an input is damaged, fewer documents exist than the settings ask for, or a package of `pydocs` is
            missing or not of the locked version.
    """
    source = find_source(settings.source)
    loaded = source.load(settings, inputs, root)
    name = name or settings.source
    record = {"name": name, "source": settings.source, "licence": loaded.licence, "origin": dict(loaded.origin)}
    if loaded.note:
        record["note"] = loaded.note
    record["splits"] = {}
    write = _write_images if source.KIND == "images" else _write_texts
    for split in source.SPLITS:
        wanted = _count(loaded, split, getattr(settings, split), name)
        facts = {"corpus": name, "source": settings.source, "split": split}
        counts = write(loaded.splits[split], wanted, outputs[split], facts)
        record["splits"][split] = counts | {"sha256": sha256(outputs[split])}
    write_record(outputs["record"], record)


def _count(loaded: LoadedCorpus, split: str, wanted: int | None, name: str) -> int:
    """How many documents of the split are taken, from the start."""
    documents = loaded.splits[split]
    found = len(documents[1]) if isinstance(documents, tuple) else documents.num_rows
    if not found:
        raise ValueError(f"The {split} split of {name} is empty: the corpus is too small to be split.")
    if wanted is None or wanted <= found:
        return wanted or found
    sentence = f"The {split} split of {name} has {found} documents, but {wanted} are asked for"
    if loaded.origin["kind"] != "mirror":
        raise ValueError(f"{sentence}: lower `corpora.{name}.{split}`, or set it to null for all.")
    say(f"{sentence}: the mirror holds a part of the corpus, and all of it is used.")
    return found


def _write_texts(table: pa.Table, count: int, path: Path, facts: dict[str, str]) -> dict[str, Any]:
    table = table.slice(0, count)
    write_parquet(table, path, facts)
    counts = text_counts(table["text"].to_pylist())
    if "prompt" in table.column_names:
        counts["prompts"] = text_counts(table["prompt"].to_pylist())
    return counts


def _write_images(images: Images, count: int, path: Path, facts: dict[str, str]) -> dict[str, Any]:
    pixels, labels = images
    write_images((pixels[:count], labels[:count]), path)
    return {"documents": count, "height": pixels.shape[1], "width": pixels.shape[2]}
