"""Where the treebank comes from that the default parser is trained on: a corpus mirror, or a pinned download."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import urllib.error
import urllib.request
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelcollapse.runtime.files import write_atomically

SPLITS = ("train", "validation", "test")
TIMEOUT = 60.0
"""Seconds without an answer after which a download is given up."""

_OPENERS = {"": open, ".gz": gzip.open, ".xz": lzma.open}


@dataclass(frozen=True)
class TreebankFile:
    """One split: its Git blob, which names its content, and the SHA-256 of that content (CoNLL-U, not packed)."""

    blob: str
    sha256: str


NAME = "ud_english_ewt"
"""Folder in a corpus mirror."""
TITLE = "UD_English-EWT"
LICENCE = "CC BY-SA 4.0"
REPOSITORY = "https://github.com/UniversalDependencies/UD_English-EWT"
BLOBS = "https://api.github.com/repos/UniversalDependencies/UD_English-EWT/git/blobs/"
FILES: dict[str, TreebankFile] = {
    "train": TreebankFile(
        "34731d23bafeeff233fdcee18ffc0254b1aa0e28", "3fb78e2b55482c8ee00caa653af436c88c9e5bc9a73ce26e4ae3ddc79d2b7e7b"
    ),
    "validation": TreebankFile(
        "a994b6990643429070ecc6e236d26ad6a04bfefb", "531a54ff90d6ab12201c5a50c3e78e6ddac4de69abc4bce5d275d3cd29efe2b6"
    ),
    "test": TreebankFile(
        "c59667960ae967636606f47bc35f132a5557ad39", "e266e515a0a7547657ed3d90d9ba46487d6bd251f27ad4269d4e8a427c8555cd"
    ),
}
"""UD English EWT (Silveira et al. 2014) as it is pinned here: 12,544, 2,001 and 2,077 sentences."""


def fetch_treebank(mirror: Path | None, outputs: Mapping[str, Path]) -> None:
    """Copy the pinned treebank, unpacked and verified; the only code here that may use the network.

    Args:
        mirror: a corpus mirror, ``ud_english_ewt/{train,validation,test}.conllu[.gz|.xz]``; None downloads the blobs.
        outputs: files of the three splits.

    Raises:
        ValueError: the mirror lacks a split, or holds other content than the pinned one.
        RuntimeError: the download failed.
    """
    for split in SPLITS:
        content = _download(split) if mirror is None else _read(mirror_file(mirror, split))
        found = hashlib.sha256(content).hexdigest()
        if found != FILES[split].sha256:
            raise ValueError(
                f"The {split} split of {TITLE} has sha256 {found}, expected {FILES[split].sha256}: it is damaged or "
                "another release. To train on another release, give its files to 'modelcollapse train-parser' directly."
            )
        with write_atomically(outputs[split]) as temporary:
            temporary.write_bytes(content)


def mirror_file(mirror: Path, split: str) -> Path:
    """The file of a split in a corpus mirror.

    Raises:
        ValueError: it is missing.
    """
    folder = Path(mirror) / NAME
    for packed in _OPENERS:
        path = folder / f"{split}.conllu{packed}"
        if path.is_file():
            return path
    raise ValueError(
        f"{folder} holds no {split} split: a corpus mirror holds {NAME}/{{{','.join(SPLITS)}}}.conllu[.gz|.xz]. "
        "Check the mirror's folder, or leave it out to download the treebank."
    )


def describe_treebank(files: Mapping[str, Path]) -> dict[str, Any]:
    """Lineage of treebank files, found by their content: name, origin, licence, hashes of the unpacked splits."""
    hashes = {split: hashlib.sha256(_read(path)).hexdigest() for split, path in files.items()}
    if hashes == {split: file.sha256 for split, file in FILES.items()}:
        origin = {"name": TITLE, "repository": REPOSITORY, "licence": LICENCE}
        return origin | {"blobs": {split: file.blob for split, file in FILES.items()}, "sha256": hashes}
    return {"name": "another treebank", "licence": "see its own", "sha256": hashes}


def _read(path: Path) -> bytes:
    opener = _OPENERS.get(path.suffix, open)
    try:
        with opener(path, "rb") as stream:
            return stream.read()
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise ValueError(f"{path} cannot be unpacked ({error}): it is truncated or damaged. Copy it again.") from error


def _download(split: str) -> bytes:
    request = urllib.request.Request(BLOBS + FILES[split].blob, headers={"Accept": "application/vnd.github.raw"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return answer.read()
    except (urllib.error.URLError, TimeoutError, OSError) as error:
        raise RuntimeError(
            f"The {split} split of {TITLE} could not be downloaded from {REPOSITORY} ({error}). Two ways out: give a "
            f"corpus mirror that holds {NAME}/, with --mirror DIR, or run this one step with a network connection."
        ) from error
