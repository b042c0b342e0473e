"""A uniform subset, of the size of the human set, of what `accumulate` would use."""

from __future__ import annotations

import numpy as np

from modelcollapse.recursion.training_sets import HUMAN, Part, RegimeContext, TrainingSet, all_synthetic

READS = "all"
OPTIONS = ("reference", "equal_steps")


def choose(context: RegimeContext) -> TrainingSet:
    """The training set of the next model."""
    pool = [Part(HUMAN, context.fold(0)), *all_synthetic(context)]
    origin = np.repeat(np.arange(len(pool)), [len(part.rows) for part in pool])
    chosen = context.random.permutation(len(origin))[: context.human_count]
    starts = np.cumsum([0] + [len(part.rows) for part in pool])
    parts = [
        Part(part.source, part.rows.take(np.sort(chosen[origin[chosen] == place]) - starts[place]))
        for place, part in enumerate(pool)
    ]
    passes = (
        context.generation + 1 if context.settings.equal_steps and context.settings.reference == "accumulate" else 1
    )
    return TrainingSet(parts, passes)
