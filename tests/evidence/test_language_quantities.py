"""Claims about language models weigh human test rows by their tokens."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from modelcollapse.evidence.language_quantities import LANGUAGE_QUANTITIES, cross_entropies
from modelcollapse.measures.paper_data import PaperData
from modelcollapse.runtime.parquet import write_parquet

TOKENS = np.array([10, 30, 60])
VALUES = np.random.default_rng(0).normal(4, 0.2, (2, 3, 3))
"""[seeds, generations, rows]"""


def write_arm(path, tokens, values=VALUES, tokens_of_last=None):
    frames = []
    for (seed, generation), rows in zip(np.ndindex(values.shape[:2]), values.reshape(-1, values.shape[2]), strict=True):
        last = tokens_of_last is not None and (seed, generation) == (values.shape[0] - 1, values.shape[1] - 1)
        frames.append(
            pd.DataFrame(
                {"seed": seed, "generation": generation, "measure": "cross_entropy", "unit": range(len(rows))}
                | {"value": rows, "tokens": tokens_of_last if last else tokens}
            )
        )
    # rows in another order than seeds, generations and units
    write_parquet(pd.concat(frames).sample(frac=1, random_state=1), path)
    return path


def data_of(folder, **arms):
    return PaperData({"measures": {name: write_arm(folder / f"{name}.parquet", **arm) for name, arm in arms.items()}})


def test_a_long_row_counts_as_much_as_its_tokens(tmp_path):
    data = data_of(tmp_path, arm={"tokens": TOKENS})
    estimate = LANGUAGE_QUANTITIES["log_perplexity"].function(data, "arm", 1)[0]
    per_seed = (VALUES[:, 1] * TOKENS).sum(1) / TOKENS.sum()
    assert list(estimate.per_replicate.values()) == pytest.approx(per_seed)
    assert estimate.value == pytest.approx(per_seed.mean())
    mean = LANGUAGE_QUANTITIES["degradation"].function(data, "arm")[0]
    assert mean.value == pytest.approx(np.average((VALUES[:, 1:].mean(1) - VALUES[:, 0]).mean(0), weights=TOKENS))


def test_rows_of_one_length_need_no_weights(tmp_path):
    data = data_of(tmp_path, arm={"tokens": 63}, other={"tokens": TOKENS})
    assert cross_entropies(data, "arm").weights is None
    assert cross_entropies(data, "other").weights.tolist() == TOKENS.tolist()
    estimate = LANGUAGE_QUANTITIES["log_perplexity"].function(data, "arm", 2)[0]
    assert estimate.value == pytest.approx(VALUES[:, 2].mean())


def test_arms_with_other_rows_are_not_compared(tmp_path):
    data = data_of(tmp_path, arm={"tokens": 63}, other={"tokens": TOKENS}, same={"tokens": TOKENS})
    difference = LANGUAGE_QUANTITIES["degradation_difference"].function
    assert difference(data, "other", "same")[0].value == 0
    with pytest.raises(ValueError, match="differ in their numbers of tokens"):
        difference(data, "arm", "other")
    changed = data_of(tmp_path, arm={"tokens": TOKENS, "tokens_of_last": TOKENS[::-1]})
    with pytest.raises(ValueError, match="differ in length between seeds or generations"):
        cross_entropies(changed, "arm")
