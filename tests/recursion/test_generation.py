"""The engine's steps, end to end on random tokens."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modelcollapse.measures.arm import measure_arm
from modelcollapse.recursion import generation
from modelcollapse.recursion.generation import fit_base, fit_generation_0, run_generation, sample_generation_0
from modelcollapse.recursion.models.model_files import load_model, save_model
from modelcollapse.recursion.packing import read_rows
from modelcollapse.recursion.score import negative_log_likelihood, row_perplexity
from modelcollapse.recursion.settings import ArmSettings, FamilySettings
from modelcollapse.recursion.writing import sampling as sample
from modelcollapse.recursion.writing.samples_file import read_samples
from modelcollapse.runtime.files import sha256
from modelcollapse.runtime.parquet import read_metadata, write_parquet
from modelcollapse.steps.lineage import human_share, lineage_lines

VOCABULARY, BEGIN, PAD = 20, 1, 0
SEED, ROW, TRAIN, VALIDATION, TEST = 3, 6, 10, 4, 5
TRAINING = {"epochs": 2, "batch_size": 4, "learning_rate": 1e-2, "schedule": "constant"}
FAMILY = FamilySettings.model_validate(
    {
        "corpus": "text",
        "tokenizer": "words",
        "model": {"width": 16, "layers": 1, "heads": 2, "positions": 16, "dropout": 0.1},
        "row_tokens": ROW,
        "train_rows": TRAIN,
        "validation_rows": VALIDATION,
        "test_rows": TEST,
        "base_rows": 8,
        "base_training": TRAINING,
        "training": TRAINING,
    }
)


def arm(**options):
    given = {"family": "opt", "training": TRAINING, "decoding": {"new_tokens": ROW, "batch_size": 4}}
    return ArmSettings.model_validate(given | options)


def write_text(folder, seed, splits=(("train", 24), ("validation", 5), ("test", 6)), fingerprint="f" * 64):
    """Encoded splits of some rows each, as `encode_corpus` writes them."""
    random = np.random.default_rng(seed)
    paths = {}
    for split, rows in splits:
        documents = [[BEGIN, *random.integers(2, VOCABULARY, ROW - 1)] for _ in range(rows)]
        paths[split] = folder / f"{split}.parquet"
        table = pa.table({"ids": pa.array(documents, pa.list_(pa.int32()))})
        facts = {"vocabulary": VOCABULARY, "begin_id": BEGIN, "pad_id": PAD, "tokenizer_fingerprint": fingerprint}
        write_parquet(table, paths[split], facts | {"corpus_sha256": "c" * 64, "tokenizer_sha256": "d" * 64})
    return paths


class Chain:
    """Runs an arm's generations one after the other in a folder."""

    def __init__(self, folder, encoded, base, model_0, chosen, name="work"):
        self.folder, self.encoded, self.base, self.model_0, self.arm = folder, encoded, base, model_0, chosen
        self.work = folder / name

    def outputs(self, number, *more):
        paths = {kind: self.folder / kind / f"gen{number}.parquet" for kind in ("samples", "scores", *more)}
        for path in paths.values():
            path.parent.mkdir(exist_ok=True)
        return paths

    def start(self):
        sample_generation_0(self.arm, FAMILY, self.encoded, self.model_0, SEED, self.outputs(0), self.work / "0")
        return self

    def step(self, number, earlier=None, previous=None):
        earlier = [number - 1] if earlier is None else earlier
        samples = {k: self.outputs(k)["samples"] for k in earlier}
        outputs = self.outputs(number, *(["model"] if previous else []))
        work = self.work / str(number)
        run_generation(
            self.arm, FAMILY, self.encoded, self.base, self.model_0, previous, samples, SEED, number, outputs, work
        )
        return self


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    return write_text(tmp_path_factory.mktemp("text"), seed=0)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("base")
    outputs = {"model": folder / "base.safetensors", "record": folder / "base.json"}
    fit_base(FAMILY, write_text(folder, seed=1), 0, outputs, folder / "work")
    return outputs


