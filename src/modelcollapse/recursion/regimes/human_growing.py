"""Ceiling: g + 1 folds of human rows."""

from __future__ import annotations

from modelcollapse.recursion.packing import concatenate
from modelcollapse.recursion.training_sets import HUMAN, Part, RegimeContext, TrainingSet

READS = "none"
OPTIONS = ()


def choose(context: RegimeContext) -> TrainingSet:
    """The training set of the next model."""
    return TrainingSet([Part(HUMAN, concatenate([context.fold(number) for number in range(context.generation + 1)]))])
