"""Sentences and words: ordinary text, degenerate text, the released script's selection, draws."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcollapse.diversity.parser.sentences import (
    MAX_CHARACTERS,
    MAX_WORDS,
    sample_sentences,
    select_sentences,
    sentences_of_text,
    split_sentences,
    split_words,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Dr. Smith saw it (see Fig. 3). He left.", ["Dr. Smith saw it (see Fig. 3).", "He left."]),
        ("J. R. Miller wrote it. I did not.", ["J. R. Miller wrote it.", "I did not."]),
        ("It was I. Then we left.", ["It was I.", "Then we left."]),
        ('He said "Stop!" and left. "No."', ['He said "Stop!" and left.', '"No."']),
        ("It costs 3.50 dollars, e.g. in Rome. Really...", ["It costs 3.50 dollars, e.g. in Rome.", "Really..."]),
        ("the cat sat. the dog ran", ["the cat sat.", "the dog ran"]),
        ("He played . He won @-@ again .", ["He played .", "He won @-@ again ."]),
        ("A title\n\nA text that\nis wrapped.\n \nThe end", ["A title", "A text that\nis wrapped.", "The end"]),
        ("  \n\n ", []),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text, expected):
    assert split_sentences(text) == expected


def test_words_are_split_as_in_the_treebank():
    assert split_words("He doesn't like\nthe dog's  bed, does he?") == [
        *("He", "does", "n't", "like", "the", "dog", "'s", "bed", ",", "does", "he", "?")
    ]


def test_tokens_given_are_kept_and_end_at_final_marks():
    assert sentences_of_text(["don't", "stop", ".", "Go", "!", "", "on"]) == [
        ["don't", "stop", "."],
        ["Go", "!"],
        ["on"],
    ]
    assert sentences_of_text([]) == []


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("aB1.!?\"') \n\té’—漢 "), max_size=300))
def test_no_character_is_lost_and_no_sentence_is_too_long(text):
    sentences = sentences_of_text(text)
    assert "".join(word for words in sentences for word in words).split() == "".join(text.split()).split()
    assert all(0 < len(words) <= MAX_WORDS for words in sentences)
    assert all(0 < len(word) <= MAX_CHARACTERS for words in sentences for word in words)


@pytest.mark.parametrize(
    "text",
    ["word " * 10_000, "x" * 300_000, "!" * 30_000, "(" * 20_000, "." * 30_000 + " a", "a.b." * 20_000, ["x"] * 50_000],
    ids=["one token", "one word", "marks", "brackets", "stops", "dots", "tokens"],
)
def test_degenerate_text_is_cut_in_memory_in_proportion_to_its_length(text):
    tracemalloc.start()
    sentences = sentences_of_text(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(sentences) > 1 and max(map(len, sentences)) <= MAX_WORDS
    assert peak < 30e6


def test_ten_thousand_equal_tokens_are_parsed_within_a_fixed_address_space(tiny_parser):
    code = (
        "import resource, sys\n"
        "from modelcollapse.diversity.collection import TextCollection\n"
        "from modelcollapse.diversity.parser.parse import open_parser\n"
        "from modelcollapse.diversity.syntactic.distance_of_trees import prepare\n"
        "open_parser(sys.argv[1])\n"
        # what the interpreter and its libraries map already, and 400 MB for the work
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 400_000_000,) * 2)\n"
        "texts = ['word ' * 10_000, 'x' * 200_000, 'the dog sees a cat ' * 2_000, '!' * 20_000]\n"
        "statistic = prepare(TextCollection(texts), parser=sys.argv[1])\n"
        "print(statistic.options['n_sentences'], statistic.value())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tiny_parser)], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    count, value = done.stdout.split()
    # 10,000 words, 2,000 pieces of a word, 10,000 words, and marks: at most 100 words each
    assert int(count) >= 100 + 20 + 100 and 0 < float(value) < 1


def test_the_released_scripts_selection():
    sentences = [["a"], ["b"], ["c"], ["d"]]
    assert select_sentences(sentences, "inner") == [["b"], ["c"]]
    assert select_sentences(sentences[:2], "inner") == [["a"]]
    assert select_sentences(sentences[:1], "inner") == [["a"]]
    assert select_sentences([], "inner") == []
    assert select_sentences(sentences, "first") == [["a"]]
    assert select_sentences(sentences) == sentences
    with pytest.raises(ValueError, match="expected one of all, inner, first"):
        select_sentences(sentences, "last")


def test_a_draw_keeps_order_and_owners_and_follows_its_seed():
    sentences = [["a", "b"], [], ["c"], ["d", "e", "f"]]
    everything, owner = sample_sentences(sentences)
    assert everything == list("abcdef") and owner.tolist() == [0, 0, 2, 3, 3, 3]
    drawn, owners = sample_sentences(sentences, 4, seed=1)
    assert drawn == sorted(set(drawn)) and len(drawn) == 4
    assert owners.tolist() == [{"a": 0, "b": 0, "c": 2}.get(item, 3) for item in drawn]
    assert sample_sentences(sentences, 4, seed=1)[0] == drawn
    many = {tuple(sample_sentences(sentences, 4, seed=seed)[0]) for seed in range(30)}
    assert len(many) > 5
    np.testing.assert_array_equal(sample_sentences(sentences, 6)[1], owner)
    with pytest.raises(ValueError, match="7 sentences were asked for, but the texts have 6: choose n_sentences"):
        sample_sentences(sentences, 7)
