"""The grammar of the stories, with true facts only (`human`) or with any value in a fact's place (`grammatical`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from modelcollapse.corpora.storyworld import words
from modelcollapse.corpora.storyworld.grammar import Alternative, Grammar, Nonterminal
from modelcollapse.corpora.storyworld.world import CLAUSES, NAMES, SUBPOPULATIONS, VALUES, log_uniform, true_value

HEROES_PER_DECADE = 40
WORDS_PER_DECADE = 20
STATED = 0.35
"""Chance of each attribute to be stated, before conditioning on at least one."""
VISITED = 0.7
"""Chance that somebody comes by."""

_ATTRIBUTES = tuple(CLAUSES)
_TIMES = (("morning", 0.4), ("evening", 0.25), ("day", 0.2), ("night", 0.1), ("afternoon", 0.05))
# word classes, and how many words share a decade of frequency
_CLASSES: dict[str, tuple[tuple[str, ...], int]] = {
    "weather": (words.WEATHER, 10),
    "found": (words.FOUND, 6),
    "adjective": (words.ADJECTIVES, WORDS_PER_DECADE),
    "object": (words.OBJECTS, WORDS_PER_DECADE),
    "adverb": (words.ADVERBS, WORDS_PER_DECADE),
    "verb": (words.VERBS, WORDS_PER_DECADE),
    "creature": (words.CREATURES, WORDS_PER_DECADE),
    "gift": (words.GIFTS, WORDS_PER_DECADE),
    "feeling": (words.FEELINGS, 14),
}


def human() -> Grammar:
    """The grammar of human stories: every stated fact is true."""
    return _grammar(True)


def grammatical() -> Grammar:
    """The grammar of all well-formed stories: a fact may have any value of its attribute. Its probabilities are not
    those of any author; it only tells false from ungrammatical."""
    return _grammar(False)


@cache
def _grammar(truthful: bool) -> Grammar:
    def alternatives(symbol: Nonterminal) -> Sequence[Alternative]:
        if symbol[0] == "value":
            return _value(*symbol[1:], truthful)
        return _RULES[symbol[0]](*symbol[1:])

    return Grammar(("story",), alternatives)


def _story() -> list[Alternative]:
    return [(1.0, ("one", ("word", "weather"), ("time",), ("setting",)))]


def _time() -> list[Alternative]:
    return [(probability, (word,)) for word, probability in _TIMES]


def _setting() -> list[Alternative]:
    return [(share, (*words.SETTINGS[place], ",", ("hero", place))) for place, share in SUBPOPULATIONS.items()]


def _hero(place: str) -> list[Alternative]:
    """The hero's name, and with it everything that follows: the name decides the pronoun and every fact."""
    shares = log_uniform(len(NAMES), HEROES_PER_DECADE)
    return [(share, (name, *_rest(name, place))) for name, share in zip(NAMES, shares, strict=True)]


def _rest(hero: str, place: str) -> tuple:
    pronoun = "she" if hero in words.SHE else "he"
    discovery = (
        ("word", "found"),
        "a",
        ("word", "adjective"),
        ("word", "object"),
        "by",
        "the",
        ("landmark", place),
        ".",
    )
    facts = (pronoun, ("facts", hero, -1))
    deed = (pronoun, ("word", "adverb"), ("word", "verb"), "it", ("visit", place))
    return (*discovery, *facts, *deed, ("ending", hero))


def _landmark(place: str) -> list[Alternative]:
    landmarks = words.LANDMARKS[place]
    return [(share, (word,)) for word, share in zip(landmarks, log_uniform(len(landmarks), 16), strict=True)]


def _word(name: str) -> list[Alternative]:
    listed, per_decade = _CLASSES[name]
    return [(share, (word,)) for word, share in zip(listed, log_uniform(len(listed), per_decade), strict=True)]


def _facts(hero: str, last: int) -> list[Alternative]:
    """The next stated attribute after number ``last``: each has chance ``STATED``, given that one more is stated."""
    left = range(last + 1, len(_ATTRIBUTES))
    some = 1 - (1 - STATED) ** len(left)
    alternatives: list[Alternative] = []
    for skipped, number in enumerate(left):
        attribute = _ATTRIBUTES[number]
        statement = (*CLAUSES[attribute], ("value", attribute, hero), ("more_facts", hero, number))
        alternatives.append((STATED * (1 - STATED) ** skipped / some, statement))
    return alternatives


def _more_facts(hero: str, last: int) -> list[Alternative]:
    none = (1 - STATED) ** (len(_ATTRIBUTES) - 1 - last)
    if none == 1:
        return [(1.0, (".",))]
    return [(none, (".",)), (1 - none, ("and", ("facts", hero, last)))]


def _value(attribute: str, hero: str, truthful: bool) -> list[Alternative]:
    if truthful:
        return [(1.0, (true_value(hero, attribute),))]
    values = VALUES[attribute]
    return [(1 / len(values), (value,)) for value in values]


def _visit(place: str) -> list[Alternative]:
    visitor = ("until", "a", ("word", "creature"), "came", *words.REQUESTS[place], ("word", "gift"), ".")
    return [(VISITED, (*visitor[:4], "and", *visitor[4:])), (1 - VISITED, (".",))]


def _ending(hero: str) -> list[Alternative]:
    feeling = ("word", "feeling")
    home = ("at", "last", hero, "went", "home", "to", ("value", "home", hero), ",", "feeling", feeling, ".")
    gift = ("in", "the", "end", hero, "gave", "it", "to", ("value", "friend", hero), "and", "felt", feeling, ".")
    sleep = ("that", "night", hero, "slept", "beside", "it", ",", feeling, "and", "warm", ".")
    return [(0.5, home), (0.3, gift), (0.2, sleep)]


_RULES: dict[str, Callable[..., list[Alternative]]] = {
    "story": _story,
    "time": _time,
    "setting": _setting,
    "hero": _hero,
    "landmark": _landmark,
    "word": _word,
    "facts": _facts,
    "more_facts": _more_facts,
    "visit": _visit,
    "ending": _ending,
}
