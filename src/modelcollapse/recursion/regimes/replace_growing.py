"""All synthetic, grown to g + 1 times the human size, all of it from the previous model."""

from __future__ import annotations

from modelcollapse.recursion.settings import RegimeSettings
from modelcollapse.recursion.training_sets import Part, RegimeContext, TrainingSet, writer

READS = "last"
OPTIONS = ()


def choose(context: RegimeContext) -> TrainingSet:
    """The training set of the next model."""
    return TrainingSet([Part(writer(context), context.written((context.generation + 1) * context.human_count))])


def rows_to_write(settings: RegimeSettings, generation: int, human_count: int) -> int:
    """Rows that model ``generation`` must write: the next training set is larger by one human set."""
    return (generation + 2) * human_count
