"""Cross-entropy on human test rows of the weights from which generation 0 starts ("zero-shot"), nats per token."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from modelcollapse.measures.chain import Chain
from modelcollapse.measures.cross_entropy_rows import cross_entropy_rows

READS = ("scores",)


def measure(chain: Chain) -> Iterator[pd.DataFrame]:
    """``base_cross_entropy`` of each row and over all, as generation 0; no row where models start from random weights."""
    yield from cross_entropy_rows(chain.seed, 0, "base_cross_entropy", chain.generation_0, "human_test_zero_shot")
