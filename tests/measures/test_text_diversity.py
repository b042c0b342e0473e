"""Diversity of an arm's decoded samples against the library's own functions on the texts themselves."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from modelcollapse.corpora.tokenizers import END, PAD
from modelcollapse.diversity import distinct_n, self_bleu
from modelcollapse.diversity.lexical.measures.self_bleu import self_bleu_scores
from modelcollapse.measures.arm import measure_arm
from modelcollapse.recursion.settings import ArmSettings, FamilySettings
from modelcollapse.recursion.writing.samples_file import write_samples
from modelcollapse.recursion.writing.sampling import Samples
from modelcollapse.runtime.parquet import write_parquet

WORDS = [f"w{number}" for number in range(40)]
SEEDS, HUMAN = (1, 2), -1
FAMILY = FamilySettings.model_validate({"corpus": "text", "tokenizer": "words", "model": {}, "row_tokens": 8})


def random_rows(rows, kinds, *stream):
    return [list(row) for row in np.random.default_rng(stream).integers(2, 2 + kinds, (rows, 8))]


HUMAN_ROWS = random_rows(12, 40, 0)
WRITTEN = {
    (seed, generation): random_rows(9, kinds, seed, generation)
    for seed in SEEDS
    for generation, kinds in enumerate((40, 10, 3))
}


def texts_of(rows):
    return [" ".join(WORDS[token - 2] for token in row) for row in rows]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("texts")
    tokenizer = Tokenizer(models.WordLevel({token: i for i, token in enumerate([PAD, END, *WORDS])}))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(folder / "tokenizer.json"))
    documents = pa.table({"ids": pa.array(HUMAN_ROWS, pa.list_(pa.int32()))})
    write_parquet(documents, folder / "train.parquet", {})
    for (seed, generation), rows in WRITTEN.items():
        ids = [np.array(row, dtype=np.int32) for row in rows]
        held_out = Samples([np.full(8, 2, np.int32)] * 5, None)
        write_samples(folder / f"{seed}_{generation}", Samples(ids, None), held_out, 9, False, {})
    scores = pa.table({"measure": ["human_test"], "unit": [0], "negative_log_likelihood": [1.0], "tokens": [1]})
    write_parquet(scores, folder / "scores", {})
    return folder


def measured(folder, *names, generations=(0, 1, 2)):
    output = folder / "table.parquet"
    samples = {seed: {g: folder / f"{seed}_{g}" for g in generations} for seed in SEEDS}
    scores = {seed: {g: folder / "scores" for g in generations} for seed in SEEDS}
    measure_arm(
        ArmSettings(family="text", measures=list(names)),
        FAMILY,
        folder / "train.parquet",
        folder / "tokenizer.json",
        {seed: folder / "scores" for seed in SEEDS},
        samples,
        scores,
        {"table": output},
    )
    return pq.read_table(output).to_pandas()


def test_values_are_those_of_the_library_on_the_decoded_texts(files):
    table = measured(files, "self_bleu", "distinct_2")
    value = table[table["unit"] == -1].set_index(["seed", "generation", "measure"])["value"]
    for (seed, generation), rows in WRITTEN.items():
        assert value[seed, generation, "self_bleu"] == self_bleu(texts_of(rows))
        # all sets have 9 texts of 8 words, so that no token is drawn
        assert value[seed, generation, "distinct_2"] == distinct_n(texts_of(rows), 2)
    units = table[(table["measure"] == "self_bleu") & (table["seed"] == 1) & (table["generation"] == 2)]
    units = units[units["unit"] >= 0].sort_values("unit")
    assert units["value"].tolist() == self_bleu_scores(texts_of(WRITTEN[1, 2])).tolist()
    assert units["tokens"].tolist() == [8] * 9


def test_all_sets_have_the_same_number_of_texts_and_tokens(files):
    table = measured(files, "distinct_2", "self_bleu")
    whole = table[table["unit"] == -1]
    assert set(whole["generation"]) == {HUMAN, 0, 1, 2}
    assert set(whole[whole["measure"] == "distinct_2"]["tokens"]) == {9 * 7}
    assert set(whole[whole["measure"] == "self_bleu"]["tokens"]) == {9 * 8}
    human = table[(table["measure"] == "self_bleu") & (table["generation"] == HUMAN) & (table["unit"] >= 0)]
    by_seed = human.groupby("seed")["unit"].apply(lambda units: tuple(sorted(units)))
    # 9 of 12 human rows, others for each seed
    assert all(len(set(units)) == 9 and max(units) < 12 for units in by_seed) and by_seed[1] != by_seed[2]
    chosen = [texts_of(HUMAN_ROWS)[unit] for unit in by_seed[1]]
    assert whole.set_index(["seed", "generation", "measure"])["value"][1, HUMAN, "self_bleu"] == self_bleu(chosen)


def test_unknown_words_are_those_that_human_training_rows_lack(files):
    table = measured(files, "unknown_word_share", "cross_entropy")
    assert set(table["measure"]) == {"unknown_word_share", "cross_entropy"}
    known = {token for row in HUMAN_ROWS for token in row}
    value = table[table["unit"] == -1].set_index(["measure", "seed", "generation"])["value"]["unknown_word_share"]
    for key, rows in WRITTEN.items():
        assert value[key] == np.mean([token not in known for row in rows for token in row])
    assert value[1, HUMAN] == 0


def test_texts_that_a_measure_refuses_are_named(files):
    with pytest.raises(ValueError, match=r"'moving_average_type_token_ratio' .* human rows of seed 1: .*'measures'"):
        measured(files, "moving_average_type_token_ratio")
