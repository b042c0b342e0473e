"""`storyworld`: short stories drawn from a grammar, so that their true distribution is known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelcollapse.corpora.loaded_corpus import LoadedCorpus
    from modelcollapse.corpora.settings import CorpusSettings

KIND = "text"
SPLITS = ("train", "validation", "test")
LICENCE = "MIT (drawn by this package)"
FETCHED = False
OPTIONS = ("train", "validation", "test", "seed")

STORIES = {"train": 10_000, "validation": 1_000, "test": 1_000}
"""Stories per split, unless the settings say otherwise."""


def load(settings: CorpusSettings, inputs: Mapping[str, Path], root: Path) -> LoadedCorpus:
    """Stories drawn by the seed, and the entropy of their distribution."""
    from modelcollapse.corpora import storyworld
    from modelcollapse.corpora.loaded_corpus import LoadedCorpus, text_table

    counts = {split: getattr(settings, split) or STORIES[split] for split in SPLITS}
    splits = {split: text_table(storyworld.sample(count, settings.seed, split)) for split, count in counts.items()}
    origin = {"kind": "grammar", "seed": settings.seed, "entropy_nats_per_document": storyworld.entropy()}
    return LoadedCorpus(splits=splits, licence=LICENCE, origin=origin)


def vocabulary() -> list[str]:
    """Every word that can stand in a story, sorted."""
    from modelcollapse.corpora import storyworld

    return storyworld.vocabulary()
