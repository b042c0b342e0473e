"""Where others publish a corpus: repository, revision, licence, size."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Upstream:
    """The place from which a corpus of human text or images is fetched.

    Attributes:
        name: the source's name; also the corpus's folder in a mirror.
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
