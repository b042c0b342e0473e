"""The grammar machinery against enumeration, on grammars small enough to list every text."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcollapse.corpora.storyworld.grammar import END, Grammar

RULES = {
    ("s",): [(0.6, ("the", ("n",), ("v",), "now")), (0.4, ("a", ("n",), "and", ("n",)))],
    ("n",): [(0.5, ("cat",)), (0.3, ("dog",)), (0.2, ("old", ("m",)))],
    ("m",): [(0.9, ("man",)), (0.1, ("cat",))],
    ("v",): [(0.25, ("runs",)), (0.75, ("sees", "the", ("m",)))],
}
MINI = Grammar(("s",), RULES)


@st.composite
def grammars(draw) -> Grammar:
    """Random layered grammars; ambiguous ones too."""
    layers = draw(st.integers(1, 3))
    rules = {}
    for layer in range(layers):
        below = [("n", layer + 1, i) for i in range(2)] if layer + 1 < layers else []
        symbols = st.sampled_from([*"abc", *below])
        for index in range(1 if layer == 0 else 2):
            bodies = draw(st.lists(st.lists(symbols, min_size=1, max_size=3), min_size=1, max_size=3))
            weights = draw(st.lists(st.integers(1, 5), min_size=len(bodies), max_size=len(bodies)))
            rules[("n", layer, index)] = [(w / sum(weights), tuple(b)) for w, b in zip(weights, bodies, strict=True)]
    return Grammar(("n", 0, 0), rules)


def texts_with_probability(grammar: Grammar) -> Counter:
    total: Counter = Counter()
    for text, probability in grammar.texts():
        total[text] += probability
    return total


@settings(max_examples=60, deadline=None)
@given(grammars())
def test_probabilities_and_next_words_agree_with_enumeration(grammar: Grammar) -> None:
    enumerated = texts_with_probability(grammar)
    assert math.isclose(sum(enumerated.values()), 1.0, abs_tol=1e-9)
    for text, probability in itertools.islice(enumerated.items(), 20):
        assert math.isclose(math.exp(grammar.log_probability(text)), probability, rel_tol=1e-9)
        words = text.split()
        cut = len(words) // 2
        prefix = words[:cut]
        after: Counter = Counter()
        for other, weight in enumerated.items():
            if other.split()[:cut] == prefix:
                after[(*other.split(), END)[cut]] += weight
        distribution = grammar.next_word_distribution(" ".join(prefix))
        assert math.isclose(sum(distribution.values()), 1.0, rel_tol=1e-9)
        assert set(distribution) == set(after)
        for word, weight in after.items():
            assert math.isclose(distribution[word], weight / sum(after.values()), rel_tol=1e-9)


@settings(max_examples=60, deadline=None)
@given(grammars())
def test_occurrence_agrees_with_enumeration(grammar: Grammar) -> None:
    for word in "abc":
        listed = sum(p for text, p in grammar.texts() if word in text.split())
        assert math.isclose(grammar.occurrence_probability(word), listed, rel_tol=1e-9, abs_tol=1e-12)


@settings(max_examples=60, deadline=None)
@given(grammars())
def test_entropy_agrees_with_enumeration(grammar: Grammar) -> None:
    """Over derivations always; over texts when the grammar says it is unambiguous."""
    derivations = -math.fsum(p * math.log(p) for _, p in grammar.texts())
    assert math.isclose(grammar.entropy(), derivations, rel_tol=1e-9, abs_tol=1e-12)
    if not grammar.ambiguous_choices():
        texts = texts_with_probability(grammar)
        assert len(texts) == len(list(grammar.texts()))
        assert all(len(grammar.derivations(text)) == 1 for text in itertools.islice(texts, 20))


def test_entropy_of_a_grammar_worked_out_by_hand() -> None:
    def h(*ps: float) -> float:
        return -sum(p * math.log(p) for p in ps)

    m = h(0.9, 0.1)
    n = h(0.5, 0.3, 0.2) + 0.2 * m
    v = h(0.25, 0.75) + 0.75 * m
    assert MINI.ambiguous_choices() == []
    assert math.isclose(MINI.entropy(), h(0.6, 0.4) + 0.6 * (n + v) + 0.4 * 2 * n, rel_tol=1e-12)


def test_ambiguity_is_found_and_probabilities_stay_right() -> None:
    grammar = Grammar(
        ("s",), {("s",): [(0.5, ("a", "b")), (0.3, (("t",), "b")), (0.2, ("a",))], ("t",): [(1.0, ("a",))]}
    )
    assert grammar.ambiguous_choices() == [("s",)]
    assert len(grammar.derivations("a b")) == 2
    assert math.isclose(math.exp(grammar.log_probability("a b")), 0.8)
    assert grammar.next_word_distribution("a") == pytest.approx({"b": 0.8, END: 0.2})


def test_what_cannot_be_has_no_probability() -> None:
    for text in ("", "the", "the cat runs", "the cat runs now now", "dog", "the zebra runs now"):
        assert MINI.log_probability(text) == -math.inf
        assert MINI.derivations(text) == []
    with pytest.raises(ValueError, match="'zebra' cannot stand there"):
        MINI.next_word_distribution("the zebra")


def test_whole_text_is_followed_by_the_end() -> None:
    assert MINI.next_word_distribution("the cat runs now") == {END: 1.0}


def test_samples_follow_the_distribution() -> None:
    rng = np.random.default_rng(1)
    count = 20_000
    seen = Counter()
    for _ in range(count):
        derivation = MINI.sample(rng)
        seen[derivation.text] += 1
        assert math.isclose(derivation.log_probability, MINI.log_probability(derivation.text), rel_tol=1e-9)
    for text, p in texts_with_probability(MINI).items():
        assert abs(seen[text] - count * p) < 5 * math.sqrt(count * p * (1 - p)) + 1


@pytest.mark.parametrize("target", ["cat", "man", ("m",), "dog"])
def test_conditioned_samples_follow_the_conditioned_distribution(target) -> None:
    """Checked against rejection: the conditional distribution of whole texts given that the target occurs."""
    rng = np.random.default_rng(2)
    if isinstance(target, str):
        allowed = {text: p for text, p in texts_with_probability(MINI).items() if target in text.split()}
    else:
        expanded = {text: MINI.derivations(text)[0].expanded for text, _ in MINI.texts()}
        allowed = {t: p for t, p in texts_with_probability(MINI).items() if any(s == target for s, _ in expanded[t])}
    q = sum(allowed.values())
    assert math.isclose(MINI.occurrence_probability(target), q, rel_tol=1e-12)
    count = 8000
    seen = Counter(MINI.sample_containing(target, rng).text for _ in range(count))
    assert set(seen) <= set(allowed)
    for text, p in allowed.items():
        expected = count * p / q
        assert abs(seen[text] - expected) < 5 * math.sqrt(expected) + 1


def test_text_without_the_target_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="cannot occur"):
        MINI.sample_containing("zebra", np.random.default_rng(0))


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({("s",): [(0.5, ("a",))]}, "sum to 0.5"),
        ({("s",): [(1.0, ())]}, "empty alternative"),
        ({("s",): [(1.5, ("a",)), (-0.5, ("b",))]}, "not in"),
        ({("s",): [(1.0, (("t",),))]}, "no alternatives"),
        ({("s",): [(0.5, ("a", ("s",))), (0.5, ("a",))]}, "reach itself"),
    ],
)
def test_wrong_grammars_are_refused(rules, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Grammar(("s",), rules)
