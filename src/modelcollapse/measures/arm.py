"""Measure a whole arm: from samples and scores of all seeds and generations to one tidy table. No torch needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from modelcollapse.recursion.packing import read_rows
from modelcollapse.recursion.repetition import repeated_share
from modelcollapse.recursion.settings import FamilySettings
from modelcollapse.recursion.writing.samples_file import read_samples
from modelcollapse.runtime.parquet import write_parquet

HUMAN = -1
"""Generation number of the human reference."""
AGGREGATED = -1
"""Unit of a value over all rows."""
TAIL_QUANTILE = 0.99
ByGeneration = Mapping[int, Path]


def measure_arm(
    family: FamilySettings,
    encoded_train: Path,
    generation_0: Mapping[int, Path],
    samples: Mapping[int, ByGeneration],
    scores: Mapping[int, ByGeneration],
    outputs: dict[str, Path],
) -> None:
    """Tidy measures of an arm: columns seed, generation, measure, unit, value.

    Args:
        family: packing of the human rows.
        encoded_train: human training text.
        generation_0: seed -> scores of the shared generation 0.
        samples: seed -> generation -> samples.
        scores: seed -> generation -> scores of the arm.
        outputs: ``table``.
    """
    rows: list[pd.DataFrame] = []
    human = read_rows(encoded_train, family.packing, family.row_tokens, family.train_rows)
    for seed in sorted(samples):
        shared = _read_scores(generation_0[seed])
        limit = float(np.quantile(_perplexity(shared, "human_test_under_generation_0"), TAIL_QUANTILE))
        rows += _of_human(seed, shared, human.texts())
        for generation in sorted(samples[seed]):
            own = _read_scores(scores[seed][generation])
            rows += _of_model(seed, generation, shared if generation == 0 else own)
            rows += _of_samples(seed, generation, own, limit, samples[seed][generation])
    table = pd.concat(rows, ignore_index=True)
    table = table.astype({"seed": "int32", "generation": "int32", "unit": "int32"})
    write_parquet(table, outputs["table"], {}, split_bytes=("value",))


def _of_human(seed: int, shared: pd.DataFrame, texts: list[np.ndarray]) -> list[pd.DataFrame]:
    """The human reference: held-out rows under model 0, repetition in training rows, the base before fitting."""
    perplexity = _perplexity(shared, "human_test_under_generation_0")
    found = [
        _values(seed, HUMAN, "sequence_perplexity", perplexity),
        _value(seed, HUMAN, "median_perplexity_under_generation_0", float(np.median(perplexity))),
        *_repetition(seed, HUMAN, texts),
    ]
    if (shared["measure"] == "human_test_zero_shot").any():
        found += _cross_entropy(seed, 0, "base_cross_entropy", shared, "human_test_zero_shot")
    return found


def _of_model(seed: int, generation: int, scores: pd.DataFrame) -> list[pd.DataFrame]:
    """How well the model predicts human test text, and its own kind of text."""
    found = _cross_entropy(seed, generation, "cross_entropy", scores, "human_test")
    total = found[0]["value"].iloc[0]
    found.append(_value(seed, generation, "perplexity", float(np.exp(total))))
    if (scores["measure"] == "own_held_out").any():
        own = _cross_entropy(seed, generation, "own_cross_entropy", scores, "own_held_out")
        found += own
        if (scores["measure"] == "held_out_entropy").any():
            entropy = _cross_entropy(seed, generation, "own_entropy", scores, "held_out_entropy")
            difference = own[0]["value"].iloc[0] - entropy[0]["value"].iloc[0]
            found += [*entropy, _value(seed, generation, "own_divergence", float(difference))]
    return found


def _of_samples(seed: int, generation: int, scores: pd.DataFrame, limit: float, samples: Path) -> list[pd.DataFrame]:
    perplexity = _perplexity(scores, "samples_under_generation_0")
    stored = read_samples(samples)
    texts = [ids for ids, held_out in zip(stored.ids, stored.held_out, strict=True) if not held_out]
    return [
        _values(seed, generation, "sequence_perplexity", perplexity),
        _value(seed, generation, "median_perplexity_under_generation_0", float(np.median(perplexity))),
        _value(seed, generation, "share_above_human_99", float(np.mean(perplexity > limit))),
        *_repetition(seed, generation, texts),
    ]


def _repetition(seed: int, generation: int, texts: Iterable[np.ndarray]) -> list[pd.DataFrame]:
    shares = np.array([repeated_share(text) for text in texts])
    return [
        _value(seed, generation, "repeated_4gram_share", float(shares.mean())),
        _value(seed, generation, "repeating_rows", float((shares > 0).mean())),
    ]


def _cross_entropy(seed: int, generation: int, measure: str, scores: pd.DataFrame, source: str) -> list[pd.DataFrame]:
    """Token-weighted mean over all rows, then the value of each row, nats per token."""
    chosen = scores[scores["measure"] == source]
    sums, tokens = chosen["negative_log_likelihood"].to_numpy(), chosen["tokens"].to_numpy()
    total = float(sums.sum() / tokens.sum())
    return [_value(seed, generation, measure, total), _values(seed, generation, measure, sums / np.maximum(tokens, 1))]


def _perplexity(scores: pd.DataFrame, measure: str) -> np.ndarray:
    chosen = scores[scores["measure"] == measure]
    return np.exp(chosen["negative_log_likelihood"].to_numpy() / np.maximum(chosen["tokens"].to_numpy(), 1))


def _read_scores(path: Path) -> pd.DataFrame:
    return pq.read_table(path).to_pandas().astype({"measure": str})


def _value(seed: int, generation: int, measure: str, value: float) -> pd.DataFrame:
    return _frame(seed, generation, measure, [AGGREGATED], [value])


def _values(seed: int, generation: int, measure: str, values: np.ndarray) -> pd.DataFrame:
    return _frame(seed, generation, measure, range(len(values)), values)


def _frame(seed: int, generation: int, measure: str, units: Iterable[int], values: Iterable[float]) -> pd.DataFrame:
    units = list(units)
    same = {"seed": seed, "generation": generation, "measure": measure}
    return pd.DataFrame({key: [value] * len(units) for key, value in same.items()} | {"unit": units, "value": values})
