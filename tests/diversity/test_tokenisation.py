"""Tokens as the authors cut them, n-grams against plain Python."""

from __future__ import annotations

import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.tokenize import WordPunctTokenizer

from modelcollapse.diversity.collection import TextCollection
from modelcollapse.diversity.lexical.tokenisation import ngram_arrays, token_arrays, tokenise

token_lists = st.lists(st.lists(st.sampled_from("abcd"), max_size=8), min_size=1, max_size=6).filter(any)


# NLTK since 3.10 cuts with the module `regex`, for which superscript digits are no word characters and combining marks are
COMMON = st.characters(max_codepoint=0x17F, exclude_categories=["No", "Cc"]) | st.sampled_from("\n\t")


@settings(deadline=None)
@given(st.text(alphabet=COMMON, max_size=80))
def test_wordpunct_is_nltks(text):
    assert tokenise(text, "wordpunct") == WordPunctTokenizer().tokenize(text)


@settings(deadline=None)
@given(st.text(alphabet="aB1é,.'!?- \n", max_size=80))
def test_words_are_wordpunct_in_lower_case_without_single_marks(text):
    cut = WordPunctTokenizer().tokenize(text.lower())
    assert tokenise(text) == [token for token in cut if token not in string.punctuation or len(token) > 1]


def test_lists_of_tokens_pass_through_and_functions_are_called():
    assert tokenise(["It's", ",", "LATE"]) == ["It's", ",", "LATE"]
    assert tokenise("a-b", lambda text: text.split("-")) == ["a", "b"]
    assert tokenise("It's  late", "whitespace") == ["It's", "late"]


@settings(deadline=None)
@given(token_lists, st.integers(1, 5))
def test_ngrams_stay_inside_texts_and_are_numbered_in_lexicographic_order(lists, n):
    arrays = ngram_arrays(TextCollection(lists), n)
    expected = [
        (text, tuple(tokens[i : i + n])) for text, tokens in enumerate(lists) for i in range(len(tokens) - n + 1)
    ]
    number = {gram: index for index, gram in enumerate(sorted({gram for _, gram in expected}))}
    assert arrays.owners.tolist() == [text for text, _ in expected]
    assert arrays.ids.tolist() == [number[gram] for _, gram in expected]
    assert arrays.distinct == len(number)


def test_only_the_first_tokens_of_each_text():
    arrays = token_arrays(TextCollection(["a b c d", "e"]), tokens_per_text=2)
    assert arrays.lengths.tolist() == [2, 1]
    assert arrays.vocabulary == ("a", "b", "e")


def test_arrays_and_series_of_strings_are_texts():
    assert len(TextCollection(np.array(["a b", "c"]))) == 2
    assert TextCollection([("a", "b"), ["c"]]).strings == ["a b", "c"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: TextCollection([]), "no texts"),
        (lambda: TextCollection("one text"), "not one string"),
        (lambda: TextCollection(["a", None]), "Text 1 is neither"),
        (lambda: TextCollection(["a", 3.5]), "Drop missing entries"),
        (lambda: TextCollection([["a", 1]]), "Text 0 is neither"),
        (lambda: TextCollection(["a", ["b"]]), "in one form"),
        (lambda: tokenise("a", "bpe"), "no tokenizer called 'bpe'"),
        (lambda: token_arrays(TextCollection(["", "."])), "No text has a token"),
        (lambda: token_arrays(TextCollection(["a"]), tokens_per_text=0), "at least 1"),
        (lambda: ngram_arrays(TextCollection(["a"]), 0), "order of an n-gram"),
        (lambda: ngram_arrays(TextCollection(["a"]), 1.5), "order of an n-gram"),
    ],
)
def test_impossible_texts_are_refused_in_a_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()
