"""Prepare corpora: from harvested, drawn or fetched documents to training, validation and test files with a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from modelcollapse.corpora import pydocs, storyworld
from modelcollapse.corpora.corpus_record import text_counts, verify_splits, write_record
from modelcollapse.corpora.images import digits, read_images, write_images
from modelcollapse.corpora.published import published_corpus
from modelcollapse.corpora.settings import CorpusSettings
from modelcollapse.runtime.files import sha256
from modelcollapse.runtime.parquet import write_parquet
from modelcollapse.runtime.progress import say

TEXT_SPLITS = ("train", "validation", "test")
IMAGE_SPLITS = ("train", "test")
STORIES = {"train": 10_000, "validation": 1_000, "test": 1_000}
"""Stories of `storyworld` per split, unless the settings say otherwise."""


def prepare_text(
    settings: CorpusSettings,
    raw: Mapping[str, Path] | None,
    outputs: Mapping[str, Path],
    name: str | None = None,
    lock: Path | None = None,
) -> None:
    """Write the splits of one text corpus and its record.

    Args:
        settings: the corpus.
        raw: what ``fetch_corpus`` wrote (`train`, `validation`, `test`, `record`), for published corpora.
        outputs: `train`, `validation`, `test` (Parquet, column `text`), `record` (JSON), and, for `pydocs`, optionally
            `pairs` (Parquet, columns `prompt`, `text`, `split`).
        name: what the config calls the corpus; None means its source.
        lock: pip constraints file that `pydocs`' packages must obey; None means any version.

    Raises:
        ValueError: a raw file is damaged, or fewer documents exist than the settings ask for.
        RuntimeError: a package of `pydocs` is missing or not of the locked version.
    """
    if "pairs" in outputs and settings.source != "pydocs":
        raise ValueError(f"Only `pydocs` has pairs, not {settings.source!r}.")
    if settings.source == "pydocs":
        harvest = pydocs.harvest(settings.packages, settings.seed, lock)
        documents, facts = harvest.paragraphs, _pydocs_facts(harvest)
        if "pairs" in outputs:
            _write_pairs(harvest, outputs["pairs"])
    elif settings.source == "storyworld":
        documents, facts = _stories(settings), _storyworld_facts(settings)
    elif settings.source in ("wikitext", "tinystories"):
        documents, facts = _fetched(settings, raw)
    else:
        raise ValueError(f"{settings.source!r} is a corpus of images: use `prepare_images`.")
    record = {"name": name or settings.source, "source": settings.source, **facts, "splits": {}}
    may_be_smaller = facts["origin"].get("kind") == "mirror"
    for split in TEXT_SPLITS:
        texts = _limited(documents[split], getattr(settings, split), split, record["name"], may_be_smaller)
        write_parquet(
            pa.table({"text": pa.array(texts, pa.string())}), outputs[split], {"corpus": record["name"], "split": split}
        )
        record["splits"][split] = text_counts(texts) | {"sha256": sha256(outputs[split])}
    write_record(outputs["record"], record)


def prepare_pairs(settings: CorpusSettings, outputs: Mapping[str, Path], lock: Path | None = None) -> None:
    """Write only the pairs of `pydocs`, to `outputs["pairs"]`: name and summary, extended description, split.

    Raises:
        ValueError: the corpus is not `pydocs`.
        RuntimeError: a package is missing or not of the locked version.
    """
    if settings.source != "pydocs":
        raise ValueError(f"Only `pydocs` has pairs, not {settings.source!r}.")
    _write_pairs(pydocs.harvest(settings.packages, settings.seed, lock), outputs["pairs"])


def prepare_images(
    settings: CorpusSettings, raw: Mapping[str, Path] | None, outputs: Mapping[str, Path], name: str | None = None
) -> None:
    """Write the splits of one image corpus and its record.

    Args:
        settings: the corpus.
        raw: what ``fetch_corpus`` wrote (`train`, `test`, `record`), for published corpora.
        outputs: `train`, `test` (``.npz``: images uint8 [n, h, w], labels uint8 [n]) and `record` (JSON).
        name: what the config calls the corpus; None means its source.

    Raises:
        ValueError: a raw file is damaged, or fewer images exist than the settings ask for.
    """
    if settings.source == "digits":
        parts, facts = digits(settings.seed), _digits_facts()
    elif settings.source == "mnist":
        facts = _fetched_facts(settings, raw, IMAGE_SPLITS)
        parts = {split: read_images(raw[split]) for split in IMAGE_SPLITS}
    else:
        raise ValueError(f"{settings.source!r} is a corpus of text: use `prepare_text`.")
    record = {"name": name or settings.source, "source": settings.source, **facts, "splits": {}}
    for split in IMAGE_SPLITS:
        images, labels = parts[split]
        wanted = getattr(settings, split)
        count = len(_limited(labels, wanted, split, record["name"], facts["origin"].get("kind") == "mirror"))
        write_images((images[:count], labels[:count]), outputs[split])
        record["splits"][split] = {
            "documents": count,
            "height": images.shape[1],
            "width": images.shape[2],
            "sha256": sha256(outputs[split]),
        }
    write_record(outputs["record"], record)


def _limited(documents: Sequence, wanted: int | None, split: str, name: str, may_be_smaller: bool) -> Sequence:
    if not len(documents):
        raise ValueError(f"The {split} split of {name} is empty: the corpus is too small to be split.")
    if wanted is not None and wanted > len(documents):
        sentence = f"The {split} split of {name} has {len(documents)} documents, but {wanted} are asked for"
        if not may_be_smaller:
            raise ValueError(f"{sentence}: lower `corpora.{name}.{split}`, or set it to null for all.")
        say(f"{sentence}: the mirror holds a part of the corpus, and all of it is used.")
    return documents[:wanted]


def _stories(settings: CorpusSettings) -> dict[str, list[str]]:
    counts = {split: getattr(settings, split) or STORIES[split] for split in TEXT_SPLITS}
    return {split: storyworld.sample(count, settings.seed, split) for split, count in counts.items()}


def _storyworld_facts(settings: CorpusSettings) -> dict[str, Any]:
    return {
        "licence": "MIT (drawn by this package)",
        "origin": {"kind": "grammar", "seed": settings.seed, "entropy_nats_per_document": storyworld.entropy()},
    }


def _pydocs_facts(harvest: pydocs.Harvest) -> dict[str, Any]:
    packages = {found.name: {"version": found.version, "licence": found.licence} for found in harvest.packages}
    return {
        "licence": "; ".join(f"{name}: {facts['licence']}" for name, facts in packages.items()),
        "origin": {"kind": "installed packages", "packages": packages},
    }


def _digits_facts() -> dict[str, Any]:
    import sklearn

    return {
        "licence": "CC BY 4.0 (Alpaydin and Kaynak, UCI Machine Learning Repository)",
        "origin": {"kind": "installed packages", "packages": {"scikit-learn": {"version": sklearn.__version__}}},
    }


def _fetched(settings: CorpusSettings, raw: Mapping[str, Path] | None) -> tuple[dict[str, list[str]], dict[str, Any]]:
    facts = _fetched_facts(settings, raw, TEXT_SPLITS)
    documents = {}
    for split in TEXT_SPLITS:
        column = pq.read_table(raw[split], columns=["text"]).column("text")
        wanted = getattr(settings, split)
        documents[split] = (column if wanted is None else column.slice(0, wanted)).to_pylist()
    return documents, facts


def _fetched_facts(settings: CorpusSettings, raw: Mapping[str, Path] | None, splits: Sequence[str]) -> dict[str, Any]:
    corpus = published_corpus(settings.source)
    if raw is None:
        raise ValueError(f"{corpus.name} is a published corpus: fetch it first, and give its raw files.")
    record = verify_splits(raw["record"], {split: raw[split] for split in splits})
    if record.get("corpus") != corpus.name:
        raise ValueError(f"{raw['record']} describes {record.get('corpus')!r}, but {corpus.name!r} is to be prepared.")
    return {
        "licence": record["licence"],
        "note": record["note"],
        "origin": record["origin"] | {"raw_files": record["raw_files"]},
    }


def _write_pairs(harvest: pydocs.Harvest, path: Path) -> None:
    rows = [
        {"prompt": pair.prompt, "text": pair.text, "split": split}
        for split, pairs in harvest.pairs.items()
        for pair in pairs
    ]
    schema = pa.schema({"prompt": pa.string(), "text": pa.string(), "split": pa.string()})
    write_parquet(pa.Table.from_pylist(rows, schema), path, {"corpus": "pydocs"})
