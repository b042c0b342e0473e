"""Rows of a cross-entropy: over all texts and of each."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from modelcollapse.measures.chain import row_scores
from modelcollapse.measures.measure_rows import by_unit, overall


def cross_entropy_rows(
    seed: int, generation: int, measure: str, scores: pd.DataFrame, source: str
) -> Iterator[pd.DataFrame]:
    """The value over all rows of ``source``, weighted by their tokens, then that of each row; nats per token."""
    found = row_scores(scores, source)
    if found is not None:
        yield overall(seed, generation, measure, found.mean, found.total_tokens)
        yield by_unit(seed, generation, measure, found.values, found.tokens, found.units)
