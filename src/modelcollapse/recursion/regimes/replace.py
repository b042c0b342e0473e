"""Only what the previous model wrote."""

from __future__ import annotations

from modelcollapse.recursion.training_sets import Part, RegimeContext, TrainingSet, writer

READS = "last"
OPTIONS = ()


def choose(context: RegimeContext) -> TrainingSet:
    """The training set of the next model."""
    return TrainingSet([Part(writer(context), context.written(context.human_count))])
