"""`files`: your own texts, one file or a folder of text files, JSONL, CSV or Parquet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelcollapse.corpora.loaded_corpus import LoadedCorpus
    from modelcollapse.corpora.settings import CorpusSettings

KIND = "text"
SPLITS = ("train", "validation", "test")
LICENCE = "as the config's `licence` says"
FETCHED = False
OPTIONS = (
    "path",
    "text_column",
    "prompt_column",
    "document",
    "licence",
    "shares",
    "split_files",
    "prompt_tokens",
    "train",
    "validation",
    "test",
    "seed",
)

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
"""Shares of the splits, unless the settings say otherwise."""

TEXT_SUFFIXES = (".txt", ".txt.gz")
TABLE_SUFFIXES = (".jsonl", ".jsonl.gz", ".csv", ".csv.gz", ".parquet")
"""Endings of files with one text per row; files with other endings are left alone."""


def check(settings: CorpusSettings) -> None:
    """Refuse what is incomplete or contradicts itself.

    Raises:
        ValueError: see above.
    """
    for name in ("path", "licence"):
        if not getattr(settings, name):
            raise ValueError(f"'{name}' is required with the source 'files'")
    if settings.prompt_column is not None and settings.text_column is None:
        raise ValueError("'prompt_column' needs 'text_column': both are columns of the same file")
    if settings.prompt_column is not None and settings.prompt_column == settings.text_column:
        raise ValueError(f"'prompt_column' and 'text_column' are both '{settings.text_column}': name two columns")
    if settings.split_files is not None:
        if settings.shares is not None:
            raise ValueError("'shares' and 'split_files' exclude each other: give one of them")
        if settings.seed:
            raise ValueError("'seed' has no effect with 'split_files', whose splits are given")


def has_prompts(settings: CorpusSettings) -> bool:
    """Whether a column of prompts is named."""
    return settings.prompt_column is not None


def input_files(settings: CorpusSettings, root: Path) -> list[Path]:
    """Every file that is read, sorted.

    Raises:
        ValueError: there is none, or the settings do not suit its kind.
    """
    return sorted(path for paths in files_by_split(settings, root).values() for path in paths)


def files_by_split(settings: CorpusSettings, root: Path) -> dict[str, list[Path]]:
    """The sorted files of each split, or all of them under ``all`` where shares divide them.

    Raises:
        ValueError: there is none, one is in two splits, or the settings do not suit its kind.
    """
    base = root / settings.path
    if settings.split_files is None:
        return {"all": _files_at(base, settings)}
    places = {split: base / getattr(settings.split_files, split) for split in SPLITS}
    found = {split: _files_at(place, settings) for split, place in places.items()}
    owners: dict[Path, str] = {}
    for split, paths in found.items():
        for path in paths:
            if path in owners:
                raise ValueError(f"{path} is in two splits, {owners[path]} and {split}: give each its own files.")
            owners[path] = split
    return found


def load(settings: CorpusSettings, inputs: Mapping[str, Path], root: Path) -> LoadedCorpus:
    """The rows of the files, divided by split files or by shares.

    Raises:
        ValueError: files appeared or disappeared after the run began, or one cannot be read.
    """
    from modelcollapse.corpora.loaded_corpus import LoadedCorpus
    from modelcollapse.corpora.own_texts import divide, read_texts
    from modelcollapse.runtime.files import sha256

    found = files_by_split(settings, root)
    listed = sorted(path for paths in found.values() for path in paths)
    if {path.resolve() for path in listed} != {path.resolve() for path in inputs.values()}:
        raise ValueError(f"Files of {settings.path} were added or removed while the run went on: start it again.")
    splits = {split: read_texts(paths, settings) for split, paths in found.items()}
    if "all" in splits:
        shares = SHARES if settings.shares is None else settings.shares.model_dump()
        splits = divide(splits["all"], shares, settings.seed, settings.path)
    base = root / settings.path
    names = {path.relative_to(base).as_posix() if path != base else path.name: sha256(path) for path in listed}
    return LoadedCorpus(splits=splits, licence=settings.licence, origin={"kind": "files", "raw_files": names})


def _files_at(place: Path, settings: CorpusSettings) -> list[Path]:
    endings = ", ".join((*TEXT_SUFFIXES, *TABLE_SUFFIXES))
    if not place.exists():
        raise ValueError(f"{place} does not exist: check 'path' (and 'split_files') of the corpus.")
    if place.is_file():
        paths = [place]
        if not place.name.endswith((*TEXT_SUFFIXES, *TABLE_SUFFIXES)):
            raise ValueError(f"{place} is of no known kind: expected a name that ends in one of {endings}.")
    else:
        paths = sorted(path for path in place.rglob("*") if _is_read(path, place))
        if not paths:
            raise ValueError(f"{place} holds no file to read: expected names that end in one of {endings}.")
    for path in paths:
        is_table = path.name.endswith(TABLE_SUFFIXES)
        if is_table and settings.text_column is None:
            raise ValueError(f"{path} has columns: name the one with the texts as 'text_column' of the corpus.")
        if not is_table and settings.text_column is not None:
            raise ValueError(f"{path} has no columns, but 'text_column' is '{settings.text_column}': remove one.")
    return paths


def _is_read(path: Path, folder: Path) -> bool:
    """Whether a file of the folder is of a known kind; hidden ones and those in hidden folders are not read."""
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.is_file() and not hidden and path.name.endswith((*TEXT_SUFFIXES, *TABLE_SUFFIXES))
