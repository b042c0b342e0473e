"""What is true in `storyworld`: who lives there, how often each is told of, and the facts about each."""

from __future__ import annotations

from dataclasses import dataclass

from modelcollapse.corpora.storyworld import words

NAMES: tuple[str, ...] = tuple(name for pair in zip(words.SHE, words.HE, strict=True) for name in pair)
"""Heroes from the most to the least frequent."""

CLAUSES: dict[str, tuple[str, ...]] = {
    "home": ("came", "from"),
    "work": ("worked", "as", "a"),
    "pet": ("kept", "a"),
    "food": ("loved",),
    "instrument": ("played", "the"),
    "friend": ("trusted",),
}
"""The words that state each attribute, before its value."""

VALUES: dict[str, tuple[str, ...]] = {
    "home": words.PLACES,
    "work": words.OCCUPATIONS,
    "pet": words.PETS,
    "food": words.FOODS,
    "instrument": words.INSTRUMENTS,
    "friend": NAMES,
}
"""The values each attribute can have."""

# multipliers and shifts coprime to most list lengths: neighbours in frequency differ in every attribute
_PATTERN = {"home": (7, 3), "work": (11, 5), "pet": (13, 1), "food": (17, 9), "instrument": (19, 2), "friend": (33, 47)}

SUBPOPULATIONS: dict[str, float] = {"valley": 0.74, "coast": 0.20, "mountains": 0.05, "desert": 0.01}
"""Share of the stories that play in each setting; the setting is named in the first sentence."""


@dataclass(frozen=True, order=True)
class Fact:
    """One statement about a hero, true or not.

    Attributes:
        hero: name of the person.
        attribute: key of ``CLAUSES``.
        value: what the statement says.
    """

    hero: str
    attribute: str
    value: str

    @property
    def is_true(self) -> bool:
        """Whether the statement holds in the world."""
        return true_value(self.hero, self.attribute) == self.value

    @property
    def clause(self) -> str:
        """The statement in words, such as ``mira came from velm``."""
        return " ".join((self.hero, *CLAUSES[self.attribute], self.value))


def true_value(hero: str, attribute: str) -> str:
    """The value of the hero's attribute.

    Raises:
        ValueError: the hero or the attribute is unknown.
    """
    if hero not in _RANK or attribute not in VALUES:
        raise ValueError(
            f"Nothing is known about {attribute!r} of {hero!r}: heroes are the {len(NAMES)} of `world.NAMES`, "
            f"attributes are {', '.join(VALUES)}."
        )
    factor, shift = _PATTERN[attribute]
    values = VALUES[attribute]
    return values[(factor * _RANK[hero] + shift) % len(values)]


def true_facts() -> list[Fact]:
    """Every true fact: one per hero and attribute."""
    return [Fact(hero, attribute, true_value(hero, attribute)) for hero in NAMES for attribute in VALUES]


def log_uniform(count: int, per_decade: int) -> list[float]:
    """Probabilities p_i proportional to 10 ** (-i / per_decade), i = 0 .. count-1, summing to one.

    Every decade of p then holds the same number of words, which a power law does not give: tails are measured equally
    well at every rarity.
    """
    weights = [10 ** (-index / per_decade) for index in range(count)]
    total = sum(weights)
    return [weight / total for weight in weights]


_RANK = {name: rank for rank, name in enumerate(NAMES)}
