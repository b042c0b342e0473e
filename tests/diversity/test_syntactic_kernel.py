"""Weisfeiler-Lehman diversity against GraKeL, the plain definition, and values worked out by hand."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from pathlib import Path

import grakel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcollapse.diversity.parser.treebank import read_treebank
from modelcollapse.diversity.parser.treebank_source import mirror_file
from modelcollapse.diversity.syntactic.dependency import LABEL_CONVENTIONS, DependencyTree, tree_graph
from modelcollapse.diversity.syntactic.distance_of_trees import weisfeiler_lehman_diversity
from modelcollapse.diversity.syntactic.weisfeiler_lehman import weisfeiler_lehman_features
from modelcollapse.runtime.seeds import generator


def grakel_diversity(graphs, iterations):
    """1 - the mean off-diagonal entry of GraKeL's normalised kernel matrix."""
    given = [
        ({pair for a, b in edges for pair in ((a, b), (b, a))}, dict(enumerate(labels))) for labels, edges in graphs
    ]
    kernel = grakel.WeisfeilerLehman(n_iter=iterations, normalize=True, base_graph_kernel=grakel.VertexHistogram)
    matrix = kernel.fit_transform([grakel.Graph(edges, node_labels=labels) for edges, labels in given])
    n = len(graphs)
    return 1 - (matrix.sum() - np.trace(matrix)) / (n * (n - 1))


def plain_diversity(graphs, iterations):
    """The definition with nested tuples as labels and a double loop over pairs."""
    counts = []
    for labels, edges in graphs:
        near = [set() for _ in labels]
        for a, b in edges:
            near[a].add(b)
            near[b].add(a)
        names = list(labels)
        count = Counter((0, name) for name in names)
        for level in range(1, iterations + 1):
            names = [(names[i], tuple(sorted((names[j] for j in near[i]), key=repr))) for i in range(len(names))]
            count.update((level, name) for name in names)
        counts.append(count)

    def kernel(one, other):
        return sum(times * other[key] for key, times in one.items())

    n = len(counts)
    total = sum(
        kernel(counts[i], counts[j]) / np.sqrt(kernel(counts[i], counts[i]) * kernel(counts[j], counts[j]))
        for i in range(n)
        for j in range(n)
        if i != j
    )
    return 1 - total / (n * (n - 1))


def random_trees(size, name="trees"):
    rng = generator(name)
    upos, relations = ["NOUN", "VERB", "ADJ", "PUNCT", "DET"], ["nsubj", "obj", "det", "amod", "punct"]
    trees = []
    for _ in range(size):
        words = int(rng.integers(1, 25))
        # heads lie to the left: a tree, with several roots now and then
        heads = tuple(int(rng.integers(0, number)) for number in range(1, words + 1))
        trees.append(
            DependencyTree(
                tuple(f"w{rng.integers(40)}" for _ in range(words)),
                tuple(rng.choice(upos, words)),
                heads,
                tuple(rng.choice(relations, words)),
            )
        )
    return trees


@pytest.mark.parametrize("labels", LABEL_CONVENTIONS)
@pytest.mark.parametrize("iterations", [1, 2, 3])
def test_equals_grakels_normalised_kernel_to_1e_8(labels, iterations):
    graphs = [tree_graph(tree, labels) for tree in random_trees(120)]
    assert abs(weisfeiler_lehman_diversity(graphs, iterations) - grakel_diversity(graphs, iterations)) < 1e-8


@st.composite
def graphs(draw):
    """Any undirected graph: cycles, loops, edges given twice or both ways, isolated nodes, labels of several types."""
    labels = draw(st.lists(st.sampled_from(["a", "b", 1, ("c", 2)]), min_size=1, max_size=6))
    node = st.integers(0, len(labels) - 1)
    return labels, draw(st.lists(st.tuples(node, node), max_size=8))


@settings(max_examples=100, deadline=None)
@given(st.lists(graphs(), min_size=2, max_size=5), st.integers(0, 3))
def test_equals_the_plain_definition_on_any_graphs(some, iterations):
    assert weisfeiler_lehman_diversity(some, iterations) == pytest.approx(plain_diversity(some, iterations), abs=1e-10)


