"""Cross-entropy of each generation's model on human test rows, nats per token; its exp is the perplexity."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from modelcollapse.measures.chain import Chain
from modelcollapse.measures.cross_entropy_rows import cross_entropy_rows

READS = ("scores",)


def measure(chain: Chain) -> Iterator[pd.DataFrame]:
    """``cross_entropy`` of each row and, weighted by their tokens, over all rows."""
    for generation in sorted(chain.scores):
        yield from cross_entropy_rows(
            chain.seed, generation, "cross_entropy", chain.scores_of_model(generation), "human_test"
        )
