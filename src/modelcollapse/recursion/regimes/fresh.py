"""As `preserve`, but the human rows come from a fold that no model has seen."""

from __future__ import annotations

from modelcollapse.recursion.training_sets import RegimeContext, TrainingSet, with_human

READS = "last"
OPTIONS = ("kept",)


def choose(context: RegimeContext) -> TrainingSet:
    """The training set of the next model."""
    return with_human(context, context.fold(context.generation))
