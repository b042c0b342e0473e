"""The human rows and everything that earlier models wrote (Gerstgrasser et al.)."""

from __future__ import annotations

from modelcollapse.recursion.training_sets import HUMAN, Part, RegimeContext, TrainingSet, all_synthetic

READS = "all"
OPTIONS = ()


def choose(context: RegimeContext) -> TrainingSet:
    """The training set of the next model."""
    return TrainingSet([Part(HUMAN, context.fold(0)), *all_synthetic(context)])
