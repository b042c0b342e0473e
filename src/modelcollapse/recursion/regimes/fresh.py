"""As `preserve`, but the human rows come from a fold that no model has seen."""

from __future__ import annotations

from modelcollapse.recursion.training_sets import RegimeContext, TrainingSet, with_human

READS = "last"
OPTIONS = ("kept",)
NEW_HUMAN_ROWS = True
"""Each generation reads as many human rows again, which no model before has seen."""


def choose(context: RegimeContext) -> TrainingSet:
    """The training set of the next model."""
    return with_human(context, context.fold(context.generation))
