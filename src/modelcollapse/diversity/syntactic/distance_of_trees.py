"""Syntactic diversity: the mean distance between the dependency trees of all pairs of sentences."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from modelcollapse.diversity.collection import TextCollection
from modelcollapse.diversity.kernel_mean import MeanDistance, check_number_of_items, mean_distance
from modelcollapse.diversity.syntactic.dependency import Graph, tree_graph
from modelcollapse.diversity.syntactic.weisfeiler_lehman import normalise_rows, weisfeiler_lehman_features


def weisfeiler_lehman_diversity(graphs: Sequence[Graph], iterations: int = 2) -> float:
    """Mean over i != j of 1 - K(i, j) with the normalised Weisfeiler-Lehman subtree kernel; higher is more diverse.

    Formula: K(i, j) = <f_i, f_j> / (|f_i| |f_j|), f_i = counts of the node labels of levels 0 to ``iterations``; the mean
    in closed form, linear in the number of edges.

    Range [0, 1]. It rises with sentence length and with ``iterations``, and depends on what the labels are and on the
    parser: compare values of one setting only.

    Source: Guo et al. 2024, section on syntactic diversity; the setting of their released script is 2 iterations on
    graphs of ``dependency.tree_graph(tree, "upos")``. It is not what their table was made with: it gives 0.4 to 0.95 on
    human text where the table has 0.03 to 0.05, and only graphs without labels come near that. Compare directions.

    Args:
        graphs: n >= 2 pairs ``(labels, edges)``: a list of labels and a list of pairs of positions in it, undirected.
        iterations: refinements h >= 0.

    Raises:
        ValueError: fewer than two graphs, a malformed one, or negative iterations.

    >>> chain = (["NOUN", "VERB", "NOUN"], [(0, 1), (1, 2)])
    >>> star = (["VERB", "NOUN", "NOUN", "NOUN"], [(0, 1), (0, 2), (0, 3)])
    >>> round(weisfeiler_lehman_diversity([chain, chain]), 6)
    0.0
    >>> round(weisfeiler_lehman_diversity([chain, star], iterations=0), 6)
    0.010051
    >>> round(weisfeiler_lehman_diversity([chain, star]), 6)
    0.387174
    """
    graphs = list(graphs)
    check_number_of_items(len(graphs), "graphs")
    features = normalise_rows(weisfeiler_lehman_features(graphs, iterations))
    return mean_distance(np.asarray(features.sum(axis=0)), len(graphs), nonnegative=True)


def prepare(
    collection: TextCollection,
    parser: str | Path = "compact",
    labels: str = "upos",
    iterations: int = 2,
    sentences: str = "all",
    n_sentences: int | None = None,
    seed: int = 0,
) -> MeanDistance:
    """Weisfeiler-Lehman diversity of the sentences of texts, ready for any subset of the texts.

    Args:
        collection: the texts; one without words owns no sentence. Their parses are kept in it.
        parser: ``compact``, ``stanza``, or a parser's file; see ``parser.open_parser``.
        labels: ``upos``, ``relation``, ``word`` or ``none``; see ``dependency.tree_graph``.
        iterations: refinements h >= 0.
        sentences: ``all``, ``inner`` (as the released script selects them) or ``first`` of each text.
        n_sentences: how many sentences are drawn from the pool; None for all. The released script draws 3,000.
        seed: of the draw.

    Raises:
        ValueError: an option is unknown or wrong, or there are fewer than two sentences.
        RuntimeError: Stanza or its model is not installed.
    """
    from modelcollapse.diversity.parser.parse import open_parser, parse
    from modelcollapse.diversity.parser.sentences import sample_sentences

    opened = open_parser(parser)
    trees = collection.once(("trees", opened.identity, sentences), lambda: parse(collection.texts, opened, sentences))
    chosen, owner = sample_sentences(trees, n_sentences, seed)
    check_number_of_items(len(chosen), "sentences")
    graphs = [tree_graph(tree, labels) for tree in chosen]
    options = {
        "parser": opened.identity,
        "labels": labels,
        "iterations": iterations,
        "sentences": sentences,
        "n_sentences": len(chosen),
    }
    features = normalise_rows(weisfeiler_lehman_features(graphs, iterations))
    return MeanDistance(features, owner, len(collection), "sentences", options=options)
