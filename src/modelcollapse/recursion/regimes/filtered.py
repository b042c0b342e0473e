"""The candidates that score best under generation 0 by ``criterion``; as many as there are human rows."""

from __future__ import annotations

import math

import numpy as np

from modelcollapse.recursion.repetition import repeated_share
from modelcollapse.recursion.settings import RegimeSettings
from modelcollapse.recursion.training_sets import Part, RegimeContext, TrainingSet, writer

READS = "last"
OPTIONS = ("keep_share", "criterion")


def choose(context: RegimeContext) -> TrainingSet:
    """The training set of the next model.

    Raises:
        ValueError: the criterion needs perplexities and there are none.
    """
    candidates, settings = context.last(), context.settings
    if settings.criterion == "random":
        score = context.random.random(len(candidates))
    elif settings.criterion == "no_repetition":
        score = np.array([repeated_share(text) for text in candidates.texts()])
    elif context.perplexity is None:
        raise ValueError(f"The criterion '{settings.criterion}' needs perplexities under generation 0.")
    else:
        score = context.perplexity(candidates) * (1 if settings.criterion == "low_perplexity" else -1)
    best = np.sort(np.argsort(score, kind="stable")[: min(context.human_count, len(candidates))])
    return TrainingSet([Part(writer(context), candidates.take(best))])


def rows_to_write(settings: RegimeSettings, generation: int, human_count: int) -> int:
    """Rows that model ``generation`` must write, so that enough remain after the selection."""
    return math.ceil(human_count / settings.keep_share)
