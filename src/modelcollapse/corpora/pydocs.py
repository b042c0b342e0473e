"""`pydocs`: human English prose from the docstrings of installed packages, without importing any of them.

For given package versions the paragraphs, the pairs and their splits are always the same. The text belongs to the
packages' authors and is never redistributed: every user harvests it from the own environment.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modelcollapse.corpora.docstrings import docstrings
from modelcollapse.corpora.prose import read
from modelcollapse.runtime.progress import progress

PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn", "torch", "transformers", "matplotlib", "nltk")
"""Distributions that are harvested by default, in this order."""

MODULES = {"scikit-learn": "sklearn"}
"""Import names that differ from the distribution's name."""

EXTENSION_MINIMUM_WORDS = 12
"""Fewest words of the extended description of a pair."""

SHARES = {"train": 0.90, "validation": 0.05, "test": 0.05}
"""Shares of the splits."""

_IDENTIFIER = re.compile(r"\S*(?:\d|_|\.\w|[a-z][A-Z]|[A-Z]{2})\S*")
_NOT_LETTERS = re.compile(r"[^a-z#]+")


@dataclass(frozen=True)
class Package:
    """An installed package.

    Attributes:
        name: name of the distribution.
        module: name under which it is imported.
        version: public version (`2.13.0` for `2.13.0+cpu`: builds carry the same text).
        licence: as its metadata state it.
        root: its folder.
    """

    name: str
    module: str
    version: str
    licence: str
    root: Path


@dataclass(frozen=True)
class Pair:
    """Qualified name and one-line summary of something, and the paragraph that describes it further."""

    prompt: str
    text: str


@dataclass(frozen=True)
class Harvest:
    """All prose found: paragraphs and pairs by split, each split in an order of its own (see ``position``)."""

    packages: tuple[Package, ...]
    paragraphs: dict[str, list[str]]
    pairs: dict[str, list[Pair]]


def harvest(packages: Sequence[str] | None = None, seed: int = 0, lock: Path | None = None) -> Harvest:
    """Read, clean, deduplicate and split the prose of the packages.

    Paragraphs that differ only in numbers, identifiers, case or punctuation count as one; the first is kept. Split and
    order are a hash of that common form and the seed, so duplicates never stand in two splits, and a pair is in the
    split of its text.

    Args:
        packages: names of distributions; None means ``PACKAGES``.
        seed: decides the splits and the order.
        lock: pip constraints file whose versions must be installed; None means any version.

    Raises:
        RuntimeError: a package is missing, or not of the locked version.
        ValueError: no package is named.
    """
    found = locate(PACKAGES if packages is None else packages, lock)
    paragraphs: dict[str, str] = {}
    pairs: dict[str, Pair] = {}
    for package in progress(found, description="Harvesting docstrings"):
        for docstring in docstrings(package.module, package.root):
            reading = read(docstring.text)
            for paragraph in reading.paragraphs:
                paragraphs.setdefault(common_form(paragraph), paragraph)
            if reading.summary and len(reading.extension.split()) >= EXTENSION_MINIMUM_WORDS:
                pair = Pair(f"{docstring.name}: {reading.summary}", reading.extension)
                pairs.setdefault(common_form(reading.extension), pair)
    return Harvest(found, _split(paragraphs, seed), _split(pairs, seed))


def locate(packages: Sequence[str], lock: Path | None = None) -> tuple[Package, ...]:
    """Find installed packages without importing them.

    Raises:
        RuntimeError: a package is missing, or not of the locked version.
        ValueError: no package is named.
    """
    if not packages:
        raise ValueError("`packages` is empty: name at least one installed package, or null for the default list.")
    expected = {} if lock is None else locked_versions(lock)
    return tuple(_locate(name, expected) for name in packages)


def _locate(name: str, expected: dict[str, str]) -> Package:
    module = MODULES.get(name, name.replace("-", "_"))
    try:
        distribution = importlib.metadata.distribution(name)
        specification = importlib.util.find_spec(module)
    except (importlib.metadata.PackageNotFoundError, ModuleNotFoundError):
        specification = None
    if specification is None or not specification.submodule_search_locations:
        raise RuntimeError(
            f"The corpus `pydocs` is made of the docstrings of installed packages, and {name!r} is not installed. "
            "Type `make setup`, or leave it out of `packages`."
        )
    version = distribution.version.split("+")[0]
    wanted = expected.get(_normalised(name))
    if wanted is not None and wanted != version:
        raise RuntimeError(
            f"The corpus `pydocs` needs {name} {wanted}, as locked, but {distribution.version} is installed: its text "
            "would differ. Type `make setup`."
        )
    return Package(
        name, module, version, licence(distribution.metadata), Path(specification.submodule_search_locations[0])
    )


def locked_versions(lock: Path) -> dict[str, str]:
    """Public versions by normalised name from a pip constraints file (lines such as ``numpy==2.4.6``)."""
    versions = {}
    for line in Path(lock).read_text(encoding="utf-8").splitlines():
        name, pinned, rest = line.split("#")[0].partition("==")
        if pinned:
            versions[_normalised(name.strip())] = re.split(r"[+;\s]", rest.strip())[0]
    return versions


def licence(metadata: importlib.metadata.PackageMetadata) -> str:
    """The licence that a distribution's metadata state."""
    expression = metadata.get("License-Expression")
    if expression:
        return expression
    classifiers = [entry for entry in metadata.get_all("Classifier") or [] if entry.startswith("License ::")]
    if classifiers:
        return classifiers[0].rsplit(" :: ", 1)[-1]
    stated = (metadata.get("License") or "").strip().splitlines()
    return stated[0] if stated else "not stated"


def common_form(paragraph: str) -> str:
    """What duplicates share: lower-case letters only, numbers and identifiers replaced by ``#``."""
    return _NOT_LETTERS.sub(" ", _IDENTIFIER.sub("#", paragraph).lower()).strip()


def position(form: str, seed: int) -> float:
    """Place in [0, 1) of a paragraph in the shuffled corpus: a hash of its common form and the seed."""
    digest = hashlib.blake2b(f"{seed}:{form}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def _split(texts: dict, seed: int) -> dict[str, list]:
    placed = sorted((position(form, seed), form) for form in texts)
    splits: dict[str, list] = {name: [] for name in SHARES}
    for place, form in placed:
        name = "train" if place < SHARES["train"] else "validation" if place < 1 - SHARES["test"] else "test"
        splits[name].append(texts[form])
    return splits


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
