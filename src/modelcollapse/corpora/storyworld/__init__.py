"""A world of short stories whose true distribution is known, so that what a model forgets can be measured exactly.

Every text has one derivation: its probability, the distribution of each next word and the entropy are exact. Texts are
lower-case words separated by single spaces. The grammar is in the module `stories`.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Literal

from modelcollapse.corpora.storyworld import stories, words
from modelcollapse.corpora.storyworld.grammar import END, Derivation, Grammar, Symbol
from modelcollapse.corpora.storyworld.world import CLAUSES, Fact, true_facts, true_value
from modelcollapse.runtime.seeds import generator

__all__ = [
    "COMMONEST",
    "END",
    "RAREST",
    "Fact",
    "Grammar",
    "cloze",
    "entropy",
    "item_contexts",
    "items_in",
    "log_probability",
    "next_word_distribution",
    "rare_items",
    "sample",
    "stated_facts",
    "subpopulation",
    "truth",
    "vocabulary",
]

RAREST = 1e-5
COMMONEST = 1e-1
"""Range of the per-story probability q of `rare_items`: N q is .1 to 1,000 for N = 10,000 training stories."""


def log_probability(text: str) -> float:
    """Natural logarithm of the probability that a human story is ``text``, end included.

    ``-inf`` if it cannot be: ungrammatical texts, and texts that state a false fact (see ``truth``).
    """
    return stories.human().log_probability(text)


def next_word_distribution(prefix: str) -> dict[str, float]:
    """True probability of each possible next word after ``prefix`` (which may be empty); ``END`` ends the story.

    Raises:
        ValueError: no human story begins with ``prefix``.
    """
    return stories.human().next_word_distribution(prefix)


def entropy() -> float:
    """Exact entropy of a story, end included, in nats."""
    return stories.human().entropy()


def vocabulary() -> list[str]:
    """Every word that can stand in a grammatical story, sorted: the closed vocabulary of a word-level tokenizer."""
    return stories.grammatical().vocabulary()


def sample(count: int, seed: int, split: str = "train") -> list[str]:
    """Draw ``count`` human stories, independent and identically distributed.

    The first stories are the same whatever ``count`` is; splits are independent streams.

    Raises:
        ValueError: ``count`` is negative.
    """
    if count < 0:
        raise ValueError(f"{count} stories cannot be drawn: give a count of at least 0.")
    rng = generator(seed, "storyworld", split)
    grammar = stories.human()
    return [grammar.sample(rng).text for _ in range(count)]


def truth(text: str) -> Literal["ungrammatical", "false", "true"]:
    """Whether ``text`` is no story, a story that states at least one false fact, or a story whose facts all hold."""
    if math.isfinite(log_probability(text)):
        return "true"
    return "false" if stories.grammatical().derivations(text) else "ungrammatical"


def stated_facts(text: str) -> list[Fact]:
    """The facts that a story states, true or false (``Fact.is_true``), in the order of the text.

    Raises:
        ValueError: ``text`` is no story.
    """
    return _facts_of(_derivation(text))


def subpopulation(text: str) -> str:
    """The setting of a story: ``valley`` (74 %), ``coast`` (20 %), ``mountains`` (5 %) or ``desert`` (1 %).

    Only the opening is read, so that damaged stories and prefixes of at least seven words have one too.

    Raises:
        ValueError: the opening names no setting.
    """
    opening = tuple(text.split()[3:6])
    for place, phrase in words.SETTINGS.items():
        if opening == phrase:
            return place
    raise ValueError(
        f"The text {' '.join(text.split()[:8])!r}... names no setting: words 4 to 6 must be one of "
        f"{', '.join(repr(' '.join(phrase)) for phrase in words.SETTINGS.values())}."
    )


@cache
def _all_items() -> dict[str, Symbol]:
    facts = {fact.clause: ("value", fact.attribute, fact.hero) for fact in true_facts()}
    return {word: word for word in vocabulary()} | facts


@cache
def _probabilities() -> dict[str, float]:
    grammar = stories.human()
    return {item: grammar.occurrence_probability(symbol) for item, symbol in _all_items().items()}


def rare_items() -> dict[str, float]:
    """Words and facts, each with the exact probability q that a human story contains it, from rare to common.

    A word is its own key, a fact has its clause (such as ``mira came from velm``) as key and counts as contained
    however it is worded. All items with ``RAREST <= q <= COMMONEST``; at least 200 in every decade of q.
    """
    return dict(_listed_items())


@cache
def _listed_items() -> dict[str, float]:
    listed = ((item, q) for item, q in _probabilities().items() if RAREST <= q <= COMMONEST)
    return dict(sorted(listed, key=lambda pair: (pair[1], pair[0])))


def items_in(text: str) -> set[str]:
    """The items of ``rare_items`` in a text. Facts are found in grammatical stories only, and only if true."""
    items = _listed_items()
    found = {word for word in text.split() if word in items}
    derivations = stories.grammatical().derivations(text)
    if derivations:
        found.update(fact.clause for fact in _facts_of(derivations[0]) if fact.is_true and fact.clause in items)
    return found


def item_contexts(item: str, count: int, seed: int) -> list[tuple[str, str]]:
    """Draw ``count`` contexts that license an item: ``(prefix, word)``, where the word completes the item.

    The prefixes come from human stories conditioned on containing the item, cut before its first occurrence: what a
    model gives to the word there is to be compared with ``next_word_distribution(prefix)[word]``.

    Raises:
        ValueError: there is no such item.
    """
    symbol = _all_items().get(item)
    if symbol is None:
        raise ValueError(f"There is no item {item!r}: items are the keys of `rare_items()`.")
    rng = generator(seed, "storyworld contexts", item)
    contexts = []
    for _ in range(count):
        derivation = stories.human().sample_containing(symbol, rng)
        if isinstance(symbol, str):
            position = derivation.words.index(symbol)
        else:
            position = next(start for expanded, start in derivation.expanded if expanded == symbol)
        contexts.append((" ".join(derivation.words[:position]), derivation.words[position]))
    return contexts


def _derivation(text: str) -> Derivation:
    derivations = stories.grammatical().derivations(text)
    if not derivations:
        raise ValueError(f"The text {text[:60]!r}... is no grammatical story, so it states no facts.")
    return derivations[0]


def _facts_of(derivation: Derivation) -> list[Fact]:
    return [
        Fact(symbol[2], symbol[1], derivation.words[start])
        for symbol, start in derivation.expanded
        if symbol[0] == "value"
    ]


def cloze(hero: str, attribute: str) -> str:
    """The words that ask for a fact, such as ``mira came from``; the answer is ``world.true_value``.

    Raises:
        ValueError: the hero or the attribute is unknown.
    """
    true_value(hero, attribute)
    return " ".join((hero, *CLAUSES[attribute]))
