"""From plain texts to syntactic diversity; parsers by name; Stanza's interface."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

from modelcollapse.diversity.collection import TextCollection
from modelcollapse.diversity.parser.parse import CompactParser, open_parser, parse
from modelcollapse.diversity.parser.stanza_pipeline import StanzaParser
from modelcollapse.diversity.syntactic.dependency import DependencyTree, tree_graph
from modelcollapse.diversity.syntactic.distance_of_trees import prepare, weisfeiler_lehman_diversity

TEXTS = [
    "the dog sees a cat . a bird often likes the tree .",
    "this fox follows the dog .",
    "",
    "the cat slowly sees a tree . the bird likes this fox . a dog",
]


@pytest.mark.parametrize("labels", ["upos", "relation", "word", "none"])
def test_the_measure_of_texts_is_that_of_their_parsed_sentences(tiny_parser, labels):
    trees = parse(TEXTS, tiny_parser)
    assert [len(part) for part in trees] == [2, 1, 0, 3]
    graphs = [[tree_graph(tree, labels) for tree in part] for part in trees]
    statistic = prepare(TextCollection(TEXTS), parser=tiny_parser, labels=labels, iterations=1)
    pooled = [graph for part in graphs for graph in part]
    assert statistic.value() == pytest.approx(weisfeiler_lehman_diversity(pooled, 1), abs=1e-12)
    assert statistic.values([np.array([0, 1]), np.array([3, 2])]) == pytest.approx(
        [weisfeiler_lehman_diversity(graphs[0] + graphs[1], 1), weisfeiler_lehman_diversity(graphs[3], 1)], abs=1e-12
    )
    assert statistic.options["labels"] == labels and statistic.options["n_sentences"] == 6


def test_values_of_many_subsets_equal_one_at_a_time(tiny_parser, monkeypatch):
    statistic = prepare(TextCollection(TEXTS * 5), parser=tiny_parser)
    rng = np.random.default_rng(0)
    subsets = [rng.permutation(20)[:10] for _ in range(30)]
    together = statistic.values(subsets)
    assert together == pytest.approx([statistic.value(subset) for subset in subsets], abs=1e-12)
    # blocks of a few subsets give the same
    monkeypatch.setattr("modelcollapse.diversity.kernel_mean.BLOCK_ENTRIES", 100)
    assert statistic.values(subsets) == pytest.approx(together, abs=1e-12)


def test_texts_are_parsed_once_for_all_label_conventions(tiny_parser, monkeypatch):
    collection = TextCollection(TEXTS)
    prepare(collection, parser=tiny_parser)
    monkeypatch.setattr(CompactParser, "parse_words", lambda *_: pytest.fail("parsed again"))
    prepare(collection, parser=tiny_parser, labels="relation", iterations=3)


def test_lists_of_tokens_are_not_tokenised_again(tiny_parser):
    (tree,) = parse([["the", "dog's", "cat"]], tiny_parser)[0]
    assert tree.words == ("the", "dog's", "cat")


def test_selection_and_draw_of_sentences(tiny_parser):
    assert [len(part) for part in parse(TEXTS, tiny_parser, "inner")] == [1, 1, 0, 1]
    statistic = prepare(TextCollection(TEXTS), parser=tiny_parser, n_sentences=4, seed=2)
    assert statistic.options["n_sentences"] == 4
    with pytest.raises(ValueError, match="the texts have 6: choose n_sentences from 2 to 6"):
        prepare(TextCollection(TEXTS), parser=tiny_parser, n_sentences=7)
    with pytest.raises(ValueError, match="at least two sentences, but there is 1"):
        prepare(TextCollection(["the dog", ""]), parser=tiny_parser)


def test_an_unknown_parser_is_refused():
    with pytest.raises(ValueError, match="expected compact, stanza, or a parser's file"):
        open_parser("spacy")


def test_without_stanza_or_its_model_the_ways_out_are_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "stanza", None)
    with pytest.raises(RuntimeError, match=r"Stanza is not installed.*pip install stanza"):
        StanzaParser()

    def pipeline(*_, **__):
        raise FileNotFoundError("Resources file not found at: resources.json\nTry to download the model again.")

    monkeypatch.setitem(sys.modules, "stanza", types.SimpleNamespace(Pipeline=pipeline, __version__="1"))
    with pytest.raises(RuntimeError, match=r"model could not be loaded.*STANZA_RESOURCES_DIR"):
        StanzaParser()


def stanza_like(change=lambda word: word):
    """A package with Stanza's interface for sentences that are split: every word hangs from the first."""

    def pipeline(language, processors, tokenize_pretokenized, download_method, verbose):
        # nothing may be downloaded, and words come as lists
        assert (language, tokenize_pretokenized, download_method) == ("en", True, None)
        assert "depparse" in processors and not verbose

        def process(sentences):
            assert all(isinstance(word, str) for words in sentences for word in words)
            return types.SimpleNamespace(
                sentences=[
                    types.SimpleNamespace(
                        words=[
                            types.SimpleNamespace(
                                text=change(word), upos="X", head=min(n, 1), deprel="dep" if n else "root"
                            )
                            for n, word in enumerate(words)
                        ]
                    )
                    for words in sentences
                ]
            )

        return process

    return types.SimpleNamespace(Pipeline=pipeline, __version__="1.10")


def test_stanzas_words_become_trees_and_other_words_are_noticed(monkeypatch):
    monkeypatch.setitem(sys.modules, "stanza", stanza_like())
    parser = StanzaParser()
    assert parse(["One two. Three"], parser) == [
        [
            DependencyTree(("One", "two", "."), ("X",) * 3, (0, 1, 1), ("root", "dep", "dep")),
            DependencyTree(("Three",), ("X",), (0,), ("root",)),
        ]
    ]
    assert parser.identity == "stanza 1.10"
    monkeypatch.setitem(sys.modules, "stanza", stanza_like(str.lower))
    with pytest.raises(RuntimeError, match="other words than it was given"):
        parse(["One two."], StanzaParser())
