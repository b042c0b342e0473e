"""Cross-entropy of each sample under generation 0, nats per token, beside that of held-out human rows.

Its median and its tail are statements about sequences: each sequence counts once, however long it is.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from modelcollapse.measures.chain import Chain, RowScores, row_scores
from modelcollapse.measures.measure_rows import HUMAN, by_unit, overall

READS = ("scores",)
TAIL_QUANTILE = 0.99


def measure(chain: Chain) -> Iterator[pd.DataFrame]:
    """``sequence_cross_entropy`` of each sequence, ``median_cross_entropy_under_generation_0`` and
    ``share_above_human_99``: the share of samples above the 99 % quantile of human rows."""
    human = row_scores(chain.generation_0, "human_test_under_generation_0")
    if human is None:
        return
    limit = float(np.quantile(human.values, TAIL_QUANTILE))
    yield from _sequences(chain.seed, HUMAN, human)
    for generation in sorted(chain.scores):
        found = row_scores(chain.scores[generation], "samples_under_generation_0")
        if found is not None:
            yield from _sequences(chain.seed, generation, found)
            above = float(np.mean(found.values > limit))
            yield overall(chain.seed, generation, "share_above_human_99", above, found.total_tokens)


def _sequences(seed: int, generation: int, found: RowScores) -> Iterator[pd.DataFrame]:
    median = float(np.median(found.values))
    yield overall(seed, generation, "median_cross_entropy_under_generation_0", median, found.total_tokens)
    yield by_unit(seed, generation, "sequence_cross_entropy", found.values, found.tokens, found.units)
