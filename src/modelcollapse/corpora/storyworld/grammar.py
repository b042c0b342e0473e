"""Probabilistic grammars of finite languages whose truth can be computed: probability, entropy, occurrence.

A *terminal* is a string (one word), a *nonterminal* a tuple, so that symbols can carry what the story must remember,
such as ``("facts", hero)``. Each nonterminal expands into one of finitely many non-empty alternatives. The start
symbol must not reach itself again: languages are finite, and every recursion below ends.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

END = "</s>"
"""The symbol that ends a text in `next_word_distribution`."""

Nonterminal = tuple[Hashable, ...]
Symbol = str | Nonterminal
Alternative = tuple[float, tuple[Symbol, ...]]

_Stack = tuple[Symbol, "_Stack"] | None
# a way to reach a first word: its probability, the nonterminals expanded on the way, what is left to write
_Corner = tuple[float, tuple[Nonterminal, ...], tuple[Symbol, ...]]
# while writing: the target must (True), must not (False) or may (None) occur below a symbol
_Duty = bool | None


@dataclass(frozen=True)
class Derivation:
    """How a text came about.

    Attributes:
        words: the text.
        expanded: every nonterminal with the index of the first word below it, in the order of the text.
        log_probability: natural logarithm of the product of the choices' probabilities.
    """

    words: tuple[str, ...]
    expanded: tuple[tuple[Nonterminal, int], ...]
    log_probability: float

    @property
    def text(self) -> str:
        """The words, separated by single spaces."""
        return " ".join(self.words)


class Grammar:
    """A probabilistic context-free grammar of a finite language.

    Args:
        start: the start symbol.
        alternatives: maps a nonterminal to its alternatives ``(probability, symbols)``: a mapping or a function (then
            symbols may be as many as there are things to remember).

    Raises:
        ValueError: an alternative is empty or has no probability in (0, 1], probabilities do not sum to one,
            a symbol has no alternatives, or a symbol can reach itself.
    """

    def __init__(
        self,
        start: Nonterminal,
        alternatives: Mapping[Nonterminal, Sequence[Alternative]] | Callable[[Nonterminal], Sequence[Alternative]],
    ) -> None:
        self.start = start
        self._expand = alternatives if callable(alternatives) else alternatives.get
        self._alternatives: dict[Nonterminal, tuple[Alternative, ...]] = {}
        self._cumulative: dict[Nonterminal, list[float]] = {}
        self._corners: dict[Symbol, dict[str, list[_Corner]]] = {}
        self._entropies: dict[Symbol, float] = {}
        self._containment: dict[Symbol, dict[Symbol, float]] = {}
        self._order = self._reach()
        self._parents = self._index_parents()

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """Every symbol that a text can come from, children before parents."""
        return self._order

    def vocabulary(self) -> list[str]:
        """Every word that can occur, sorted."""
        return sorted(symbol for symbol in self._order if isinstance(symbol, str))

    def alternatives(self, symbol: Nonterminal) -> tuple[Alternative, ...]:
        """The alternatives of a nonterminal."""
        if symbol not in self._alternatives:
            self._alternatives[symbol] = _checked(symbol, self._expand(symbol))
        return self._alternatives[symbol]

    def ambiguous_choices(self) -> list[Nonterminal]:
        """Nonterminals two of whose alternatives can begin with the same word.

        If there are none the grammar is LL(1): the next word always decides the choice, so that every text has exactly
        one derivation and the entropy of derivations is that of texts.
        """
        ambiguous = []
        for symbol in self._order:
            if isinstance(symbol, tuple):
                firsts = [set(self._first_words(symbols[0])) for _, symbols in self.alternatives(symbol)]
                if sum(map(len, firsts)) > len(set().union(*firsts)):
                    ambiguous.append(symbol)
        return ambiguous

    def log_probability(self, text: str) -> float:
        """Natural logarithm of the probability of the whole text, end included; ``-inf`` if it cannot occur."""
        states = self._start_states()
        logarithm = 0.0
        for word in text.split():
            probability, states = self._advance(states, word)
            if not states:
                return -math.inf
            logarithm += math.log(probability)
        ending = states.get(None, 0.0)
        return logarithm + math.log(ending) if ending > 0 else -math.inf

    def next_word_distribution(self, prefix: str) -> dict[str, float]:
        """Probability of each possible next word, and of ``END``, given that the text begins with ``prefix``.

        Raises:
            ValueError: no text begins with ``prefix``.
        """
        states = self._start_states()
        for index, word in enumerate(words := prefix.split()):
            _, states = self._advance(states, word)
            if not states:
                raise ValueError(
                    f"No text begins with {' '.join(words[: index + 1])!r}: {word!r} cannot stand there, so nothing "
                    "can be said about the next word. Give a prefix of a grammatical text."
                )
        distribution: dict[str, float] = {}
        for stack, weight in states.items():
            if stack is None:
                distribution[END] = distribution.get(END, 0.0) + weight
                continue
            for word, corners in self._first_words(stack[0]).items():
                share = weight * sum(probability for probability, _, _ in corners)
                distribution[word] = distribution.get(word, 0.0) + share
        return distribution

    def derivations(self, text: str) -> list[Derivation]:
        """All derivations of a text: none if it is ungrammatical, one if the grammar is unambiguous."""
        words = tuple(text.split())
        paths: list[tuple[_Stack, float, tuple[tuple[Nonterminal, int], ...]]] = [((self.start, None), 0.0, ())]
        for position, word in enumerate(words):
            following = []
            for stack, logarithm, expanded in paths:
                if stack is None:
                    continue
                for probability, opened, rest in self._first_words(stack[0]).get(word, ()):
                    history = expanded + tuple((symbol, position) for symbol in opened)
                    following.append((_push(rest, stack[1]), logarithm + math.log(probability), history))
            paths = following
        return [Derivation(words, expanded, logarithm) for stack, logarithm, expanded in paths if stack is None]

    def _start_states(self) -> dict[_Stack, float]:
        return {(self.start, None): 1.0}

    def _advance(self, states: dict[_Stack, float], word: str) -> tuple[float, dict[_Stack, float]]:
        """Probability of ``word`` given the states, and the states after it: their weights sum to one, or none."""
        following: dict[_Stack, float] = {}
        for stack, weight in states.items():
            if stack is None:
                continue
            for probability, _, rest in self._first_words(stack[0]).get(word, ()):
                successor = _push(rest, stack[1])
                following[successor] = following.get(successor, 0.0) + weight * probability
        total = sum(following.values())
        return total, {stack: weight / total for stack, weight in following.items()}

    def _first_words(self, symbol: Symbol) -> dict[str, list[_Corner]]:
        if symbol in self._corners:
            return self._corners[symbol]
        corners: dict[str, list[_Corner]] = {}
        if isinstance(symbol, str):
            corners[symbol] = [(1.0, (), ())]
        else:
            for chance, symbols in self.alternatives(symbol):
                for word, paths in self._first_words(symbols[0]).items():
                    corners.setdefault(word, []).extend(
                        (chance * probability, (symbol, *opened), rest + symbols[1:])
                        for probability, opened, rest in paths
                    )
        self._corners[symbol] = corners
        return corners

    def entropy(self) -> float:
        """Entropy of a derivation in nats (Cover and Thomas 2006, chain rule, eq. 2.21).

        It is the entropy of a text, end included, when the grammar is unambiguous (see ``ambiguous_choices``).
        """
        if not self._entropies:
            for symbol in self._order:
                self._entropies[symbol] = 0.0
                if isinstance(symbol, tuple):
                    self._entropies[symbol] = math.fsum(
                        probability * (-math.log(probability) + math.fsum(self._entropies[child] for child in symbols))
                        for probability, symbols in self.alternatives(symbol)
                    )
        return self._entropies[self.start]

    def occurrence_probability(self, target: Symbol) -> float:
        """Probability in [0, 1] that ``target``, a word or a nonterminal, occurs at least once in a derivation."""
        return self._containing(target).get(self.start, 0.0)

    def _containing(self, target: Symbol) -> dict[Symbol, float]:
        """P(target occurs below the symbol), for the symbols that can reach it; all others cannot contain it."""
        if target in self._containment:
            return self._containment[target]
        above = self._ancestors(target)
        contains: dict[Symbol, float] = {target: 1.0}
        for symbol in above:
            contains[symbol] = math.fsum(
                probability * _at_least_one(contains, symbols) for probability, symbols in self.alternatives(symbol)
            )
        self._containment[target] = contains
        return contains

    def _ancestors(self, target: Symbol) -> list[Nonterminal]:
        found: set[Nonterminal] = set()
        waiting: list[Symbol] = [target]
        while waiting:
            for parent in self._parents.get(waiting.pop(), ()):
                if parent not in found:
                    found.add(parent)
                    waiting.append(parent)
        return sorted(found, key=self._rank.__getitem__)

    def texts(self) -> Iterator[tuple[str, float]]:
        """Enumerate all derivations as (text, probability). Only for small grammars."""
        for probability, words in self._enumerate(self.start):
            yield " ".join(words), probability

    def _enumerate(self, symbol: Symbol) -> Iterator[tuple[float, tuple[str, ...]]]:
        if isinstance(symbol, str):
            yield 1.0, (symbol,)
            return
        for chance, symbols in self.alternatives(symbol):
            for parts in itertools.product(*(tuple(self._enumerate(child)) for child in symbols)):
                yield (
                    chance * math.prod(part[0] for part in parts),
                    tuple(itertools.chain(*(part[1] for part in parts))),
                )

    def sample(self, rng: np.random.Generator) -> Derivation:
        """Draw one text."""
        return self._write(rng, None)

    def sample_containing(self, target: Symbol, rng: np.random.Generator) -> Derivation:
        """Draw one text from the distribution conditioned on ``target`` occurring in it.

        ``log_probability`` of the result is that of the unconditional distribution.

        Raises:
            ValueError: ``target`` cannot occur.
        """
        if not self.occurrence_probability(target) > 0:
            raise ValueError(f"{target!r} cannot occur in this grammar, so no text contains it.")
        return self._write(rng, target)

    def _write(self, rng: np.random.Generator, target: Symbol | None) -> Derivation:
        contains = {} if target is None else self._containing(target)
        words: list[str] = []
        expanded: list[tuple[Nonterminal, int]] = []
        logarithm = 0.0
        stack: list[tuple[Symbol, _Duty]] = [(self.start, None if target is None else True)]
        while stack:
            symbol, duty = stack.pop()
            if isinstance(symbol, str):
                words.append(symbol)
                continue
            expanded.append((symbol, len(words)))
            if symbol == target or symbol not in contains:
                duty = None
            probability, symbols = (
                self._choose(symbol, rng) if duty is None else self._choose_dutifully(symbol, duty, contains, rng)
            )
            logarithm += math.log(probability)
            duties = _draw_duties(symbols, contains, rng) if duty else [duty] * len(symbols)
            stack.extend(zip(reversed(symbols), reversed(duties), strict=True))
        return Derivation(tuple(words), tuple(expanded), logarithm)

    def _choose(self, symbol: Nonterminal, rng: np.random.Generator) -> Alternative:
        alternatives = self.alternatives(symbol)
        if len(alternatives) == 1:
            return alternatives[0]
        if symbol not in self._cumulative:
            self._cumulative[symbol] = list(itertools.accumulate(probability for probability, _ in alternatives))
        index = bisect.bisect_right(self._cumulative[symbol], rng.random())
        return alternatives[min(index, len(alternatives) - 1)]

    def _choose_dutifully(
        self, symbol: Nonterminal, duty: bool, contains: dict[Symbol, float], rng: np.random.Generator
    ) -> Alternative:
        alternatives = self.alternatives(symbol)
        shares = [_at_least_one(contains, symbols) for _, symbols in alternatives]
        weights = np.array(
            [
                probability * (share if duty else 1.0 - share)
                for (probability, _), share in zip(alternatives, shares, strict=True)
            ]
        )
        return alternatives[int(rng.choice(len(alternatives), p=weights / weights.sum()))]

    def _reach(self) -> tuple[Symbol, ...]:
        """All reachable symbols, children before parents."""
        order: list[Symbol] = []
        done: set[Symbol] = set()
        open_now: set[Symbol] = set()
        waiting: list[tuple[Symbol, bool]] = [(self.start, False)]
        while waiting:
            symbol, finished = waiting.pop()
            if finished:
                open_now.discard(symbol)
                done.add(symbol)
                order.append(symbol)
            elif symbol in open_now:
                raise ValueError(
                    f"The symbol {symbol!r} can reach itself: only grammars of finite languages are handled."
                )
            elif symbol not in done:
                open_now.add(symbol)
                waiting.append((symbol, True))
                if isinstance(symbol, tuple):
                    children = {child: None for _, symbols in self.alternatives(symbol) for child in symbols}
                    waiting.extend((child, False) for child in children if child not in done)
        return tuple(order)

    def _index_parents(self) -> dict[Symbol, list[Nonterminal]]:
        self._rank = {symbol: rank for rank, symbol in enumerate(self._order)}
        parents: dict[Symbol, list[Nonterminal]] = {}
        for symbol in self._order:
            if isinstance(symbol, tuple):
                for child in {child: None for _, symbols in self.alternatives(symbol) for child in symbols}:
                    parents.setdefault(child, []).append(symbol)
        return parents


def _push(symbols: tuple[Symbol, ...], stack: _Stack) -> _Stack:
    for symbol in reversed(symbols):
        stack = (symbol, stack)
    return stack


def _at_least_one(contains: dict[Symbol, float], symbols: tuple[Symbol, ...]) -> float:
    """P(the target occurs below at least one of the symbols)."""
    without = 1.0
    single = 0.0
    several = False
    for symbol in symbols:
        chance = contains.get(symbol)
        if chance is not None:
            several = several or single > 0
            single = chance
            without *= 1.0 - chance
    # one carrier: its chance itself, which is exact where 1 - (1 - chance) would lose the digits of a rare item
    return 1.0 - without if several else single


def _draw_duties(symbols: tuple[Symbol, ...], contains: dict[Symbol, float], rng: np.random.Generator) -> list[_Duty]:
    """For an alternative below which the target must occur: draw its first carrier.

    The symbols before it must not contain the target, those after it are free.
    """
    firsts = []
    without = 1.0
    for symbol in symbols:
        chance = contains.get(symbol, 0.0)
        firsts.append(without * chance)
        without *= 1.0 - chance
    carrier = int(rng.choice(len(symbols), p=np.array(firsts) / sum(firsts)))
    return [False if index < carrier else True if index == carrier else None for index in range(len(symbols))]


def _checked(symbol: Nonterminal, alternatives: Sequence[Alternative] | None) -> tuple[Alternative, ...]:
    if not alternatives:
        raise ValueError(f"The symbol {symbol!r} has no alternatives: give at least one, such as (1.0, ('word',)).")
    for probability, symbols in alternatives:
        if not symbols:
            raise ValueError(f"The symbol {symbol!r} has an empty alternative: every alternative needs a symbol.")
        if not 0 < probability <= 1:
            raise ValueError(f"The symbol {symbol!r} has an alternative of probability {probability}, not in (0, 1].")
    total = math.fsum(probability for probability, _ in alternatives)
    if abs(total - 1) > 1e-9:
        raise ValueError(f"The probabilities of {symbol!r} sum to {total}, not to 1.")
    return tuple((probability, tuple(symbols)) for probability, symbols in alternatives)