@pytest.fixture(scope="module")
def generation_0(tmp_path_factory, text, base):
    folder = tmp_path_factory.mktemp("generation_0")
    outputs = {"model": folder / "gen0.safetensors", "scores": folder / "gen0.parquet"}
    fit_generation_0(FAMILY, text, base["model"], SEED, outputs, folder / "work")
    return outputs


@pytest.fixture
def chain(tmp_path, text, base, generation_0):
    """Makes chains that share text, base and generation 0."""

    def make(name="arm", **options):
        folder = tmp_path / name
        folder.mkdir()
        return Chain(folder, text, base["model"], generation_0["model"], arm(**options))

    return make


@pytest.fixture(scope="module")
def replaced(tmp_path_factory, text, base, generation_0):
    """Two generations of `replace`."""
    folder = tmp_path_factory.mktemp("replaced")
    return Chain(folder, text, base["model"], generation_0["model"], arm()).start().step(1).step(2)


def scores_of(path):
    """Measure -> (negative log-likelihoods, tokens) in the order of rows."""
    table = pq.read_table(path).to_pandas()
    return {
        name: (group["negative_log_likelihood"].to_numpy(), group["tokens"].to_numpy())
        for name, group in table.groupby("measure", observed=True)
    }


def test_the_base_has_a_record_of_its_fit(base):
    record = json.loads(base["record"].read_text(encoding="utf-8"))
    assert record["rows"] == 8
    assert record["steps"] == 2 * 2
    assert record["tokens_trained"] == 2 * 8 * ROW
    assert [entry["epoch"] for entry in record["validation"]] == [1, 2]


def test_generation_0_and_its_base_are_scored_on_human_test_text(text, base, generation_0):
    found = scores_of(generation_0["scores"])
    test = read_rows(text["test"], "blocks", ROW, TEST)
    for measure, path in {
        "human_test": generation_0["model"],
        "human_test_under_generation_0": generation_0["model"],
        "human_test_zero_shot": base["model"],
    }.items():
        expected, tokens = negative_log_likelihood(load_model(path), test, TEST)
        np.testing.assert_allclose(found[measure][0], expected, rtol=1e-5)
        assert found[measure][1].tolist() == tokens.tolist() == [ROW - 1] * TEST
    facts = read_metadata(generation_0["scores"])
    assert facts["human_share"] == 1.0
    assert facts["steps"] == 2 * 3


def test_without_a_base_there_is_no_zero_shot_score(tmp_path, text):
    outputs = {"model": tmp_path / "gen0.safetensors", "scores": tmp_path / "gen0.parquet"}
    fit_generation_0(FAMILY, text, None, SEED, outputs, tmp_path / "work")
    assert scores_of(outputs["scores"]).keys() == {"human_test", "human_test_under_generation_0"}


@pytest.mark.parametrize("number", [0, 1, 2])
def test_every_generation_continues_training_and_validation_blocks(replaced, number):
    stored = read_samples(replaced.outputs(number)["samples"])
    assert stored.held_out.tolist() == [False] * TRAIN + [True] * VALIDATION
    assert stored.prompt_id.tolist() == [*range(TRAIN), *range(VALIDATION)]
    assert {len(ids) for ids in stored.ids} == {len(log_q) for log_q in stored.log_q} == {ROW}
    assert not {PAD, BEGIN} & set(np.concatenate(stored.ids).tolist())
    assert max(np.concatenate(stored.log_q)) < 0


def test_samples_carry_their_lineage(replaced):
    for number, source in ((0, "human"), (1, "gen0"), (2, "gen1")):
        facts = read_metadata(replaced.outputs(number)["samples"])
        assert facts["training"] == [{"source": source, "rows": TRAIN, "share": 1.0}]
        assert (facts["corpus_sha256"], facts["tokenizer_sha256"]) == ("c" * 64, "d" * 64)
        assert facts["parents"] == [source]
        assert facts["human_share"] == (1.0 if number == 0 else 0.0)
        assert (facts["seed"], facts["generation"]) == (SEED, number)
        assert type(replaced.arm.decoding)(**facts["decoding"]) == replaced.arm.decoding
        assert facts["regime"]["name"] == "replace"


