"""`wikitext`: WikiText-2, Wikipedia's good and featured articles as raw text (Merity et al., 2017)."""

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
LICENCE = "CC BY-SA 3.0 and GFDL"
FETCHED = True
OPTIONS = ("train", "validation", "test")
UPSTREAM = Upstream(
    name="wikitext",
    repository="Salesforce/wikitext",
    configuration="wikitext-2-raw-v1",
    revision="b08601e04326c79dfdd32d625aee71d232d685c3",
    licence=LICENCE,
    documents={"train": 36718, "validation": 3760, "test": 4358},
    suffix="txt",
    note="A document is one line of the published files; blank lines are left out.",
)
DOCUMENTS = UPSTREAM.documents
"""Most documents per split: lines, the blank ones included."""


def fetch(mirror: Path | None, outputs: Mapping[str, Path]) -> None:
    """Bring the raw splits; see ``fetched.text_splits.fetch_texts``."""
    from modelcollapse.corpora.fetched.text_splits import fetch_texts

    fetch_texts(UPSTREAM, mirror, outputs)


def load(settings: CorpusSettings, inputs: Mapping[str, Path], root: Path) -> LoadedCorpus:
    """The fetched splits; see ``fetched.text_splits.load_texts``."""
    from modelcollapse.corpora.fetched.text_splits import load_texts

    return load_texts(UPSTREAM, settings, inputs)
