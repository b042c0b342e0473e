"""Weisfeiler-Lehman subtree features (Shervashidze et al. 2011, JMLR 12:2539-2561, section 3.2; from memory, the text
was not at hand; equality with GraKeL's ``WeisfeilerLehman`` over ``VertexHistogram`` is tested).

A node's label at level 0 is its own; at level k it names the pair (its label at level k-1, the multiset of its
neighbours' labels at level k-1). A graph's features are how often each label of each level occurs.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from modelcollapse.diversity.syntactic.dependency import Graph, check_graph


@dataclass(frozen=True)
class _Forest:
    """All graphs side by side: nodes are numbered through.

    Attributes:
        labels: [nodes], in [0, number of labels).
        owner: [nodes], the graph of each node.
        first, second: [directed edges], both directions of every edge, each once.
        graphs: number of graphs.
    """

    labels: np.ndarray
    owner: np.ndarray
    first: np.ndarray
    second: np.ndarray
    graphs: int


def weisfeiler_lehman_features(graphs: Sequence[Graph], iterations: int = 2) -> sparse.csr_array:
    """How often each label of levels 0 to ``iterations`` occurs in each graph.

    Time and memory grow linearly with the number of edges (up to a sort). Labels are compared exactly, never by a hash
    that could collide.

    Args:
        graphs: n pairs ``(labels, edges)``: a list of labels, and pairs of positions in it. Edges have no direction; an
            edge given twice counts once.
        iterations: refinements h >= 0, GraKeL's ``n_iter``.

    Returns:
        [n, features], float64.

    Raises:
        ValueError: a graph is malformed or has no node, or ``iterations`` is negative or no whole number.
    """
    if isinstance(iterations, bool) or not isinstance(iterations, int | np.integer) or iterations < 0:
        raise ValueError(f"iterations is {iterations!r}: expected a whole number from 0; the released script uses 2.")
    forest = _lay_out(graphs)
    labels, levels = forest.labels, [forest.labels]
    for _ in range(iterations):
        labels = _refine(labels, forest.first, forest.second)
        levels.append(labels)
    sizes = [int(level.max(initial=-1)) + 1 for level in levels]
    columns = np.concatenate(
        [level + offset for level, offset in zip(levels, np.cumsum([0, *sizes[:-1]]), strict=True)]
    )
    rows = np.tile(forest.owner, len(levels))
    counts = sparse.coo_array((np.ones(len(rows)), (rows, columns)), (forest.graphs, sum(sizes))).tocsr()
    counts.sum_duplicates()
    return counts


def normalise_rows(features: sparse.csr_array) -> sparse.csr_array:
    """The rows divided by their lengths, which are positive: cosines become dot products."""
    lengths = np.sqrt(features.multiply(features).sum(axis=1))
    scaled = features.copy()
    scaled.data /= np.repeat(lengths, np.diff(features.indptr))
    return scaled


def _lay_out(graphs: Sequence[Graph]) -> _Forest:
    numbers: dict[Hashable, int] = {}
    labels: list[int] = []
    sizes, edge_counts = [], []
    ends: list[int] = []
    for position, graph in enumerate(graphs):
        check_graph(graph, position)
        names, edges = graph
        labels.extend(numbers.setdefault(name, len(numbers)) for name in names)
        sizes.append(len(names))
        edge_counts.append(len(edges))
        for first, second in edges:
            ends.append(first)
            ends.append(second)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    pairs = np.array(ends, dtype=np.int64).reshape(-1, 2) + np.repeat(starts[:-1], edge_counts)[:, None]
    nodes = int(starts[-1])
    # both directions, each once, by first end
    both = np.unique(np.concatenate([pairs[:, 0] * nodes + pairs[:, 1], pairs[:, 1] * nodes + pairs[:, 0]]))
    first, second = np.divmod(both, max(nodes, 1))
    owner = np.repeat(np.arange(len(sizes)), sizes)
    return _Forest(np.array(labels, dtype=np.int64), owner, first, second, len(sizes))


def _refine(labels: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """One level: nodes get equal numbers where their own labels and the sorted labels of their neighbours are equal."""
    several = int(labels.max(initial=0)) + 1
    # by first end, then by label: every node's neighbours in the order of their labels
    order = np.argsort(first * several + labels[second], kind="stable")
    around = np.zeros(len(labels), dtype=np.int64)
    nodes, names = _name_runs(first, labels[second][order])
    around[nodes] = names + 1
    return _number_pairs(labels, around)


def _name_runs(owners: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number the runs of values that belong to one owner: equal runs get equal numbers.

    Neighbours are joined pair by pair, each pair named by a number, until one name per owner is left: as many rounds as
    the logarithm of the longest run. A last value without a partner is joined with a mark that is no value, so runs of
    different lengths stay apart.

    Args:
        owners: [entries], sorted.
        values: [entries], in [0, entries + number of nodes).

    Returns:
        Owners that have a run, and its number.
    """
    while True:
        counts = np.bincount(owners)
        starts = np.cumsum(counts) - counts
        place = np.arange(len(owners)) - starts[owners]
        if not place.any():
            return owners, values
        even = np.flatnonzero(place % 2 == 0)
        joined = place[even] + 1 < counts[owners[even]]
        partner = np.zeros(len(even), dtype=np.int64)
        partner[joined] = values[even[joined] + 1] + 1
        owners, values = owners[even], _number_pairs(values[even], partner)


def _number_pairs(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Equal pairs of whole numbers from 0 get equal numbers from 0 without gaps."""
    return np.unique(one * (int(other.max(initial=0)) + 1) + other, return_inverse=True)[1]
