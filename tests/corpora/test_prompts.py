"""Texts that continue prompts: what a tokenizer learns from them, and how they become token ids."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modelcollapse.corpora.settings import TokenizerSettings
from modelcollapse.corpora.tokenizers import decode, encode_corpus, load_tokenizer, train_tokenizer
from modelcollapse.runtime.parquet import read_metadata, write_parquet

PROMPTS = [f"module.name{n}: Do a thing." for n in range(5)]
TEXTS = [f"It does thing number {n}." for n in range(5)]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    write_parquet(pa.table({"prompt": PROMPTS, "text": TEXTS}), tmp_path / "train.parquet", {"source": "pydocs"})
    train_tokenizer(TokenizerSettings(vocabulary=290), [tmp_path / "train.parquet"], tmp_path / "bpe.json")
    return tmp_path / "train.parquet", tmp_path / "bpe.json"


def encoded(files: tuple[Path, Path], **options: int) -> pa.Table:
    out = {"train": files[0].with_name("ids.parquet")}
    encode_corpus(files[1], {"train": files[0]}, out, "docs", "bpe", **options)
    return pq.read_table(out["train"])


def test_a_tokenizer_learns_from_prompts_too(files: tuple[Path, Path]) -> None:
    learned = {token.replace("Ġ", "") for token in load_tokenizer(files[1]).get_vocab()}
    assert {"module", "number"} <= learned


def test_prompts_and_texts_are_whole(files: tuple[Path, Path]) -> None:
    table = encoded(files)
    tokenizer = load_tokenizer(files[1])
    end = tokenizer.token_to_id("</s>")
    assert table.column_names == ["prompt_ids", "ids"] and table.schema.field("ids").type == pa.list_(pa.int32())
    for row, prompt, text in zip(table.to_pylist(), PROMPTS, TEXTS, strict=True):
        assert row["prompt_ids"][0] == end and end not in (*row["prompt_ids"][1:], *row["ids"])
        assert decode(tokenizer, row["prompt_ids"]) == prompt + "\n"
        assert decode(tokenizer, row["ids"]) == text
    facts = read_metadata(files[0].with_name("ids.parquet"))
    assert (facts["corpus"], facts["tokenizer"], facts["split"], facts["begin_id"]) == ("docs", "bpe", "train", 1)


def test_long_prompts_are_cut_before_the_separator(files: tuple[Path, Path]) -> None:
    tokenizer = load_tokenizer(files[1])
    for row, prompt in zip(encoded(files, prompt_tokens=5)["prompt_ids"].to_pylist(), PROMPTS, strict=True):
        assert len(row) == 5 and row[-1:] == tokenizer.encode("\n").ids
        assert prompt.startswith(decode(tokenizer, row[:-1]))


def test_prompts_need_room(files: tuple[Path, Path]) -> None:
    with pytest.raises(ValueError, match="`prompt_tokens` is 2, but at least 3"):
        encoded(files, prompt_tokens=2)
