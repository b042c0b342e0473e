"""Attachment scores: how well predicted trees agree with gold trees over the same words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from modelcollapse.diversity.syntactic.dependency import DependencyTree


@dataclass(frozen=True)
class AttachmentScores:
    """Shares of words, in [0, 100].

    Attributes:
        uas: words with the right head, punctuation included.
        las: words with the right head and universal relation (subtypes cut off), punctuation included: the convention
            of the CoNLL 2018 shared task (Zeman et al., section 5).
        uas_words: as ``uas``, without words whose gold part of speech is PUNCT.
        las_words: as ``las``, without them.
        las_subtypes: as ``las``, with full relations (``nsubj:pass``).
        upos: words with the right part of speech.
        sentences: number of trees.
        words: number of words, punctuation included.
    """

    uas: float
    las: float
    uas_words: float
    las_words: float
    las_subtypes: float
    upos: float
    sentences: int
    words: int

    def as_dict(self) -> dict[str, float]:
        """All scores by name, rounded to two digits."""
        return {name: round(value, 2) for name, value in asdict(self).items()}

    def __str__(self) -> str:
        return (
            f"UAS {self.uas:.2f}, LAS {self.las:.2f} (without punctuation {self.uas_words:.2f} and "
            f"{self.las_words:.2f}; with subtypes {self.las_subtypes:.2f}), UPOS {self.upos:.2f} on {self.words} words "
            f"of {self.sentences} sentences with gold tokens"
        )


def attachment_scores(gold: Sequence[DependencyTree], predicted: Sequence[DependencyTree]) -> AttachmentScores:
    """Compare trees word by word.

    Raises:
        ValueError: no trees, other numbers of trees, or other words in one of them.
    """
    if not gold or len(gold) != len(predicted):
        raise ValueError(f"Scores need as many predicted as gold trees: found {len(predicted)} and {len(gold)}.")
    # per word: is no punctuation, head, universal relation, full relation, part of speech
    rows = []
    for number, (one, other) in enumerate(zip(gold, predicted, strict=True)):
        if one.words != other.words:
            raise ValueError(f"Predicted tree {number} has other words than the gold tree: parse the gold words.")
        for word in range(len(one.words)):
            head = one.heads[word] == other.heads[word]
            full = one.relations[word], other.relations[word]
            universal = [relation.partition(":")[0] for relation in full]
            rows.append(
                (
                    one.upos[word] != "PUNCT",
                    head,
                    head and universal[0] == universal[1],
                    head and full[0] == full[1],
                    one.upos[word] == other.upos[word],
                )
            )
    lexical = [row for row in rows if row[0]]
    return AttachmentScores(
        uas=_share(rows, 1),
        las=_share(rows, 2),
        uas_words=_share(lexical, 1),
        las_words=_share(lexical, 2),
        las_subtypes=_share(rows, 3),
        upos=_share(rows, 4),
        sentences=len(gold),
        words=len(rows),
    )


def _share(rows: list[tuple[bool, ...]], column: int) -> float:
    return 100 * sum(row[column] for row in rows) / len(rows) if rows else float("nan")
