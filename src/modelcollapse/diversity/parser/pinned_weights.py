"""The pinned default parser: which file it is, and where it is looked for. Imports neither spaCy nor torch."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from modelcollapse.runtime.files import sha256, write_atomically

PARSER_VARIABLE = "MODELCOLLAPSE_PARSER"


@dataclass(frozen=True)
class PinnedFile:
    """A file known by its content: the name under which DVC keeps it (MD5), and what is checked (SHA-256)."""

    md5: str
    sha256: str
    bytes: int


PARSER = PinnedFile(
    md5="332defe1b2ae77d3a2f98f924ef2d924",
    sha256="9c3035375e005f7afe0cb5ee00f185bb5eb597355f193b2bf25393a0d2625231",
    bytes=3_167_088,
)
"""Trained by the rule ``train_parser`` on UD English EWT; licence, lineage and scores are in its header and in
``docs/diversity_models.md``."""


def find_parser() -> Path:
    """The default parser's file, verified.

    It is looked for at ``MODELCOLLAPSE_PARSER``, in the embedded DVC remote of the clone that this package is used in,
    and in the user's cache folder, where ``modelcollapse fetch-parser`` puts it.

    Raises:
        ValueError: it is nowhere, or damaged; the message says how to bring it.
    """
    if given := os.environ.get(PARSER_VARIABLE):
        return _verified(Path(given))
    for path in _places():
        if path.is_file():
            return _verified(path)
    raise ValueError(
        "The default parser is not here. It is kept in the repository of this package: work inside its clone, or type "
        "'modelcollapse fetch-parser' there once to keep it for other folders. "
        "Without the repository, train it (10 minutes on one core; needs the network once): 'modelcollapse "
        "fetch-treebank --help' and 'modelcollapse train-parser --help', and give its file as the parser."
    )


def fetch_parser(output: Path) -> None:
    """Copy the default parser, verified.

    Raises:
        ValueError: as ``find_parser``.
    """
    source = find_parser()
    with write_atomically(output) as temporary:
        shutil.copyfile(source, temporary)


def cached_parser() -> Path:
    """Where ``modelcollapse fetch-parser`` puts the parser if it is not told otherwise."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return folder / "modelcollapse" / f"parser-{PARSER.sha256[:16]}.safetensors"


def _places() -> Iterator[Path]:
    here = Path.cwd()
    # an editable installation lies in the clone; a step is run at its root
    for root in (Path(__file__).resolve().parents[4], here, *here.parents):
        yield root / "artifacts" / "files" / "md5" / PARSER.md5[:2] / PARSER.md5[2:]
    yield cached_parser()


def _verified(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"{PARSER_VARIABLE} names {path}, which does not exist. Unset it, or name the parser's file.")
    found = sha256(path)
    if found != PARSER.sha256:
        raise ValueError(
            f"The parser {path} has sha256 {found}, expected {PARSER.sha256}: it is damaged or another one. Bring it "
            "again ('git checkout artifacts', or delete the copy), or give another parser's file by name."
        )
    return path
