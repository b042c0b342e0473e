"""From a CSV file of prompts and texts to the second generation of an arm that continues the prompts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from modelcollapse.corpora.dependencies import input_files
from modelcollapse.corpora.prepare import prepare_corpus
from modelcollapse.corpora.settings import CorpusSettings, TokenizerSettings
from modelcollapse.corpora.tokenizers import decode, encode_corpus, load_tokenizer, train_tokenizer
from modelcollapse.recursion.generation import fit_generation_0, run_generation, sample_generation_0
from modelcollapse.recursion.packing import read_rows
from modelcollapse.recursion.settings import ArmSettings, FamilySettings
from modelcollapse.recursion.writing.samples_file import read_samples

SPLITS = ("train", "validation", "test")
CORPUS = {"source": "files", "licence": "CC0", "path": "mine.csv", "text_column": "answer", "prompt_column": "question"}
TRAINING = {"epochs": 1, "batch_size": 4, "learning_rate": 1e-2, "schedule": "constant"}
FAMILY = FamilySettings.model_validate(
    {
        "corpus": "mine",
        "tokenizer": "bpe",
        "model": {"width": 16, "layers": 1, "heads": 2, "positions": 48, "dropout": 0.0},
        "packing": "documents",
        "row_tokens": 12,
        "base_training": TRAINING,
        "training": TRAINING,
    }
)
ARM = ArmSettings.model_validate(
    {
        "family": "mine",
        "prompts": "prompts",
        "training": TRAINING,
        "decoding": {"new_tokens": 8, "batch_size": 4, "stop_at_end": True},
    }
)


@pytest.fixture
def encoded(tmp_path: Path) -> dict[str, Path]:
    """Encoded splits of 30 rows; the prompts have at most 14 tokens."""
    rows = [f"What is {'so ' * (n % 4)}{n}?,It is the number {n} and no other." for n in range(30)]
    (tmp_path / "mine.csv").write_text("question,answer\n" + "\n".join(rows) + "\n")
    corpus = CorpusSettings.model_validate(CORPUS | {"prompt_tokens": 14})
    prepared = {split: tmp_path / f"{split}.parquet" for split in SPLITS}
    inputs = {str(place): path for place, path in enumerate(input_files(corpus, tmp_path))}
    prepare_corpus(corpus, inputs, prepared | {"record": tmp_path / "corpus.json"}, "mine", tmp_path)
    train_tokenizer(TokenizerSettings(vocabulary=280), [prepared["train"]], tmp_path / "bpe.json")
    out = {split: tmp_path / f"{split}.ids.parquet" for split in SPLITS}
    encode_corpus(
        tmp_path / "bpe.json",
        prepared,
        out,
        "mine",
        "bpe",
        tmp_path / "corpus.json",
        prompt_tokens=corpus.prompt_tokens,
    )
    return out


def test_rows_are_prompt_then_text_then_end(encoded: dict[str, Path], tmp_path: Path) -> None:
    rows = read_rows(encoded["train"], "documents", 100)
    tokenizer = load_tokenizer(tmp_path / "bpe.json")
    assert len(rows) == 24 and len(set(rows.prompt_lengths.tolist())) > 1 and rows.prompt_lengths.max() <= 14
    for row, prompt in zip(rows.texts(), rows.prompts(), strict=True):
        assert (row[0], row[-1]) == (1, 1) and 1 not in row[1:-1]
        assert decode(tokenizer, prompt).startswith("What is") and decode(tokenizer, prompt).endswith("\n")
        text = decode(tokenizer, row[len(prompt) :])
        assert text.startswith("It is the number") and text.endswith("other.")


def test_an_arm_continues_the_prompts(encoded: dict[str, Path], tmp_path: Path) -> None:
    paths = {name: tmp_path / f"{name}.safetensors" for name in ("model", "scores")}
    fit_generation_0(FAMILY, encoded, None, 1, paths, tmp_path / "fit")
    outputs = [{kind: tmp_path / f"{kind}{g}.parquet" for kind in ("samples", "scores")} for g in (0, 1)]
    sample_generation_0(ARM, FAMILY, encoded, paths["model"], 1, outputs[0], tmp_path / "sample")
    earlier = {0: outputs[0]["samples"]}
    run_generation(ARM, FAMILY, encoded, None, paths["model"], None, earlier, 1, 1, outputs[1], tmp_path / "run")
    for written in outputs:
        stored = read_samples(written["samples"])
        human = [not held_out for held_out in stored.held_out]
        assert (sum(human), len(human) - sum(human)) == (24, 3)
        assert sorted(np.asarray(stored.prompt_id)[human].tolist()) == list(range(24))
        assert all(1 <= len(ids) <= 8 and 1 not in ids[:-1] for ids in stored.ids)
