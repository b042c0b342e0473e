"""Published corpora: where each one is, at which revision, under which licence, and how large it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

REVISION = re.compile(r"^[0-9a-f]{40}$")


@dataclass(frozen=True)
class PublishedCorpus:
    """A corpus of human text or images that others publish.

    Attributes:
        name: key under which config files name it; also its folder in a corpus mirror.
        repository: dataset repository on the Hugging Face hub.
        configuration: configuration of the dataset.
        revision: commit of the repository, 40 hex digits.
        licence: of the data.
        documents: documents (images) per published split.
        suffix: format of its splits in a mirror: `txt` (one document per line), `jsonl` (key `text`) or `idx`.
        note: what a reader must know about our splits.
    """

    name: str
    repository: str
    configuration: str
    revision: str
    licence: str
    documents: dict[str, int] = field(hash=False)
    suffix: str
    note: str = ""

    @property
    def holds_images(self) -> bool:
        """Whether its documents are images."""
        return self.suffix == "idx"

    @property
    def has_test_split(self) -> bool:
        """Whether a test split is published."""
        return "test" in self.documents


CORPORA: dict[str, PublishedCorpus] = {
    corpus.name: corpus
    for corpus in (
        PublishedCorpus(
            name="wikitext",
            repository="Salesforce/wikitext",
            configuration="wikitext-2-raw-v1",
            revision="b08601e04326c79dfdd32d625aee71d232d685c3",
            licence="CC BY-SA 3.0 and GFDL",
            documents={"train": 36718, "validation": 3760, "test": 4358},
            suffix="txt",
            note="A document is one line of the published files; blank lines are left out.",
        ),
        PublishedCorpus(
            name="tinystories",
            repository="roneneldan/TinyStories",
            configuration="default",
            revision="f54c09fd23315a6f9c86f9dc80f725de7d8f9c64",
            licence="CDLA-Sharing-1.0",
            documents={"train": 2119719, "validation": 21990},
            suffix="jsonl",
            note="No test split is published: validation and test are the halves of the published validation split.",
        ),
        PublishedCorpus(
            name="mnist",
            repository="ylecun/mnist",
            configuration="mnist",
            revision="77f3279092a1c1579b2250db8eafed0ad422088c",
            licence="CC BY-SA 3.0",
            documents={"train": 60000, "test": 10000},
            suffix="idx",
        ),
    )
}
"""Every published corpus by name."""


def published_corpus(name: str) -> PublishedCorpus:
    """The published corpus of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in CORPORA:
        raise ValueError(f"{name!r} is no published corpus; published corpora are: {', '.join(CORPORA)}.")
    return CORPORA[name]


def check_revision(repository: str, revision: str | None) -> str:
    """The revision, if it pins one commit.

    Raises:
        ValueError: it is missing or no full commit hash: names such as `main` change under one's feet.
    """
    if revision is None or not REVISION.match(revision):
        raise ValueError(
            f"{repository} on the hub needs a pinned `revision`: 40 hex digits of a commit, not {revision!r}. Its "
            f"commits are listed at https://huggingface.co/{repository}/commits."
        )
    return revision