def test_scores_have_the_measures_of_their_generation(replaced):
    assert scores_of(replaced.outputs(0)["scores"]).keys() == {"samples_under_generation_0"}
    for number in (1, 2):
        path = replaced.outputs(number)["scores"]
        found = scores_of(path)
        rows = {"human_test": TEST, "samples_under_generation_0": TRAIN, "own_held_out": VALIDATION}
        rows |= {"held_out_entropy": VALIDATION}
        assert {measure: len(sums) for measure, (sums, _) in found.items()} == rows
        facts = read_metadata(path)
        assert facts["human_share"] == 0.0
        assert facts["steps"] == 2 * 3
        assert facts["tokens_trained"] == 2 * TRAIN * ROW
        assert facts["selected_epoch"] in (1, 2)


def test_samples_are_scored_under_generation_0_and_entropy_is_that_of_the_writer(replaced):
    found = scores_of(replaced.outputs(1)["scores"])
    stored = read_samples(replaced.outputs(1)["samples"])
    written = generation.rows_from(stored.ids[:TRAIN])
    sums, tokens = found["samples_under_generation_0"]
    np.testing.assert_allclose(
        np.exp(sums / tokens), row_perplexity(load_model(replaced.model_0), written, 3), rtol=1e-5
    )
    # entropy: what generation 0 said of its own held-out samples; the first token is predicted by nobody
    before = read_samples(replaced.outputs(0)["samples"])
    expected = [-log_q[1:].sum() for log_q in before.log_q[TRAIN:]]
    np.testing.assert_allclose(found["held_out_entropy"][0], expected, rtol=1e-6)
    assert found["held_out_entropy"][1].tolist() == found["own_held_out"][1].tolist() == [ROW - 1] * VALIDATION


def spy_on_fit(monkeypatch):
    """Rows and first weights of every fit."""
    seen = []
    original = generation.fit

    def spy(model, rows, *rest):
        seen.append(([row.tolist() for row in rows.texts()], model.embedding.weight.detach().clone()))
        return original(model, rows, *rest)

    monkeypatch.setattr(generation, "fit", spy)
    return seen


def test_a_model_is_trained_on_what_the_last_one_wrote_and_on_no_held_out_row(replaced, chain, monkeypatch):
    seen = spy_on_fit(monkeypatch)
    chain().start().step(1)
    stored = read_samples(replaced.outputs(0)["samples"])
    assert seen[0][0] == [ids.tolist() for ids in stored.ids[:TRAIN]]


def test_the_same_arguments_give_the_same_results(replaced, chain):
    again = chain().start().step(1)
    for number in (0, 1):
        assert sha256(again.outputs(number)["samples"]) == sha256(replaced.outputs(number)["samples"])
        assert sha256(again.outputs(number)["scores"]) == sha256(replaced.outputs(number)["scores"])


def test_arms_of_one_seed_draw_the_same_random_numbers(replaced, chain):
    other = chain(regime={"name": "preserve", "kept": 0.3}, training=TRAINING | {"epochs": 3}).start()
    first, second = (read_samples(made.outputs(0)["samples"]) for made in (replaced, other))
    assert all((a == b).all() for a, b in zip(first.ids, second.ids, strict=True))


def test_a_kept_share_is_human_and_says_so(chain):
    arm_with_human = chain(regime={"name": "preserve", "kept": 0.3}).start().step(1)
    facts = read_metadata(arm_with_human.outputs(1)["samples"])
    assert facts["training"] == [
        {"source": "human", "rows": 3, "share": pytest.approx(0.3)},
        {"source": "gen0", "rows": 7, "share": pytest.approx(0.7)},
    ]
    assert facts["human_share"] == pytest.approx(0.3)
    assert read_metadata(arm_with_human.outputs(1)["scores"])["human_share"] == pytest.approx(0.3)


def test_accumulate_trains_on_everything_so_far(chain):
    accumulated = chain(regime={"name": "accumulate"}).start().step(1).step(2, earlier=[0, 1])
    facts = read_metadata(accumulated.outputs(2)["samples"])
    assert [(part["source"], part["rows"]) for part in facts["training"]] == [("human", 10), ("gen0", 10), ("gen1", 10)]
    assert read_metadata(accumulated.outputs(2)["scores"])["tokens_trained"] == 2 * 3 * TRAIN * ROW


