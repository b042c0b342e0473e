"""`pydocs`: human English prose from the docstrings of installed packages, without importing any of them.

For given package versions the paragraphs, the pairs and their splits are always the same. The text belongs to the
packages' authors and is never redistributed: every user harvests it from the own environment.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from modelcollapse.corpora.pydocs.docstrings import docstrings
from modelcollapse.corpora.pydocs.packages import Package
from modelcollapse.corpora.pydocs.prose import read
from modelcollapse.runtime.progress import progress

EXTENSION_MINIMUM_WORDS = 12
"""Fewest words of the extended description of a pair."""

SHARES = {"train": 0.90, "validation": 0.05, "test": 0.05}
"""Shares of the splits."""

_IDENTIFIER = re.compile(r"\S*(?:\d|_|\.\w|[a-z][A-Z]|[A-Z]{2})\S*")
_NOT_LETTERS = re.compile(r"[^a-z#]+")


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


def harvest(packages: Sequence[Package], seed: int = 0) -> Harvest:
    """Read, clean, deduplicate and split the prose of the packages.

    Paragraphs that differ only in numbers, identifiers, case or punctuation count as one; the first is kept. Split and
    order are a hash of that common form and the seed, so duplicates never stand in two splits, and a pair is in the
    split of its text.

    Args:
        packages: what ``packages.locate`` found.
        seed: decides the splits and the order.
    """
    paragraphs: dict[str, str] = {}
    pairs: dict[str, Pair] = {}
    for package in progress(packages, description="Harvesting docstrings"):
        for docstring in docstrings(package.module, package.root):
            reading = read(docstring.text)
            for paragraph in reading.paragraphs:
                paragraphs.setdefault(common_form(paragraph), paragraph)
            if reading.summary and len(reading.extension.split()) >= EXTENSION_MINIMUM_WORDS:
                pair = Pair(f"{docstring.name}: {reading.summary}", reading.extension)
                pairs.setdefault(common_form(reading.extension), pair)
    return Harvest(tuple(packages), _split(paragraphs, seed), _split(pairs, seed))


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
