"""Vendi score: closed forms, primal against dual, n-gram kernel against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics.pairwise import cosine_similarity

from modelcollapse.diversity import ngram_vendi_score, vendi_score, vendi_score_of_kernel
from modelcollapse.diversity.collection import TextCollection
from modelcollapse.diversity.vendi import prepare_ngram_vendi_score


def test_closed_forms():
    assert vendi_score(np.eye(5)) == pytest.approx(5)
    assert vendi_score(np.ones((7, 3))) == pytest.approx(1)
    assert vendi_score(np.repeat(np.eye(3), 4, axis=0)) == pytest.approx(3)
    # two items of similarity s: eigenvalues (1 +- s) / 2
    for similarity in (0.0, 0.3, 0.9):
        shares = np.array([(1 + similarity) / 2, (1 - similarity) / 2])
        kernel = [[1, similarity], [similarity, 1]]
        assert vendi_score_of_kernel(kernel) == pytest.approx(np.exp(-np.sum(shares * np.log(shares))))
        assert vendi_score_of_kernel(kernel, 2) == pytest.approx(1 / np.sum(shares**2))
        assert vendi_score_of_kernel(kernel, np.inf) == pytest.approx(1 / shares.max())


@settings(deadline=None)
@given(st.integers(2, 12), st.integers(1, 12), st.integers(0, 1000), st.sampled_from([0.5, 1.0, 2.0, np.inf]))
def test_dual_and_primal_agree_in_any_order_and_for_copies(items, dimensions, seed, q):
    random = np.random.default_rng(seed)
    rows = random.normal(size=(items, dimensions))
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    value = vendi_score(rows, q)
    # eigenvalues that are zero count for nothing, up to the rounding of q = .5
    assert value == pytest.approx(vendi_score_of_kernel(unit @ unit.T, q), rel=1e-4)
    assert 1 - 1e-6 <= value <= items + 1e-6
    assert vendi_score(random.permutation(rows), q) == pytest.approx(value, rel=1e-6)
    assert vendi_score(np.repeat(rows, 3, axis=0) * 2.5, q) == pytest.approx(value, rel=1e-4)


def test_ngram_kernel_is_the_mean_of_cosines():
    random = np.random.default_rng(0)
    texts = [" ".join(f"w{word}" for word in random.integers(0, 9, 12)) for _ in range(20)]
    kernels = [
        cosine_similarity(
            CountVectorizer(analyzer="word", token_pattern=r"\w+", ngram_range=(n, n)).fit_transform(texts)
        )
        for n in (1, 2, 3)
    ]
    expected = vendi_score_of_kernel(np.mean(kernels, axis=0))
    assert ngram_vendi_score(texts, (1, 2, 3)) == pytest.approx(expected, abs=1e-9)
    subset = np.array([3, 4, 9, 17])
    statistic = prepare_ngram_vendi_score(TextCollection(texts), (1, 2, 3))
    of_part = ngram_vendi_score([texts[index] for index in subset], (1, 2, 3))
    assert statistic.value(subset) == pytest.approx(of_part, abs=1e-9)
    assert statistic.values([subset])[0] == pytest.approx(of_part, rel=1e-4)


def test_short_and_empty_texts_are_like_their_copies_only():
    assert ngram_vendi_score([["a"], ["a"], ["b"], ["b"]], [3]) == pytest.approx(2)
    assert ngram_vendi_score([[], [], ["a"]], [1]) == pytest.approx(ngram_vendi_score([["b"], ["b"], ["a"]], [1]))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: vendi_score([[1, np.nan], [0, 1]]), "NaN or infinite entries, first in row 0"),
        (lambda: vendi_score([[1, 0], [0, 0]]), "Embedding 1 is all zeros"),
        (lambda: vendi_score([[1, 0]]), "at least two rows"),
        (lambda: vendi_score([1, 0]), "at least two rows"),
        (lambda: vendi_score(np.eye(2), 0), "q of the Vendi score must be positive"),
        (lambda: vendi_score_of_kernel([[1, 2]]), "square"),
        (lambda: vendi_score_of_kernel([[1, 0.5], [0.2, 1]]), "symmetric"),
        (lambda: vendi_score_of_kernel([[2, 0], [0, 2]]), "Normalise it first"),
        (lambda: vendi_score_of_kernel([[1, np.inf], [np.inf, 1]]), "NaN or infinite"),
        (lambda: ngram_vendi_score(["a b"]), "at least two texts"),
        (lambda: ngram_vendi_score(["a b", "c"], []), "at least one n"),
        (lambda: ngram_vendi_score(["a"] * 10_001), "Draw at most 10000"),
    ],
)
def test_impossible_input_is_refused_in_a_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()
