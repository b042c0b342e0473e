"""Repetition of token ids within a sample, beside that of human training rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from modelcollapse.measures.chain import Chain
from modelcollapse.measures.measure_rows import HUMAN, by_unit, overall
from modelcollapse.recursion.repetition import repeated_share

READS = ("samples", "human_train")


def measure(chain: Chain) -> Iterator[pd.DataFrame]:
    """``repeated_token_4gram_share``: share of a row's 4-grams of token ids that occurred before in it, of each row and
    their mean; ``repeating_rows``: share of rows with such a 4-gram."""
    yield from _repetition(chain.seed, HUMAN, chain.human)
    for generation in sorted(chain.samples):
        yield from _repetition(chain.seed, generation, chain.written(generation))


def _repetition(seed: int, generation: int, texts: Sequence[np.ndarray]) -> Iterator[pd.DataFrame]:
    shares = np.array([repeated_share(text) for text in texts])
    tokens = np.array([len(text) for text in texts])
    total = int(tokens.sum())
    yield overall(seed, generation, "repeated_token_4gram_share", float(shares.mean()), total)
    yield by_unit(seed, generation, "repeated_token_4gram_share", shares, tokens, np.arange(len(texts)))
    yield overall(seed, generation, "repeating_rows", float((shares > 0).mean()), total)
