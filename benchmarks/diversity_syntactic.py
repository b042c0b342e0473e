"""Seconds of Weisfeiler-Lehman diversity beside GraKeL on 3,000 dependency trees, and of the parser.

Trees: the test and validation splits of UD English EWT where a corpus mirror has them, else random trees with the same
lengths.

Usage: OMP_NUM_THREADS=1 python -m benchmarks.diversity_syntactic [corpus mirror]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import grakel
import numpy as np

from modelcollapse.diversity import weisfeiler_lehman_diversity
from modelcollapse.diversity.parser.parse import CompactParser
from modelcollapse.diversity.parser.treebank import read_treebank
from modelcollapse.diversity.parser.treebank_source import mirror_file
from modelcollapse.diversity.syntactic.dependency import DependencyTree, Graph, tree_graph
from modelcollapse.runtime.seeds import generator

TREES = 3_000
GOLDEN = {
    200: (0.520245, 0.618604, 0.682509),
    1000: (0.651381, 0.736755, 0.787079),
    2077: (0.645479, 0.736326, 0.789019),
}
"""A GraKeL run's values on the first so many trees of the test split, for 1, 2 and 3 iterations."""

UPOS = ("NOUN", "VERB", "ADJ", "PUNCT", "DET", "ADP", "PRON", "AUX", "ADV", "PROPN")


def main() -> None:
    """Print what the trees are, the golden values, and a row per label convention."""
    mirror = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/corpora")
    try:
        test = read_treebank(mirror_file(mirror, "test"))
        trees = (test + read_treebank(mirror_file(mirror, "validation")))[:TREES]
    except ValueError as error:
        print(f"random trees, since there is no treebank ({error})")
        trees = random_trees()
    else:
        print(f"{len(trees)} trees of UD English EWT, {sum(len(tree.words) for tree in trees)} words")
        for size, expected in GOLDEN.items():
            graphs = [tree_graph(tree) for tree in test[:size]]
            found = [round(weisfeiler_lehman_diversity(graphs, h), 6) for h in (1, 2, 3)]
            print(f"first {size} test trees, h = 1, 2, 3: {found}, golden {list(expected)}")
            if found != list(expected):
                raise SystemExit("The golden values are not reached.")
    print("labels    GraKeL s: conversion + kernel = total   (CPU)    ours s   (CPU)   times faster   difference")
    for labels in ("upos", "relation", "word", "none"):
        graphs = [tree_graph(tree, labels) for tree in trees]
        conversion, kernel, peer_cpu, peer = _grakel(graphs)
        wall, cpu = time.perf_counter(), time.process_time()
        value = weisfeiler_lehman_diversity(graphs)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        total = conversion + kernel
        print(
            f"{labels:<8}  {conversion:>10.2f} + {kernel:.2f} = {total:.2f}  ({peer_cpu:.2f})   {wall:>6.3f}  ({cpu:.3f})"
            f"   {total / wall:>8.1f} ({peer_cpu / cpu:.1f} in CPU s)   {abs(value - peer):.1e}",
            flush=True,
        )
    _print_parser(trees)


def random_trees() -> list[DependencyTree]:
    """Trees of random shape, 1 to 30 words."""
    rng = generator("benchmark", "trees")
    trees = []
    for _ in range(TREES):
        words = int(rng.integers(1, 31))
        heads = tuple(int(rng.integers(0, number)) for number in range(1, words + 1))
        names = tuple(str(name) for name in rng.choice(UPOS, words))
        trees.append(DependencyTree(tuple(f"w{w}" for w in rng.integers(0, 3000, words)), names, heads, names))
    return trees


def _grakel(graphs: list[Graph]) -> tuple[float, float, float, float]:
    start, cpu = time.perf_counter(), time.process_time()
    converted = [
        grakel.Graph({pair for a, b in edges for pair in ((a, b), (b, a))}, node_labels=dict(enumerate(labels)))
        for labels, edges in graphs
    ]
    between = time.perf_counter()
    kernel = grakel.WeisfeilerLehman(n_iter=2, normalize=True, base_graph_kernel=grakel.VertexHistogram)
    matrix = kernel.fit_transform(converted)
    n = len(graphs)
    value = float(1 - (matrix.sum() - np.trace(matrix)) / (n * (n - 1)))
    return between - start, time.perf_counter() - between, time.process_time() - cpu, value


def _print_parser(trees: list[DependencyTree]) -> None:
    parser = CompactParser()
    wall, cpu = time.perf_counter(), time.process_time()
    parser.parse_words([tree.words for tree in trees])
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    words = sum(len(tree.words) for tree in trees)
    print(f"compact parser: {words} words in {wall:.2f} s ({cpu:.2f} CPU s): {words / cpu:.0f} words per CPU second")


if __name__ == "__main__":
    main()
