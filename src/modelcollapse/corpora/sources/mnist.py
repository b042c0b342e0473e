"""`mnist`: 70,000 images of handwritten digits, 28 x 28 (LeCun et al., 1998)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from modelcollapse.corpora.fetched.upstream import Upstream

if TYPE_CHECKING:
    from modelcollapse.corpora.loaded_corpus import LoadedCorpus
    from modelcollapse.corpora.settings import CorpusSettings

KIND = "images"
SPLITS = ("train", "test")
LICENCE = "CC BY-SA 3.0"
FETCHED = True
OPTIONS = ("train", "test")
UPSTREAM = Upstream(
    name="mnist",
    repository="ylecun/mnist",
    configuration="mnist",
    revision="77f3279092a1c1579b2250db8eafed0ad422088c",
    licence=LICENCE,
    documents={"train": 60000, "test": 10000},
    suffix="idx",
)
DOCUMENTS = UPSTREAM.documents
"""Images per split."""


def fetch(mirror: Path | None, outputs: Mapping[str, Path]) -> None:
    """Bring the raw splits; see ``fetched.image_splits.fetch_images``."""
    from modelcollapse.corpora.fetched.image_splits import fetch_images

    fetch_images(UPSTREAM, mirror, outputs)


def load(settings: CorpusSettings, inputs: Mapping[str, Path], root: Path) -> LoadedCorpus:
    """The fetched splits; see ``fetched.image_splits.load_images``."""
    from modelcollapse.corpora.fetched.image_splits import load_images

    return load_images(UPSTREAM, inputs)
