"""Measures of an arm from samples and scores written by hand."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcollapse.measures.arm import measure_arm
from modelcollapse.recursion.repetition import repeated_share
from modelcollapse.recursion.settings import ArmSettings, FamilySettings
from modelcollapse.recursion.writing.samples_file import write_samples
from modelcollapse.recursion.writing.sampling import Samples
from modelcollapse.runtime.parquet import write_parquet

SEEDS = (1, 2)
HUMAN_ROWS = [[1, 2, 3, 4, 1, 2, 3, 4], [5, 6, 7, 8, 9, 10, 11, 12]]
FAMILY = FamilySettings.model_validate(
    {"corpus": "text", "tokenizer": "words", "model": {}, "row_tokens": 8, "train_rows": 2}
)
ARM = ArmSettings(family="text")


def write_scores(path, **measures):
    """Each measure: pairs of negative log-likelihood and tokens, one per row."""
    rows = [(name, unit, *pair) for name, pairs in measures.items() for unit, pair in enumerate(pairs)]
    columns = dict(zip(("measure", "unit", "negative_log_likelihood", "tokens"), zip(*rows, strict=True), strict=True))
    types = (pa.string(), pa.int32(), pa.float64(), pa.int32())
    table = pa.table(
        {name: pa.array(values, kind) for (name, values), kind in zip(columns.items(), types, strict=True)}
    )
    write_parquet(table, path, {})
    return path


def write_texts(path, texts, held_out):
    def samples(lists):
        ids = [np.array(text, dtype=np.int32) for text in lists]
        return Samples(ids, [np.full(len(text), -0.5, dtype=np.float32) for text in ids])

    write_samples(path, samples(texts), samples(held_out), len(texts), True, {})
    return path


def at_perplexity(*perplexities):
    """Scores of rows of 2 predicted tokens that have these perplexities: exp(nats per token)."""
    return [(2 * math.log(value), 2) for value in perplexities]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("measure")
    encoded = folder / "train.parquet"
    documents = pa.table({"ids": pa.array([*HUMAN_ROWS, [1] * 16], pa.list_(pa.int32()))})
    write_parquet(documents, encoded, {})
    generation_0, samples, scores = {}, {}, {}
    for seed in SEEDS:
        generation_0[seed] = write_scores(
            folder / f"human{seed}.parquet",
            human_test=[(3.0 * seed, 2), (10.0 * seed, 8)],
            human_test_under_generation_0=at_perplexity(*range(10, 111)),
            human_test_zero_shot=[(14.0, 2), (16.0, 8)],
        )
        scores[seed] = {
            # the last sample is empty: nothing of it is predicted
            0: write_scores(folder / f"s{seed}_0", samples_under_generation_0=[*at_perplexity(4, 109.5, 9), (0.0, 0)]),
            1: write_scores(
                folder / f"s{seed}_1",
                human_test=[(4.0, 2), (16.0, 8)],
                samples_under_generation_0=at_perplexity(108.9, 200, 300),
                own_held_out=[(5.0, 3), (3.0, 1)],
                held_out_entropy=[(2.0, 3), (2.0, 1)],
            ),
            2: write_scores(
                folder / f"s{seed}_2",
                human_test=[(4.0, 2), (16.0, 8)],
                samples_under_generation_0=at_perplexity(1, 2, 3),
                own_held_out=[(1.0, 3), (3.0, 1)],
            ),
        }
        plain, repeating = [1, 2, 3, 4, 5, 6, 7], [9] * 7
        samples[seed] = {
            generation: write_texts(folder / f"t{seed}_{generation}", texts, [repeating, repeating])
            for generation, texts in enumerate([[plain] * 3, [plain, plain, repeating], [repeating] * 3])
        }
    measure_arm(ARM, FAMILY, encoded, None, generation_0, samples, scores, {"table": folder / "table.parquet"})
    return folder / "table.parquet"


@pytest.fixture(scope="module")
def values(table):
    """(seed, generation, measure) -> aggregated value, and -> values by unit."""
    frame = pq.read_table(table).to_pandas()
    single = frame[frame["unit"] == -1].set_index(["seed", "generation", "measure"])["value"]
    assert single.index.is_unique
    rows = frame[frame["unit"] >= 0].sort_values("unit")
    return single.to_dict(), rows.groupby(["seed", "generation", "measure"])["value"].apply(list).to_dict()


@pytest.fixture(scope="module")
def tokens(table):
    """(seed, generation, measure, unit) -> tokens."""
    return pq.read_table(table).to_pandas().set_index(["seed", "generation", "measure", "unit"])["tokens"].to_dict()


def test_measuring_needs_no_torch():
    code = "import sys, modelcollapse.measures.arm; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_table_is_tidy(table):
    schema = pq.read_schema(table)
    assert dict(zip(schema.names, map(str, schema.types), strict=True)) == {
        "seed": "int32",
        "generation": "int32",
        "measure": "large_string",
        "unit": "int32",
        "value": "double",
        "tokens": "int64",
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_cross_entropy_is_weighted_by_tokens_and_also_given_per_row(values, tokens, seed):
    single, rows = values
    assert single[seed, 0, "cross_entropy"] == pytest.approx(1.3 * seed)
    assert rows[seed, 0, "cross_entropy"] == pytest.approx([1.5 * seed, 1.25 * seed])
    assert single[seed, 1, "cross_entropy"] == single[seed, 2, "cross_entropy"] == pytest.approx(2.0)
    assert single[seed, 0, "base_cross_entropy"] == pytest.approx(3.0)
    assert [tokens[seed, 0, "cross_entropy", unit] for unit in (-1, 0, 1)] == [10, 2, 8]


def test_samples_are_compared_with_held_out_human_text_in_nats(values, tokens):
    single, rows = values
    # human perplexities are 10, 11, ..., 110: median 60, 99 % quantile 109
    medians = [single[1, g, "median_cross_entropy_under_generation_0"] for g in (-1, 0, 1, 2)]
    assert medians == pytest.approx(np.log([60, 9, 200, 2]))
    assert [single[1, g, "share_above_human_99"] for g in range(3)] == pytest.approx([1 / 3, 2 / 3, 0])
    assert rows[1, 1, "sequence_cross_entropy"] == pytest.approx(np.log([108.9, 200, 300]))
    assert rows[1, -1, "sequence_cross_entropy"] == pytest.approx(np.log(range(10, 111)))
    assert tokens[1, 1, "sequence_cross_entropy", 2] == 2
    assert tokens[1, 1, "median_cross_entropy_under_generation_0", -1] == 6


def test_an_empty_sample_has_no_cross_entropy(values, tokens):
    _, rows = values
    assert rows[1, 0, "sequence_cross_entropy"] == pytest.approx(np.log([4, 109.5, 9]))
    assert (1, 0, "sequence_cross_entropy", 3) not in tokens


def test_repetition_is_counted_in_training_rows_only(values, tokens):
    single, rows = values
    # of 4 4-grams of a row of seven equal tokens 3 repeat; of 5 human ones in the first row 1
    assert [single[1, g, "repeated_token_4gram_share"] for g in range(3)] == pytest.approx([0, 0.25, 0.75])
    assert [single[1, g, "repeating_rows"] for g in range(3)] == pytest.approx([0, 1 / 3, 1])
    assert single[1, -1, "repeated_token_4gram_share"] == pytest.approx((1 / 5 + 0) / 2)
    assert single[1, -1, "repeating_rows"] == pytest.approx(0.5)
    assert rows[1, 1, "repeated_token_4gram_share"] == pytest.approx([0, 0, 0.75])
    assert [tokens[1, g, "repeated_token_4gram_share", -1] for g in (-1, 1)] == [16, 21]


def test_an_arm_gets_what_it_asks_for(table, tmp_path):
    folder = table.parent
    files = {seed: {0: folder / f"s{seed}_0"} for seed in SEEDS}
    texts = {seed: {0: folder / f"t{seed}_0"} for seed in SEEDS}
    human = {seed: folder / f"human{seed}.parquet" for seed in SEEDS}

    def measured(*names):
        arm = ArmSettings(family="text", measures=list(names))
        output = tmp_path / "table.parquet"
        measure_arm(arm, FAMILY, folder / "train.parquet", None, human, texts, files, {"table": output})
        return pq.read_table(output).to_pandas()

    assert set(measured("base_cross_entropy")["measure"]) == {"base_cross_entropy"}
    assert set(measured("cross_entropy")["generation"]) == {0}
    with pytest.raises(ValueError, match="'cross_entropi' of an arm; did you mean 'cross_entropy'"):
        measured("cross_entropi")
    with pytest.raises(ValueError, match="self_bleu also read tokenizer: give these"):
        measured("self_bleu")
    with pytest.raises(ValueError, match="own_cross_entropy give no value"):
        measured("own_cross_entropy")
    # what is not read need not be given
    texts.clear()
    assert set(measured("sequence_cross_entropy")["seed"]) == set(SEEDS)
    with pytest.raises(ValueError, match="repeated_token_4gram_share also read samples"):
        measured("repeated_token_4gram_share")


def test_own_perplexity_is_split_into_entropy_and_divergence(values):
    single, rows = values
    assert single[1, 1, "own_cross_entropy"] == pytest.approx(2.0)
    assert single[1, 1, "own_entropy"] == pytest.approx(1.0)
    assert single[1, 1, "own_divergence"] == pytest.approx(1.0)
    assert rows[1, 1, "own_cross_entropy"] == pytest.approx([5 / 3, 3])
    # beam search has no entropy, generation 0 no predecessor
    assert single[1, 2, "own_cross_entropy"] == pytest.approx(1.0)
    assert not {(1, 2, "own_entropy"), (1, 2, "own_divergence"), (1, 0, "own_cross_entropy")} & single.keys()


@given(st.lists(st.integers(0, 2), max_size=20), st.integers(1, 5))
def test_repeated_share_counts_what_stood_before(ids, order):
    before, repeated, total = set(), 0, 0
    for start in range(len(ids) - order + 1):
        gram = tuple(ids[start : start + order])
        repeated += gram in before
        total += 1
        before.add(gram)
    assert repeated_share(np.array(ids, dtype=np.int32), order) == (repeated / total if total else 0.0)
