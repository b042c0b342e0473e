"""`corpus.json`: what a prepared corpus is, where it came from, and the sha256 by which damage is noticed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from modelcollapse.corpora.fetched.upstream import Upstream
from modelcollapse.runtime.files import sha256


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """Write a record as sorted, indented JSON."""
    Path(path).write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def read_record(path: Path) -> dict[str, Any]:
    """Read a record.

    Raises:
        ValueError: it is missing or no JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise ValueError(
            f"The record {path} cannot be read ({error}). Delete its folder and run the same command."
        ) from error


def verify_splits(record: Path, splits: Mapping[str, Path]) -> dict[str, Any]:
    """Compare split files with the sha256 in their record, and return the record.

    Raises:
        ValueError: a file is missing, differs, or is not in the record.
    """
    facts = read_record(record)
    for split, path in splits.items():
        expected = facts.get("splits", {}).get(split, {}).get("sha256")
        if expected is None:
            raise ValueError(f"{record} says nothing about the {split} split, which was to be read from {path}.")
        if not Path(path).is_file():
            raise ValueError(f"{path} is missing: delete {record} and run the same command again to make both.")
        found = sha256(path)
        if found != expected:
            raise ValueError(
                f"{path} is damaged: {record} expects sha256 {expected}, but the file has {found}. "
                "Delete the file and run the same command again."
            )
    return facts


def write_fetched(
    path: Path, corpus: Upstream, from_mirror: bool, splits: Mapping[str, Any], raw_files: Mapping[str, str]
) -> None:
    """Write what was fetched: origin, licence, counts and sha256 of the splits, and sha256 of the mirror's files."""
    origin = {"kind": "mirror"}
    if not from_mirror:
        origin = {
            "kind": "hub",
            "repository": corpus.repository,
            "configuration": corpus.configuration,
            "revision": corpus.revision,
        }
    facts = {"corpus": corpus.name, "licence": corpus.licence, "note": corpus.note, "origin": origin}
    write_record(path, facts | {"splits": splits, "raw_files": raw_files})


def verify_fetched(corpus: Upstream, raw: Mapping[str, Path], splits: Sequence[str]) -> dict[str, Any]:
    """Compare fetched splits with the sha256 in their record, and return the record.

    Args:
        corpus: what should have been fetched.
        raw: a path per split, and `record`.
        splits: names of the splits.

    Raises:
        ValueError: nothing was fetched, a file is missing or damaged, or the record describes another corpus.
    """
    if "record" not in raw:
        raise ValueError(f"{corpus.name} is published elsewhere: fetch it first, and give its raw files.")
    record = verify_splits(raw["record"], {split: raw[split] for split in splits})
    if record.get("corpus") != corpus.name:
        raise ValueError(f"{raw['record']} describes {record.get('corpus')!r}, but {corpus.name!r} is to be prepared.")
    return record


def text_counts(texts: Iterable[str]) -> dict[str, Any]:
    """Documents, words (separated by white space), characters, and the sha256 of the texts themselves.

    The last is the same whatever library version wrote the file.
    """
    documents = words = characters = 0
    digest = hashlib.sha256()
    for text in texts:
        documents += 1
        words += len(text.split())
        characters += len(text)
        digest.update(text.encode("utf-8") + b"\0")
    return {"documents": documents, "words": words, "characters": characters, "text_sha256": digest.hexdigest()}