def test_a_human_ceiling_needs_no_samples(chain):
    ceiling = chain(regime={"name": "human_growing"}).step(1, earlier=[])
    assert read_metadata(ceiling.outputs(1)["samples"])["training"] == [{"source": "human", "rows": 20, "share": 1.0}]
    assert scores_of(ceiling.outputs(1)["scores"]).keys() == {"human_test", "samples_under_generation_0"}
    with pytest.raises(ValueError, match="needs 30 human rows in generation 2, but the corpus gives 24"):
        ceiling.step(2, earlier=[])


def test_filtered_keeps_what_generation_0_finds_likely(chain, monkeypatch):
    regime = {"name": "filtered", "criterion": "low_perplexity", "keep_share": 0.5}
    filtered = chain(regime=regime).start()
    stored = read_samples(filtered.outputs(0)["samples"])
    assert (~stored.held_out).sum() == 2 * TRAIN
    candidates = generation.rows_from(stored.ids[: 2 * TRAIN])
    perplexity = row_perplexity(load_model(filtered.model_0), candidates, 64)
    seen = spy_on_fit(monkeypatch)
    filtered.step(1)
    best = np.sort(np.argsort(perplexity)[:TRAIN])
    assert seen[0][0] == [stored.ids[place].tolist() for place in best]


def test_weights_start_from_the_base_or_from_the_previous_model(chain, base, monkeypatch):
    seen = spy_on_fit(monkeypatch)
    anew = chain("anew").start().step(1)
    going_on = chain("going_on", weights="continued").start()
    going_on.step(1, previous=going_on.model_0)
    going_on.step(2, previous=going_on.outputs(1, "model")["model"])
    expected = [base["model"], anew.model_0, going_on.outputs(1, "model")["model"]]
    for (_, weights), path in zip(seen, expected, strict=True):
        assert (weights == load_model(path).embedding.weight).all()


def test_beam_search_has_no_log_q_and_no_entropy(chain):
    beams = chain(decoding={"method": "beam", "beams": 2, "new_tokens": ROW, "batch_size": 5}).start().step(1)
    assert set(read_samples(beams.outputs(0)["samples"]).log_q) == {None}
    assert scores_of(beams.outputs(1)["scores"]).keys() == {"human_test", "samples_under_generation_0", "own_held_out"}


def test_log_q_of_held_out_rows_alone_changes_nothing_else(chain):
    whole, short = chain("whole").start().step(1), chain("short", log_q="held_out").start().step(1)
    for number in (0, 1):
        full, stored = (read_samples(c.outputs(number)["samples"]) for c in (whole, short))
        assert stored.log_q[:TRAIN] == [None] * TRAIN
        assert all((a == b).all() for a, b in zip(stored.log_q[TRAIN:], full.log_q[TRAIN:], strict=True))
        assert all((a == b).all() for a, b in zip(stored.ids, full.ids, strict=True))
    entropies = [scores_of(c.outputs(1)["scores"])["held_out_entropy"][0] for c in (whole, short)]
    assert (entropies[0] == entropies[1]).all()


def test_unconditional_samples_have_no_prompt_and_are_read_after_the_begin_token(chain, monkeypatch):
    free = chain(prompts="none").start()
    seen = spy_on_fit(monkeypatch)
    free.step(1)
    stored = read_samples(free.outputs(0)["samples"])
    assert stored.prompt_id.tolist() == [-1] * (TRAIN + VALIDATION)
    assert stored.held_out.sum() == VALIDATION
    assert seen[0][0] == [[BEGIN, *ids.tolist()] for ids in stored.ids[:TRAIN]]
    # model and writer stand in the same context, so that every token counts in the entropy
    entropy, tokens = scores_of(free.outputs(1)["scores"])["held_out_entropy"]
    np.testing.assert_allclose(entropy, [-log_q.sum() for log_q in stored.log_q[TRAIN:]], rtol=1e-6)
    assert tokens.tolist() == [ROW] * VALIDATION


