"""Pairs as prompts and continuations."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modelcollapse.corpora.prompts import encode_pairs, prompt_rows
from modelcollapse.corpora.settings import TokenizerSettings
from modelcollapse.corpora.tokenizers import decode, load_tokenizer, train_tokenizer
from modelcollapse.runtime.parquet import read_metadata, write_parquet

PAIRS = [
    {"prompt": f"module.name{n}: Do a thing.", "text": f"It does thing number {n}.", "split": split}
    for n, split in enumerate(["train", "test", "train", "train", "validation"])
]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    write_parquet(pa.Table.from_pylist(PAIRS), tmp_path / "pairs.parquet")
    train_tokenizer(TokenizerSettings(vocabulary=270), [tmp_path / "pairs.parquet"], tmp_path / "bpe.json")
    return tmp_path / "pairs.parquet", tmp_path / "bpe.json"


def test_rows_are_whole_when_there_is_room(files: tuple[Path, Path]) -> None:
    rows = prompt_rows(*files, "train", 200, 200)
    tokenizer = load_tokenizer(files[1])
    end = tokenizer.token_to_id("</s>")
    chosen = [pair for pair in PAIRS if pair["split"] == "train"]
    assert rows.column_names == ["prompt_ids", "ids"] and rows.schema.field("ids").type == pa.list_(pa.int32())
    for row, pair in zip(rows.to_pylist(), chosen, strict=True):
        assert row["prompt_ids"][0] == end and row["ids"][-1] == end
        assert decode(tokenizer, row["prompt_ids"]) == pair["prompt"] + "\n"
        assert decode(tokenizer, row["ids"]) == pair["text"]


def test_long_rows_are_cut(files: tuple[Path, Path]) -> None:
    rows = prompt_rows(*files, "train", 8, 5, limit=2).to_pylist()
    tokenizer = load_tokenizer(files[1])
    assert len(rows) == 2
    for row in rows:
        assert len(row["prompt_ids"]) == 8 and len(row["ids"]) == 5
        assert row["prompt_ids"][-1:] == tokenizer.encode("\n").ids
        assert tokenizer.token_to_id("</s>") not in row["ids"]


def test_impossible_requests_are_refused(files: tuple[Path, Path]) -> None:
    with pytest.raises(ValueError, match="no pairs of the split 'other'"):
        prompt_rows(*files, "other", 20, 20)
    with pytest.raises(ValueError, match="`prompt_tokens` is 2, but at least 3"):
        prompt_rows(*files, "train", 2, 20)
    with pytest.raises(ValueError, match="at least 1"):
        prompt_rows(*files, "train", 20, 0)


def test_step_writes_every_split(files: tuple[Path, Path], tmp_path: Path) -> None:
    out = {split: tmp_path / f"{split}.parquet" for split in ("train", "validation", "test")}
    encode_pairs(*files, out, "docs", "bpe", 40, 20)
    assert [pq.read_metadata(path).num_rows for path in out.values()] == [3, 1, 1]
    facts = read_metadata(out["test"])
    assert (facts["corpus"], facts["tokenizer"], facts["split"], facts["begin_id"]) == ("docs", "bpe", "test", 1)
