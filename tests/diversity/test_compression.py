"""Compression ratio against the standard library's gzip and xz."""

from __future__ import annotations

import gzip
import lzma

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcollapse.diversity import compression_ratio
from modelcollapse.diversity.collection import TextCollection
from modelcollapse.diversity.lexical.measures.compression_ratio import prepare_compression_ratio


def words(count, kinds, seed=0):
    return [
        " ".join(f"w{word}" for word in np.random.default_rng([seed, i]).integers(0, kinds, 40)) for i in range(count)
    ]


@settings(deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=8).filter(any))
def test_sizes_are_the_standard_librarys(texts):
    data = " ".join(texts).encode("utf-8", "surrogatepass")
    assert compression_ratio(texts) == pytest.approx(len(data) / len(gzip.compress(data, 9)))
    assert compression_ratio(texts, "xz") == pytest.approx(len(data) / len(lzma.compress(data)))


def test_fewer_kinds_of_words_and_duplicates_compress_better():
    diverse, narrow = words(50, 1000), words(50, 5)
    assert compression_ratio(narrow) > compression_ratio(diverse)
    assert compression_ratio(diverse * 2) > 1.5 * compression_ratio(diverse)
    assert compression_ratio([text.split() for text in diverse]) == compression_ratio(diverse)


def test_order_of_the_texts_matters_little():
    texts = words(300, 200)
    shuffled = [texts[index] for index in np.random.default_rng(0).permutation(300)]
    assert compression_ratio(shuffled) == pytest.approx(compression_ratio(texts), rel=0.01)


def test_halves_by_the_quick_setting_vary_like_those_by_the_slow_one():
    texts = [text for kinds in (5, 20, 80, 300) for text in words(30, kinds)]
    statistic = prepare_compression_ratio(TextCollection(texts))
    random = np.random.default_rng(0)
    halves = [random.choice(120, 60, replace=False) for _ in range(60)]
    slow = np.array([statistic.value(half) for half in halves])
    assert slow[0] == compression_ratio([texts[index] for index in np.sort(halves[0])])
    quick = statistic.values(halves)
    assert np.corrcoef(slow, quick)[0, 1] > 0.97
    assert quick.std() / quick.mean() == pytest.approx(slow.std() / slow.mean(), rel=0.1)


def test_first_tokens_stand_for_the_text():
    cut = prepare_compression_ratio(TextCollection(["A b, c d", "e"]), tokens_per_text=2)
    assert cut.value() == compression_ratio(["a b", "e"])


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: compression_ratio([]), "no texts"),
        (lambda: compression_ratio(["", ""]), "All texts are empty"),
        (lambda: compression_ratio(["a"], "zip"), "no compression called 'zip'"),
    ],
)
def test_impossible_input_is_refused_in_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