@settings(max_examples=40, deadline=None)
@given(st.lists(graphs(), min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_neither_order_of_graphs_nor_of_nodes_matters(some, random):
    renamed = []
    for labels, edges in random.sample(some, len(some)):
        place = random.sample(range(len(labels)), len(labels))
        mixed = [labels[place.index(node)] for node in range(len(labels))]
        renamed.append((mixed, [(place[b], place[a]) for a, b in edges]))
    value = weisfeiler_lehman_diversity(some)
    assert weisfeiler_lehman_diversity(renamed) == pytest.approx(value, abs=1e-12)
    assert 0 <= value <= 1


def test_graphs_without_a_common_label_are_at_distance_one_and_no_rounding_above():
    some = [(["a", "a"], [(0, 0)]), (["b", "b", "b"], [])]
    assert weisfeiler_lehman_diversity(some) == 1
    assert weisfeiler_lehman_diversity(some[::-1]) == 1


def test_more_refinement_tells_more_graphs_apart():
    some = [tree_graph(tree) for tree in random_trees(60)]
    values = [weisfeiler_lehman_diversity(some, iterations) for iterations in range(4)]
    assert values == sorted(values) and values[0] < values[3]


def test_equal_graphs_have_no_diversity_and_graphs_without_a_common_label_have_1():
    assert weisfeiler_lehman_diversity([(["a", "b"], [(0, 1)])] * 3) == pytest.approx(0, abs=1e-15)
    assert weisfeiler_lehman_diversity([(["a"], []), (["b"], [])]) == pytest.approx(1, abs=1e-15)


def test_features_count_the_labels_of_every_level_by_hand():
    # a path a - b - a: level 0 {a: 2, b: 1}; level 1 {(a, b): 2, (b, aa): 1}
    features = weisfeiler_lehman_features([(["a", "b", "a"], [(0, 1), (1, 2)])], 1).toarray()
    assert sorted(features[0]) == [1, 1, 2, 2]


def test_a_star_of_10000_nodes_and_a_long_chain_take_memory_in_proportion():
    size = 10_000
    star = (["a"] * size, [(0, node) for node in range(1, size)])
    chain = (["a"] * size, [(node, node + 1) for node in range(size - 1)])
    tracemalloc.start()
    weisfeiler_lehman_diversity([star, chain, star])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6  # a matrix of neighbours would take 800 MB per graph


@pytest.mark.parametrize(
    ("some", "iterations", "message"),
    [
        ([], 2, "at least two graphs, but there are none"),
        ([(["a"], [])], 2, "there is 1"),
        ([(["a"], []), ([], [])], 2, "Graph 1 has no node"),
        ([(["a"], []), (["a"], [(0, 1)])], 2, r"Graph 1 has the edge \(0, 1\), but its nodes are 0 to 0"),
        ([(["a"], []), (["a", "b"], [(0, -1)])], 2, r"Graph 1 has the edge \(0, -1\)"),
        ([(["a"], []), 7], 2, "Graph 1 is not"),
        ([(["a"], []), (["a"], [(0, 0.5)])], 2, "whole"),
        ([(["a"], [])] * 2, -1, "iterations is -1"),
        ([(["a"], [])] * 2, 1.5, "iterations is 1.5"),
        ([(["a"], [])] * 2, True, "iterations is True"),
    ],
)
def test_malformed_graphs_are_named(some, iterations, message):
    with pytest.raises(ValueError, match=message):
        weisfeiler_lehman_diversity(some, iterations)


def test_a_tree_becomes_an_undirected_graph_with_an_artificial_root():
    tree = DependencyTree(("The", "cat", "sat"), ("DET", "NOUN", "VERB"), (2, 3, 0), ("det", "nsubj", "root"))
    edges = [(2, 1), (3, 2), (0, 3)]
    assert tree_graph(tree) == (["none", "DET", "NOUN", "VERB"], edges)
    assert tree_graph(tree, "relation")[0] == ["none", "det", "nsubj", "root"]
    assert tree_graph(tree, "word")[0] == ["none", "the", "cat", "sat"]
    assert tree_graph(tree, "none") == (["none"] * 4, edges)
    with pytest.raises(ValueError, match="expected one of upos, relation, word, none"):
        tree_graph(tree, "tag")


@pytest.mark.parametrize(
    ("heads", "message"),
    [((2, 4, 0), "head 4"), ((1, 0, 2), "Word 1 of a tree of 3 words has the head 1"), ((0, 1), "3 words, 3, 2 and 3")],
)
def test_a_tree_whose_heads_cannot_be_is_refused(heads, message):
    with pytest.raises(ValueError, match=message):
        DependencyTree(("a", "b", "c"), ("X",) * 3, heads, ("dep",) * 3)


def test_golden_values_of_the_released_scripts_conventions():
    """Values of a GraKeL run on UD English EWT's test split, where a corpus mirror lies beside the clone."""
    golden = {200: (0.520245, 0.618604, 0.682509), 2077: (0.645479, 0.736326, 0.789019)}
    mirror = Path(__file__).resolve().parents[3] / "shared" / "corpora"
    if (mirror / "ud_english_ewt").is_dir():
        trees = read_treebank(mirror_file(mirror, "test"))
    else:
        trees = random_trees(300, "golden")
        golden = {
            200: tuple(
                grakel_diversity([tree_graph(tree) for tree in trees[:200]], iterations) for iterations in (1, 2, 3)
            )
        }
    for size, expected in golden.items():
        graphs = [tree_graph(tree) for tree in trees[:size]]
        found = [weisfeiler_lehman_diversity(graphs, iterations) for iterations in (1, 2, 3)]
        assert found == pytest.approx(expected, abs=5.1e-7)
