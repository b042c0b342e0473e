"""Dependency trees, and the labelled graphs whose diversity is measured."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from operator import index

Graph = tuple[Sequence[Hashable], Sequence[tuple[int, int]]]
"""Labels of the nodes, and pairs of node numbers; an edge has no direction."""

LABEL_CONVENTIONS = ("upos", "relation", "word", "none")
ROOT_LABEL = "none"
"""Label of the artificial root, node 0, as in the authors' released script."""


@dataclass(frozen=True)
class DependencyTree:
    """One parsed sentence of n words.

    Attributes:
        words: n word forms.
        upos: n universal parts of speech.
        heads: n numbers in [0, n]: the head of each word, counted from 1; 0 is the artificial root.
        relations: n dependency relations, subtypes included (``nsubj:pass``).
    """

    words: tuple[str, ...]
    upos: tuple[str, ...]
    heads: tuple[int, ...]
    relations: tuple[str, ...]

    def __post_init__(self) -> None:
        size = len(self.words)
        if not len(self.upos) == len(self.heads) == len(self.relations) == size:
            raise ValueError(
                f"A tree needs as many parts of speech, heads and relations as words: found {size} words, "
                f"{len(self.upos)}, {len(self.heads)} and {len(self.relations)}."
            )
        for number, head in enumerate(self.heads, 1):
            if not 0 <= head <= size or head == number:
                raise ValueError(
                    f"Word {number} of a tree of {size} words has the head {head}: expected another word's number "
                    "from 1, or 0 for the root."
                )


def tree_graph(tree: DependencyTree, labels: str = "upos") -> Graph:
    """The undirected graph of a tree: node 0 is the artificial root, node i is word i.

    Args:
        tree: one sentence.
        labels: what a node is called: ``upos`` (the released script of Guo et al.), ``relation`` (to its head),
            ``word`` (form, lower-cased) or ``none`` (one label for all, the root too: structure only).

    Raises:
        ValueError: an unknown convention.
    """
    if labels not in LABEL_CONVENTIONS:
        raise ValueError(f"There are no node labels {labels!r}: expected one of {', '.join(LABEL_CONVENTIONS)}.")
    names: dict[str, Sequence[str]] = {
        "upos": tree.upos,
        "relation": tree.relations,
        "word": [word.lower() for word in tree.words],
        "none": [ROOT_LABEL] * len(tree.words),
    }
    return [ROOT_LABEL, *names[labels]], [(head, number) for number, head in enumerate(tree.heads, 1)]


def check_graph(graph: Graph, position: int) -> None:
    """Check that a graph is ``(labels, edges)`` with edges between its nodes.

    Raises:
        ValueError: it is not, or has no node.
    """
    try:
        labels, edges = graph
        size = len(labels)
        pairs = [(index(first), index(second)) for first, second in edges]
    except (TypeError, ValueError):
        raise ValueError(
            f"Graph {position} is not (labels, edges): expected a list of labels and a list of pairs of whole numbers, "
            "such as (['none', 'NOUN'], [(0, 1)])."
        ) from None
    if size == 0:
        raise ValueError(f"Graph {position} has no node: leave empty sentences out.")
    for first, second in pairs:
        if not (0 <= first < size and 0 <= second < size):
            raise ValueError(
                f"Graph {position} has the edge ({first}, {second}), but its nodes are 0 to {size - 1}: "
                "edges are pairs of positions in its list of labels."
            )
