"""The candidates that a verifier accepts, its answer flipped with probability ``error_rate``."""

from __future__ import annotations

import math

import numpy as np

from modelcollapse.recursion.repetition import repeated_share
from modelcollapse.recursion.settings import RegimeSettings
from modelcollapse.recursion.training_sets import Part, RegimeContext, TrainingSet, writer

READS = "last"
OPTIONS = ("keep_share", "error_rate")


def choose(context: RegimeContext) -> TrainingSet:
    """The training set of the next model.

    Raises:
        ValueError: nothing was accepted.
    """
    candidates = context.last()
    verify = context.verify or (lambda text: repeated_share(text) == 0.0)
    right = np.array([verify(text) for text in candidates.texts()], dtype=bool)
    accepted = np.flatnonzero(right ^ (context.random.random(len(right)) < context.settings.error_rate))
    if len(accepted) == 0:
        raise ValueError(
            f"The verifier accepted none of {len(candidates)} texts for generation {context.generation}; change the arm."
        )
    return TrainingSet([Part(writer(context), candidates.take(accepted[: context.human_count]))])


def rows_to_write(settings: RegimeSettings, generation: int, human_count: int) -> int:
    """Rows that model ``generation`` must write, so that enough remain after the selection."""
    return math.ceil(human_count / settings.keep_share)
