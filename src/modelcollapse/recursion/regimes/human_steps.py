"""Ceiling: the same human rows, for the number of steps of the ``reference`` regime."""

from __future__ import annotations

from modelcollapse.recursion.training_sets import HUMAN, Part, RegimeContext, TrainingSet, reference_sets

READS = "none"
OPTIONS = ("reference",)


def choose(context: RegimeContext) -> TrainingSet:
    """The training set of the next model."""
    return TrainingSet([Part(HUMAN, context.fold(0))], reference_sets(context))