def test_stopped_between_two_batches_of_samples_and_called_again(replaced, chain, monkeypatch):
    stopped = chain().start()
    original, calls = sample._write_batch, []

    def stop(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(sample, "_write_batch", stop)
    with pytest.raises(KeyboardInterrupt):
        stopped.step(1)
    assert not stopped.outputs(1)["samples"].exists()
    calls.clear()
    calls.extend([None] * 2)
    stopped.step(1)
    # 10 and 4 rows in batches of 4: one of 3 + 1 batches was kept
    assert len(calls) == 2 + 3
    assert sha256(stopped.outputs(1)["samples"]) == sha256(replaced.outputs(1)["samples"])


def test_lineage_goes_back_to_human_text(chain):
    kept = chain(regime={"name": "preserve", "kept": 0.5}).start().step(1).step(2)
    path = kept.outputs(2)["samples"]
    text = "\n".join(lineage_lines(path))
    assert "trained on 5 rows (50.0%) of gen1" in text
    assert "of gen0" in text
    assert text.endswith("human share of what model 2 was trained on: 50.0%")
    assert human_share(path) == 0.5


def test_an_arm_is_measured_from_its_files(replaced, text, generation_0, tmp_path):
    files = {kind: {SEED: {g: replaced.outputs(g)[kind] for g in range(3)}} for kind in ("samples", "scores")}
    generation_0_scores = {SEED: generation_0["scores"]}
    output = {"table": tmp_path / "arm.parquet"}
    arm = ArmSettings(family="words")
    measure_arm(arm, FAMILY, text["train"], None, generation_0_scores, files["samples"], files["scores"], output)
    table = pq.read_table(output["table"]).to_pandas().set_index(["generation", "measure", "unit"])["value"]
    for number, path in enumerate([generation_0["scores"], *(replaced.outputs(g)["scores"] for g in (1, 2))]):
        sums, tokens = scores_of(path)["human_test"]
        assert table[number, "cross_entropy", -1] == pytest.approx(sums.sum() / tokens.sum())
    split = table[2, "own_cross_entropy", -1] - table[2, "own_entropy", -1]
    assert table[2, "own_divergence", -1] == pytest.approx(split)
    assert (0, "base_cross_entropy", -1) in table.index


def test_text_that_is_too_short_and_weights_that_do_not_fit_are_refused(chain, text, base, tmp_path):
    outputs = {"model": tmp_path / "model", "scores": tmp_path / "scores"}
    with pytest.raises(ValueError, match="gives 24 rows, but 'train_rows' asks for 25"):
        fit_generation_0(FAMILY.model_copy(update={"train_rows": 25}), text, base["model"], 1, outputs, tmp_path)
    folder = tmp_path / "large"
    folder.mkdir()
    large = write_text(folder, seed=0)
    for path in large.values():
        write_parquet(pq.read_table(path), path, read_metadata(path) | {"vocabulary": VOCABULARY + 1})
    with pytest.raises(ValueError, match=r"has 20 tokens, but the tokenizer has 21"):
        fit_generation_0(FAMILY, large, base["model"], 1, outputs, tmp_path)


def test_weights_record_their_tokenizer_and_are_refused_with_another(tmp_path, base, generation_0):
    assert load_model(base["model"]).tokenizer == load_model(generation_0["model"]).tokenizer == "f" * 64
    outputs = {"model": tmp_path / "gen0.safetensors", "scores": tmp_path / "gen0.parquet"}
    other = write_text(tmp_path, seed=0, fingerprint="e" * 64)
    with pytest.raises(ValueError, match=r"base\.safetensors belongs to another tokenizer than"):
        fit_generation_0(FAMILY, other, base["model"], SEED, outputs, tmp_path / "work")
    # from random weights any tokenizer will do
    fit_generation_0(FAMILY, other, None, SEED, outputs, tmp_path / "work")
    assert load_model(outputs["model"]).tokenizer == "e" * 64


def test_weights_of_unknown_tokenizer_are_checked_by_size_only(tmp_path, base, text):
    model = load_model(base["model"])
    model.tokenizer = None
    save_model(model, tmp_path / "base.safetensors")
    outputs = {"model": tmp_path / "gen0.safetensors", "scores": tmp_path / "gen0.parquet"}
    fit_generation_0(FAMILY, text, tmp_path / "base.safetensors", SEED, outputs, tmp_path / "work")
    assert load_model(outputs["model"]).tokenizer == "f" * 64
