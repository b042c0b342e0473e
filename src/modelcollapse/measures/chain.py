"""One seed of an arm: its scores, its samples and the human rows they are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from modelcollapse.recursion.packing import TokenRows
from modelcollapse.recursion.writing.samples_file import read_samples


@dataclass(frozen=True)
class Chain:
    """What the measures of an arm read of one seed; what none of them reads is empty."""

    seed: int
    generation_0: pd.DataFrame
    """Scores of the generation 0 that all arms of the family share: measure, unit, negative_log_likelihood, tokens."""
    scores: Mapping[int, pd.DataFrame]
    """Generation -> scores of the arm's own models and samples."""
    samples: Mapping[int, Path]
    """Generation -> samples file."""
    human: list[np.ndarray]
    """Token ids of the human training rows, without their prompts."""

    def scores_of_model(self, generation: int) -> pd.DataFrame:
        """Scores of the model of a generation; generation 0 is shared by all arms of the family."""
        return self.generation_0 if generation == 0 else self.scores[generation]

    def written(self, generation: int) -> list[np.ndarray]:
        """Token ids of the samples that a next model may train on, without their prompts; held-out ones are left out."""
        stored = read_samples(self.samples[generation])
        return [ids for ids, held_out in zip(stored.ids, stored.held_out, strict=True) if not held_out]


@dataclass(frozen=True)
class RowScores:
    """Cross-entropy of each row of one kind that has a predicted token."""

    values: np.ndarray
    """float64 [rows], nats per token."""
    tokens: np.ndarray
    """int [rows], predicted tokens, at least 1."""
    units: np.ndarray
    """int [rows], places among all rows of this kind."""
    mean: float
    """Nats per token over all rows: weighted by their tokens."""

    @property
    def total_tokens(self) -> int:
        """Predicted tokens of all rows."""
        return int(self.tokens.sum())


def row_scores(scores: pd.DataFrame, source: str) -> RowScores | None:
    """The rows of one kind (``source``, the scores' own name of it); None where there are none.

    A row without a predicted token, such as an empty sample, has no cross-entropy and is left out.
    """
    chosen = scores[scores["measure"] == source]
    chosen = chosen[chosen["tokens"] > 0]
    if chosen.empty:
        return None
    sums, tokens = chosen["negative_log_likelihood"].to_numpy(), chosen["tokens"].to_numpy()
    return RowScores(sums / tokens, tokens, chosen["unit"].to_numpy(), float(sums.sum() / tokens.sum()))


def read_scores(path: Path) -> pd.DataFrame:
    """A scores file."""
    return pq.read_table(path).to_pandas().astype({"measure": str})


def without_prompts(rows: TokenRows) -> list[np.ndarray]:
    """Token ids of each row behind its prompt: what a sample in its place would consist of."""
    return [text[start:] for text, start in zip(rows.texts(), rows.prompt_lengths, strict=True)]
