"""`tinystories`: short stories written by GPT-3.5 and GPT-4 in the words of a small child (Eldan and Li, 2023)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from modelcollapse.corpora.fetched.upstream import Upstream

if TYPE_CHECKING:
    from modelcollapse.corpora.loaded_corpus import LoadedCorpus
    from modelcollapse.corpora.settings import CorpusSettings

KIND = "text"
SPLITS = ("train", "validation", "test")
LICENCE = "CDLA-Sharing-1.0"
FETCHED = True
OPTIONS = ("train", "validation", "test")
UPSTREAM = Upstream(
    name="tinystories",
    repository="roneneldan/TinyStories",
    configuration="default",
    revision="f54c09fd23315a6f9c86f9dc80f725de7d8f9c64",
    licence=LICENCE,
    documents={"train": 2119719, "validation": 21990},
    suffix="jsonl",
    note="No test split is published: validation and test are the halves of the published validation split.",
)
DOCUMENTS = {"train": 2119719, "validation": 10995, "test": 10995}
"""Most documents per split."""


def fetch(mirror: Path | None, outputs: Mapping[str, Path]) -> None:
    """Bring the raw splits; see ``fetched.text_splits.fetch_texts``."""
    from modelcollapse.corpora.fetched.text_splits import fetch_texts

    fetch_texts(UPSTREAM, mirror, outputs)


def load(settings: CorpusSettings, inputs: Mapping[str, Path], root: Path) -> LoadedCorpus:
    """The fetched splits; see ``fetched.text_splits.load_texts``."""
    from modelcollapse.corpora.fetched.text_splits import load_texts

    return load_texts(UPSTREAM, settings, inputs)
