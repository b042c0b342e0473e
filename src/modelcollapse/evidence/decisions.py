"""From an estimate to a decision: difference, equivalence, exact; conjunctions; Holm's correction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from modelcollapse.evidence.estimates import Estimate

Outcome = Literal["holds", "fails", "inconclusive"]
Direction = Literal["above", "below"]
SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Decision:
    """What the data say about one statement."""

    outcome: Outcome
    p: float | None
    """p value of the outcome: of "the statement is false" where it holds or nothing is decided, of "the statement is
    true" where it fails; None for exact statements, which involve no chance."""
    minimum_detectable_effect: float | None = None
    """Printed with an inconclusive outcome."""


def decide_difference(estimate: Estimate, direction: Direction, margin: float, reference: float = 0.0) -> Decision:
    """Is the parameter above (below) ``reference``?

    Holds when the 95 % interval excludes the reference on that side and the estimate is at least ``margin`` away from it.
    Fails when the interval excludes it on the other side, or when equivalence is established: the 90 % interval lies
    within +-``margin``, so that any effect is smaller than what counts.

    Raises:
        ValueError: a negative margin.
    """
    _check_margin(margin)
    sign = 1 if direction == "above" else -1
    claimed = _two_sided(estimate.p_above(reference) if sign > 0 else estimate.p_below(reference))
    opposite = _two_sided(estimate.p_below(reference) if sign > 0 else estimate.p_above(reference))
    distance = sign * (estimate.value - reference)
    if claimed < SIGNIFICANCE and distance >= margin - 1e-12:
        return Decision("holds", claimed)
    if opposite < SIGNIFICANCE:
        return Decision("fails", opposite)
    negligible = _equivalence_p(estimate, margin, reference)
    if negligible < SIGNIFICANCE:
        return Decision("fails", negligible)
    return Decision("inconclusive", claimed, estimate.minimum_detectable_effect())


def decide_equivalence(estimate: Estimate, margin: float, reference: float = 0.0) -> Decision:
    """Does the parameter lie within +-``margin`` of ``reference``? (two one-sided tests, Schuirmann 1987)

    Holds when the 90 % interval lies inside the band, fails when the 95 % interval lies outside of it. Few or noisy data
    are inconclusive: a wide interval never passes.

    Raises:
        ValueError: a negative margin.
    """
    _check_margin(margin)
    inside = _equivalence_p(estimate, margin, reference)
    if inside < SIGNIFICANCE:
        return Decision("holds", inside)
    outside = _two_sided(min(estimate.p_above(reference + margin), estimate.p_below(reference - margin)))
    if outside < SIGNIFICANCE:
        return Decision("fails", outside)
    return Decision("inconclusive", inside, estimate.minimum_detectable_effect())


def decide_exact(value: float, digits: int, reference: float = 0.0) -> Decision:
    """Does a number without randomness agree with ``reference`` to ``digits`` decimal digits?

    Raises:
        ValueError: a negative number of digits.
    """
    if digits < 0:
        raise ValueError(f"The number of digits must be 0 or more, but is {digits}.")
    return Decision("holds" if abs(value - reference) < 0.5 * 10.0**-digits else "fails", None)


def conjunction(decisions: Sequence[Decision]) -> Decision:
    """All parts must hold; a part whose failure is established fails the whole.

    The p value of a whole that holds or is undecided is the largest of its parts (intersection-union test). That of a
    failure is the smallest among the failing parts times the number of all parts (Bonferroni), since one of many parts
    fails by chance; if that is not below 5 %, the whole is inconclusive. An exact part that fails needs no such care.

    Raises:
        ValueError: no part.
    """
    if not decisions:
        raise ValueError("A conjunction needs at least one part.")
    failing = [decision.p for decision in decisions if decision.outcome == "fails"]
    if None in failing:
        return Decision("fails", None)
    if failing and min(failing) * len(decisions) < SIGNIFICANCE:
        return Decision("fails", min(failing) * len(decisions))
    known = [1.0 if decision.outcome == "fails" else decision.p for decision in decisions if decision.p is not None]
    p = max(known) if known else None
    undecided = [decision for decision in decisions if decision.outcome != "holds"]
    if not undecided:
        return Decision("holds", p)
    effects = [part.minimum_detectable_effect for part in undecided if part.minimum_detectable_effect is not None]
    return Decision("inconclusive", p, max(effects, default=None))


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's step-down adjusted p values (1979), in the given order; None (no test) stays None and counts for nothing.

    Raises:
        ValueError: a p value outside [0, 1].
    """
    tested = sorted((p, index) for index, p in enumerate(p_values) if p is not None)
    if any(not 0 <= p <= 1 for p, _ in tested):
        raise ValueError("A p value lies between 0 and 1.")
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, index) in enumerate(tested):
        largest = max(largest, min(1.0, (len(tested) - rank) * p))
        adjusted[index] = largest
    return adjusted


def _equivalence_p(estimate: Estimate, margin: float, reference: float) -> float:
    return max(estimate.p_above(reference - margin), estimate.p_below(reference + margin))


def _two_sided(one_sided: float) -> float:
    return min(1.0, 2 * one_sided)


def _check_margin(margin: float) -> None:
    if not (margin >= 0 and math.isfinite(margin)):
        raise ValueError(f"A margin must be 0 or more and finite, but is {margin}.")
