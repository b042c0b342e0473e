"""The contract of `storyworld`: everything that is said about its distribution, against samples and chain rule."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcollapse.corpora import storyworld
from modelcollapse.corpora.storyworld import stories, words, world

STORIES = storyworld.sample(2000, seed=11)
TRAINING = 10_000


def test_grammars_are_unambiguous() -> None:
    """LL(1): a proof that every text has one derivation, so that the entropy of derivations is that of texts."""
    assert stories.human().ambiguous_choices() == []
    assert stories.grammatical().ambiguous_choices() == []


@settings(max_examples=40, deadline=None)
@given(st.integers(0, len(STORIES) - 1))
def test_chain_rule(number: int) -> None:
    """log p(text) is the sum of the next words' log probabilities, end included; every distribution sums to one."""
    text = STORIES[number].split()
    total = 0.0
    for position, word in enumerate([*text, storyworld.END]):
        distribution = storyworld.next_word_distribution(" ".join(text[:position]))
        assert math.isclose(sum(distribution.values()), 1.0, rel_tol=1e-9)
        total += math.log(distribution[word])
    assert math.isclose(total, storyworld.log_probability(STORIES[number]), rel_tol=1e-9)


def test_probability_is_the_product_of_the_choices() -> None:
    """The reader's probability against the writer's, which shares no code with it."""
    rng = np.random.default_rng(5)
    for _ in range(200):
        derivation = stories.human().sample(rng)
        assert math.isclose(derivation.log_probability, storyworld.log_probability(derivation.text), rel_tol=1e-9)
        assert len(stories.human().derivations(derivation.text)) == 1


def test_entropy_agrees_with_monte_carlo() -> None:
    surprises = [-storyworld.log_probability(text) for text in STORIES]
    standard_error = np.std(surprises) / math.sqrt(len(surprises))
    assert abs(np.mean(surprises) - storyworld.entropy()) < 4 * standard_error
    assert standard_error < 0.02 * storyworld.entropy()


def test_two_hundred_rare_items_in_every_decade() -> None:
    items = storyworld.rare_items()
    expected_counts = TRAINING * np.array(list(items.values()))
    assert expected_counts.min() >= 0.1 - 1e-12 and expected_counts.max() <= 1000
    per_decade, _ = np.histogram(np.log10(expected_counts), bins=[-1, 0, 1, 2, 3])
    assert per_decade.min() >= 200
    assert list(items.values()) == sorted(items.values())


def test_item_probabilities_agree_with_sampled_frequencies() -> None:
    items = storyworld.rare_items()
    seen = Counter(item for text in STORIES for item in storyworld.items_in(text))
    count = len(STORIES)
    scores = [(seen[item] - count * q) / math.sqrt(count * q * (1 - q)) for item, q in items.items() if count * q > 10]
    assert len(scores) > 300
    assert abs(np.mean(scores)) < 0.2 and 0.8 < np.std(scores) < 1.2 and np.abs(scores).max() < 5
    unseen = [(1 - q) ** count for item, q in items.items()]
    found = sum(item in seen for item in items)
    spread = math.sqrt(sum(miss * (1 - miss) for miss in unseen))
    assert abs(found - sum(1 - miss for miss in unseen)) < 5 * spread


@pytest.mark.parametrize("item", ["mira came from dorn", "centaur", "ottilie", "priceless", "one"])
def test_contexts_license_their_item(item: str) -> None:
    facts = [fact.clause for fact in world.true_facts()]
    item = next((clause for clause in facts if clause.startswith("mira came from")), item) if " " in item else item
    for prefix, word in storyworld.item_contexts(item, 20, seed=3):
        assert storyworld.next_word_distribution(prefix)[word] > 0
        assert word == item.split()[-1]
        assert item not in prefix.split()


def test_unknown_items_have_no_contexts() -> None:
    with pytest.raises(ValueError, match="no item 'qwerty'"):
        storyworld.item_contexts("qwerty", 1, seed=0)


def test_subpopulations_have_their_shares() -> None:
    assert sorted(world.SUBPOPULATIONS.values())[:3] == [0.01, 0.05, 0.20]
    assert math.isclose(sum(world.SUBPOPULATIONS.values()), 1)
    seen = Counter(storyworld.subpopulation(text) for text in STORIES)
    for place, share in world.SUBPOPULATIONS.items():
        deviation = abs(seen[place] - share * len(STORIES))
        assert deviation < 5 * math.sqrt(len(STORIES) * share * (1 - share))
    with pytest.raises(ValueError, match="names no setting"):
        storyworld.subpopulation("once upon a time there was a cat")


def test_truth_has_three_values() -> None:
    for text in STORIES[:200]:
        assert storyworld.truth(text) == "true"
        assert all(fact.is_true for fact in storyworld.stated_facts(text))
    text = next(text for text in STORIES if " came from " in text)
    hero, home = text.split()[7], text.split(" came from ")[1].split()[0]
    elsewhere = next(place for place in words.PLACES if place != home)
    lie = text.replace(f" came from {home}", f" came from {elsewhere}")
    assert storyworld.truth(lie) == "false"
    assert storyworld.log_probability(lie) == -math.inf
    assert world.Fact(hero, "home", elsewhere) in storyworld.stated_facts(lie)
    assert f"{hero} came from {elsewhere}" not in storyworld.items_in(lie)
    for broken in (text.replace(" came from ", " came "), text.rsplit(" ", 2)[0], f"{text} .", "", "mira"):
        assert storyworld.truth(broken) == "ungrammatical"
    with pytest.raises(ValueError, match="no grammatical story"):
        storyworld.stated_facts("mira")


def test_pronouns_agree_with_the_hero() -> None:
    text = next(text for text in STORIES if text.split()[7] in words.SHE)
    assert storyworld.truth(text.replace(" she ", " he ")) == "ungrammatical"


def test_every_hero_has_one_true_value_per_attribute() -> None:
    facts = world.true_facts()
    assert len(facts) == len(world.NAMES) * len(world.CLAUSES)
    assert all(fact.is_true and fact.value in world.VALUES[fact.attribute] for fact in facts)
    assert all(fact.value != fact.hero for fact in facts)
    assert storyworld.cloze("mira", "home") == "mira came from"
    with pytest.raises(ValueError, match="Nothing is known"):
        storyworld.cloze("nobody", "home")


def test_vocabulary_is_closed_and_word_classes_are_disjoint() -> None:
    vocabulary = storyworld.vocabulary()
    assert vocabulary == sorted(set(vocabulary))
    assert set(vocabulary) >= {word for text in STORIES for word in text.split()}
    lists = [value for value in vars(words).values() if isinstance(value, tuple)]
    listed = [word for group in (*lists, *words.LANDMARKS.values()) for word in group]
    assert len(listed) == len(set(listed))
    assert set(listed) <= set(vocabulary)


def test_stories_are_of_the_promised_length_and_all_different() -> None:
    lengths = [len(text.split()) for text in STORIES]
    assert np.mean(lengths) > 40 and np.quantile(lengths, 0.02) >= 30 and np.quantile(lengths, 0.98) <= 62
    assert len(set(STORIES)) == len(STORIES)


def test_draws_are_repeatable_and_nested() -> None:
    assert storyworld.sample(30, seed=4) == storyworld.sample(60, seed=4)[:30]
    assert storyworld.sample(30, seed=4) != storyworld.sample(30, seed=5)
    assert storyworld.sample(30, seed=4, split="test") != storyworld.sample(30, seed=4)
    with pytest.raises(ValueError, match="at least 0"):
        storyworld.sample(-1, seed=0)
