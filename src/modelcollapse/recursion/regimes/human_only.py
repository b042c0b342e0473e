"""Ceiling: the human part of an arm that keeps a share, alone; all human rows if it keeps none."""

from __future__ import annotations

from modelcollapse.recursion.training_sets import HUMAN, Part, RegimeContext, TrainingSet, kept_rows, reference_sets

READS = "none"
OPTIONS = ("kept", "reference", "equal_steps")


def choose(context: RegimeContext) -> TrainingSet:
    """The training set of the next model."""
    count = kept_rows(context) if context.settings.kept else context.human_count
    passes = max(1, round(reference_sets(context) * context.human_count / count)) if context.settings.equal_steps else 1
    return TrainingSet([Part(HUMAN, context.sample(context.fold(0), count))], passes)
