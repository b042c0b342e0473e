"""A share of the human rows, drawn anew, takes the place of synthetic ones (Shumailov et al., setting B)."""

from __future__ import annotations

from modelcollapse.recursion.training_sets import RegimeContext, TrainingSet, with_human

READS = "last"
OPTIONS = ("kept",)


def choose(context: RegimeContext) -> TrainingSet:
    """The training set of the next model."""
    return with_human(context, context.fold(0))
