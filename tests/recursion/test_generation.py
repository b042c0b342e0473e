"""The engine's steps end to end on random tokens."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from modelcollapse.artifacts.lineage import human_share, lineage_lines
from modelcollapse.recursion import sample
from modelcollapse.recursion.generation import fit_base, fit_generation_0, run_generation, sample_generation_0
from modelcollapse.recursion.measure import measure_arm
from modelcollapse.recursion.repetition import repeated_share
from modelcollapse.recursion.samples_file import read_samples
from modelcollapse.recursion.settings import (
    ArmSettings,
    DecodingSettings,
    FamilySettings,
    ModelSettings,
    RegimeSettings,
    TrainingSettings,
)
from modelcollapse.runtime.tables import read_metadata, write_parquet

TRAINING = TrainingSettings(epochs=2, batch_size=4, learning_rate=1e-2, final_learning_rate=1e-3)
FAMILY = FamilySettings(
    corpus="random",
    tokenizer="none",
    model=ModelSettings(width=8, layers=1, heads=2, positions=16, dropout=0.1),
    row_tokens=8,
    train_rows=6,
    validation_rows=3,
    test_rows=4,
    base_rows=8,
    base_training=TRAINING,
    training=TRAINING,
)
DECODING = DecodingSettings(new_tokens=8, batch_size=4)


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    folder, random = tmp_path_factory.mktemp("encoded"), np.random.default_rng(0)
    paths = {}
    for split, documents in (("train", 20), ("validation", 6), ("test", 8)):
        ids = [[2, *random.integers(3, 12, 11).tolist()] for _ in range(documents)]
        paths[split] = folder / f"{split}.parquet"
        table = pa.table({"ids": pa.array(ids, pa.list_(pa.int32()))})
        write_parquet(table, paths[split], {"vocabulary": 12, "begin_id": 2, "pad_id": 1})
    return paths


@pytest.fixture(scope="module")
def generation_0(encoded, tmp_path_factory):
    folder = tmp_path_factory.mktemp("family")
    base = {"model": folder / "base.safetensors", "record": folder / "base.json"}
    fit_base(FAMILY, encoded, 0, base, folder)
    outputs = {"model": folder / "gen0.safetensors", "scores": folder / "gen0.parquet"}
    fit_generation_0(FAMILY, encoded, base["model"], 1, outputs, folder / "work")
    return {"base": base["model"], **outputs}


def arm(**options) -> ArmSettings:
    return ArmSettings(family="tiny", training=TRAINING, decoding=DECODING, **options)


def chain(settings: ArmSettings, encoded, generation_0, folder, generations: int = 2):
    """Samples and scores of all generations; the folder is laid out as in the project."""
    seed = folder / "seed1"
    paths = {g: {kind: seed / kind / "seed1" / f"gen{g}.parquet" for kind in ("samples", "scores")} for g in range(3)}
    for both in paths.values():
        for path in both.values():
            path.parent.mkdir(parents=True, exist_ok=True)
    sample_generation_0(settings, FAMILY, encoded, generation_0["model"], 1, paths[0], folder / "w0")
    previous = generation_0["model"]
    for g in range(1, generations + 1):
        outputs = dict(paths[g])
        if settings.weights == "continued":
            outputs["model"] = seed / f"gen{g}.safetensors"
        earlier = {k: paths[k]["samples"] for k in range(g)}
        run_generation(
            settings,
            FAMILY,
            encoded,
            generation_0["base"],
            generation_0["model"],
            previous if settings.weights == "continued" else None,
            earlier,
            1,
            g,
            outputs,
            folder / f"w{g}",
        )
        previous = outputs.get("model")
    return paths


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"regime": RegimeSettings(name="preserve", kept=0.5)},
        {"regime": RegimeSettings(name="accumulate")},
        {"regime": RegimeSettings(name="filtered")},
        {"weights": "continued"},
        {"prompts": "none"},
    ],
)
def test_a_chain_writes_samples_scores_and_lineage(options, encoded, generation_0, tmp_path):
    paths = chain(arm(**options), encoded, generation_0, tmp_path)
    for path in paths.values():
        stored = read_samples(path["samples"])
        assert int(stored.held_out.sum()) == FAMILY.validation_rows
        assert all(len(text) == 8 for text in stored.ids)
        assert not {1, 2} & {int(token) for text in stored.ids for token in text}
        assert all((log <= 0).all() for log in stored.log_q)
    measures = set(pd.read_parquet(paths[2]["scores"]).measure)
    assert measures == {"human_test", "own_held_out", "held_out_entropy", "samples_under_generation_0"}
    facts = read_metadata(paths[2]["samples"])
    assert sum(part["share"] for part in facts["training"]) == pytest.approx(1)
    assert facts["human_share"] == pytest.approx(human_share(paths[2]["samples"]))


def test_lineage_goes_back_to_human_text(encoded, generation_0, tmp_path):
    paths = chain(arm(regime=RegimeSettings(name="preserve", kept=0.5)), encoded, generation_0, tmp_path)
    text = "\n".join(lineage_lines(paths[2]["samples"]))
    assert "trained on 3 rows (50.0%) of gen1" in text and "of gen0" in text
    assert text.endswith("human share of what model 2 was trained on: 50.0%")


def test_the_same_arguments_give_the_same_bytes(encoded, generation_0, tmp_path):
    first = chain(arm(), encoded, generation_0, tmp_path / "a", generations=1)
    second = chain(arm(), encoded, generation_0, tmp_path / "b", generations=1)
    assert first[1]["samples"].read_bytes() == second[1]["samples"].read_bytes()


def test_a_step_killed_while_sampling_ends_with_the_same_bytes(encoded, generation_0, tmp_path, monkeypatch):
    expected = chain(arm(), encoded, generation_0, tmp_path / "a", generations=0)
    write, calls = sample._write_batch, []

    def killed(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return write(*arguments)

    monkeypatch.setattr(sample, "_write_batch", killed)
    with pytest.raises(KeyboardInterrupt):
        chain(arm(), encoded, generation_0, tmp_path / "b", generations=0)
    found = chain(arm(), encoded, generation_0, tmp_path / "b", generations=0)
    assert found[0]["samples"].read_bytes() == expected[0]["samples"].read_bytes()


def test_beam_search_has_no_log_q_and_no_own_entropy(encoded, generation_0, tmp_path):
    decoding = DecodingSettings(method="beam", beams=3, new_tokens=8, batch_size=4)
    paths = chain(
        ArmSettings(family="tiny", training=TRAINING, decoding=decoding), encoded, generation_0, tmp_path, generations=1
    )
    assert read_samples(paths[0]["samples"]).log_q is None
    assert "held_out_entropy" not in set(pd.read_parquet(paths[1]["scores"]).measure)


def test_generation_0_scores_its_base_too(generation_0):
    scores = pd.read_parquet(generation_0["scores"])
    assert set(scores.measure) == {"human_test", "human_test_under_generation_0", "human_test_zero_shot"}
    assert (scores.groupby("measure", observed=True).size() == FAMILY.test_rows).all()
    assert (scores.tokens == 7).all()


def test_measures_are_those_of_a_plain_computation(encoded, generation_0, tmp_path):
    paths = chain(arm(), encoded, generation_0, tmp_path)
    output = tmp_path / "arm.parquet"
    measure_arm(
        FAMILY,
        encoded["train"],
        {1: generation_0["scores"]},
        {1: {g: path["samples"] for g, path in paths.items()}},
        {1: {g: path["scores"] for g, path in paths.items()}},
        {"table": output},
    )
    table = pd.read_parquet(output).set_index(["generation", "measure", "unit"]).value
    scores = pd.read_parquet(paths[2]["scores"])
    human = scores[scores.measure == "human_test"]
    expected = human.negative_log_likelihood.sum() / human.tokens.sum()
    assert table[2, "cross_entropy", -1] == pytest.approx(expected)
    assert table[2, "perplexity", -1] == pytest.approx(np.exp(expected))
    stored = read_samples(paths[2]["samples"])
    shares = [repeated_share(text) for text, out in zip(stored.ids, stored.held_out, strict=True) if not out]
    assert table[2, "repeated_4gram_share", -1] == pytest.approx(np.mean(shares))
    split = table[2, "own_cross_entropy", -1] - table[2, "own_entropy", -1]
    assert table[2, "own_divergence", -1] == pytest.approx(split)
    assert (0, "base_cross_entropy", -1) in table.index


def test_a_corpus_with_too_few_rows_is_named(encoded, generation_0, tmp_path):
    family = FAMILY.model_copy(update={"train_rows": 1000})
    with pytest.raises(ValueError, match=r"train\.parquet gives 30 rows, but 'train_rows' asks for 1000"):
        fit_generation_0(family, encoded, None, 1, {"model": tmp_path / "m", "scores": tmp_path / "s"}, tmp_path)
