"""Cross-entropy of each model on held-out samples of its predecessor, split into entropy and divergence, nats per token."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from modelcollapse.measures.chain import Chain, row_scores
from modelcollapse.measures.cross_entropy_rows import cross_entropy_rows
from modelcollapse.measures.measure_rows import overall

READS = ("scores",)


def measure(chain: Chain) -> Iterator[pd.DataFrame]:
    """``own_cross_entropy`` and ``own_entropy`` of each row and over all; ``own_divergence`` is their difference.

    There is no entropy where the writer's probabilities were not stored (beam search has none).
    """
    for generation in sorted(chain.scores):
        scores = chain.scores_of_model(generation)
        own, entropy = row_scores(scores, "own_held_out"), row_scores(scores, "held_out_entropy")
        if own is None:
            continue
        yield from cross_entropy_rows(chain.seed, generation, "own_cross_entropy", scores, "own_held_out")
        if entropy is not None:
            yield from cross_entropy_rows(chain.seed, generation, "own_entropy", scores, "held_out_entropy")
            difference = own.mean - entropy.mean
            yield overall(chain.seed, generation, "own_divergence", difference, own.total_tokens)
