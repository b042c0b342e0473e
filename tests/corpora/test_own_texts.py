"""One's own texts as a corpus: every format, splits by shares and by files, and what is refused."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from mirrors import outputs
from pydantic import ValidationError

from modelcollapse.corpora.corpus_record import read_record
from modelcollapse.corpora.dependencies import corpus_parameters, input_files
from modelcollapse.corpora.prepare import prepare_corpus
from modelcollapse.corpora.settings import CorpusSettings
from modelcollapse.corpora.sources import has_prompts
from modelcollapse.runtime.files import sha256

SPLITS = ("train", "validation", "test")
TEXTS = [f'Text, number {n}: "café"\nand a second line.' for n in range(40)]
PROMPTS = [f"Prompt {n}?" for n in range(40)]


def settings(**changes: object) -> CorpusSettings:
    return CorpusSettings.model_validate({"source": "files", "path": "mine", "licence": "CC0"} | changes)


def prepared(root: Path, corpus: CorpusSettings) -> dict[str, list[dict[str, str]]]:
    out = outputs(root / "out", *SPLITS, "record")
    inputs = {str(place): path for place, path in enumerate(input_files(corpus, root))}
    prepare_corpus(corpus, inputs, out, "mine", root)
    return {split: pq.read_table(out[split]).to_pylist() for split in SPLITS}


def texts(root: Path, corpus: CorpusSettings) -> list[str]:
    return sorted(row["text"] for rows in prepared(root, corpus).values() for row in rows)


def as_jsonl(table: pd.DataFrame, path: Path) -> None:
    path.write_text("\n".join(json.dumps(row) for row in table.to_dict("records")), encoding="utf-8")


def as_csv(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False)


def as_gzipped_csv(table: pd.DataFrame, path: Path) -> None:
    path.write_bytes(gzip.compress(table.to_csv(index=False).encode("utf-8-sig")))


def as_parquet(table: pd.DataFrame, path: Path) -> None:
    table.to_parquet(path)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """An empty folder of one's own."""
    (tmp_path / "mine").mkdir()
    return tmp_path / "mine"


@pytest.mark.parametrize(
    ("name", "write"),
    [("a.jsonl", as_jsonl), ("a.csv", as_csv), ("a.csv.gz", as_gzipped_csv), ("a.parquet", as_parquet)],
)
def test_tables_are_read_whole_with_their_prompts(
    mine: Path, tmp_path: Path, name: str, write: Callable[[pd.DataFrame, Path], None]
) -> None:
    write(pd.DataFrame({"other": range(40), "answer": TEXTS, "question": PROMPTS}), mine / name)
    rows = prepared(tmp_path, settings(text_column="answer", prompt_column="question"))
    assert {split: len(found) for split, found in rows.items()} == {"train": 32, "validation": 4, "test": 4}
    everything = [(row["prompt"], row["text"]) for found in rows.values() for row in found]
    assert sorted(everything) == sorted(zip(PROMPTS, TEXTS, strict=True))
    assert sorted(texts(tmp_path, settings(text_column="answer"))) == sorted(TEXTS)
    record = read_record(tmp_path / "out" / "record.json")
    assert (record["licence"], record["source"]) == ("CC0", "files")
    assert record["origin"] == {"kind": "files", "raw_files": {name: sha256(mine / name)}}


def test_text_files_hold_documents_paragraphs_or_lines(mine: Path, tmp_path: Path) -> None:
    (mine / "inner").mkdir()
    for number in range(6):
        (mine / "inner" / f"{number}.txt").write_bytes(f"\ufeffa{number}\r\nb{number}\n \n\nc{number}\n\n".encode())
    (mine / "more.txt.gz").write_bytes(gzip.compress(b"last", mtime=0))
    (mine / "README.md").write_text("not read")
    (mine / ".hidden.txt").write_text("not read")
    shares = {"train": 0.4, "validation": 0.3, "test": 0.3}
    assert [path.name for path in input_files(settings(), tmp_path)] == [*(f"{n}.txt" for n in range(6)), "more.txt.gz"]
    found = texts(tmp_path, settings(shares=shares))
    assert found == [*(f"a{n}\nb{n}\n \n\nc{n}" for n in range(6)), "last"]
    found = texts(tmp_path, settings(shares=shares, document="paragraph"))
    assert found == sorted([*(f"a{n}\nb{n}" for n in range(6)), *(f"c{n}" for n in range(6)), "last"])
    found = texts(tmp_path, settings(shares=shares, document="line"))
    assert found == sorted([*(f"{letter}{n}" for letter in "abc" for n in range(6)), "last"])


def test_splits_depend_on_seed_and_texts_alone(mine: Path, tmp_path: Path) -> None:
    as_csv(pd.DataFrame({"text": TEXTS}), mine / "a.csv")
    one, other = (prepared(tmp_path, settings(text_column="text", seed=seed)) for seed in (0, 1))
    (mine / "a.csv").unlink()
    as_csv(pd.DataFrame({"text": TEXTS[25:][::-1]}), mine / "z.csv")
    as_jsonl(pd.DataFrame({"text": TEXTS[:25]}), mine / "b.jsonl")
    assert prepared(tmp_path, settings(text_column="text")) == one
    assert other["test"] != one["test"]
    assert len(prepared(tmp_path, settings(text_column="text", train=3))["train"]) == 3


def test_equal_texts_and_equal_prompts_stay_in_one_split(mine: Path, tmp_path: Path) -> None:
    as_csv(pd.DataFrame({"text": TEXTS * 3, "prompt": [p for p in PROMPTS for _ in range(3)]}), mine / "a.csv")
    for key, prompts in (("text", None), ("prompt", "prompt")):
        rows = prepared(tmp_path, settings(text_column="text", prompt_column=prompts))
        sets = [{row[key] for row in rows[split]} for split in SPLITS]
        assert sum(map(len, sets)) == len(set.union(*sets)) == 40
        assert sum(map(len, rows.values())) == 120


def test_split_files_keep_their_order(mine: Path, tmp_path: Path) -> None:
    (mine / "learn").mkdir()
    as_jsonl(pd.DataFrame({"text": TEXTS[:3]}), mine / "learn" / "1.jsonl")
    as_jsonl(pd.DataFrame({"text": TEXTS[3:5]}), mine / "learn" / "2.jsonl")
    as_csv(pd.DataFrame({"text": TEXTS[5:7]}), mine / "dev.csv")
    as_csv(pd.DataFrame({"text": TEXTS[7:8]}), mine / "test.csv")
    as_csv(pd.DataFrame({"text": TEXTS[8:]}), mine / "unused.csv")
    places = {"train": "learn", "validation": "dev.csv", "test": "test.csv"}
    rows = prepared(tmp_path, settings(text_column="text", split_files=places))
    assert [[row["text"] for row in rows[split]] for split in SPLITS] == [TEXTS[:5], TEXTS[5:7], TEXTS[7:8]]
    within = settings(text_column="text", split_files=places | {"test": "learn/2.jsonl"})
    with pytest.raises(ValueError, match=r"2\.jsonl is in two splits, train and test"):
        input_files(within, tmp_path)


def test_files_that_come_or_go_during_a_run_are_noticed(mine: Path, tmp_path: Path) -> None:
    as_csv(pd.DataFrame({"text": TEXTS}), mine / "a.csv")
    corpus = settings(text_column="text")
    inputs = {"a": input_files(corpus, tmp_path)[0]}
    as_csv(pd.DataFrame({"text": TEXTS}), mine / "b.csv")
    with pytest.raises(ValueError, match="added or removed while the run went on"):
        prepare_corpus(corpus, inputs, outputs(tmp_path / "out", *SPLITS, "record"), root=tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"id,text\n1,a\n2,\n", r"a\.csv, row 2, column 'text' is empty"),
        ("a.csv", b"text,id\na,1,9\n", r"a\.csv cannot be read as CSV"),
        ("a.csv", b"text,id\na,1\nb,2,3\n", r"a\.csv cannot be read as CSV .*line 3"),
        ("a.csv", b"id,text\n1\n", r"a\.csv, row 1, column 'text' is empty"),
        ("a.csv", b"id,body\n1,a\n", r"a\.csv has no column 'text'; there are: id, body"),
        ("a.csv", b"text\n", r"a\.csv holds no texts"),
        ("a.csv", b"", r"a\.csv cannot be read as CSV"),
        ("a.csv", b"text\n\xff\xfe", r"a\.csv cannot be read as CSV .*UTF-8"),
        ("a.csv.gz", gzip.compress(b"text\n" + b"a\n" * 9999, mtime=0)[:-9], r"a\.csv\.gz cannot be read as CSV"),
        ("a.jsonl", b'{"text": "a"}\n\n{"body": "a"}', r"a\.jsonl, line 3 has no column 'text'; there are: body"),
        ("a.jsonl", b'{"text": "a"}\n{"text"', r"a\.jsonl, line 2 is no JSON"),
        ("a.jsonl", b'{"text": 5}', r"a\.jsonl, line 1, column 'text' holds 5, which is no text"),
        ("a.jsonl", b'{"text": null}', r"line 1, column 'text' holds nothing"),
        ("a.jsonl.gz", b"no gzip", r"a\.jsonl\.gz cannot be read beyond line 0"),
        ("a.parquet", b"no parquet", r"a\.parquet cannot be read as Parquet"),
        ("a.csv", b"text\na\nb\n", r"mine holds 2 texts, too few for the splits train, validation, test"),
    ],
)
def test_damaged_and_incomplete_files_are_named(
    mine: Path, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (mine / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        prepared(tmp_path, settings(text_column="text"))


def test_missing_and_unsuitable_files_are_refused_before_any_work(mine: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere does not exist: check 'path'"):
        input_files(settings(path="nowhere"), tmp_path)
    (mine / "a.docx").write_text("x")
    with pytest.raises(ValueError, match=r"mine holds no file to read: .*\.parquet"):
        input_files(settings(), tmp_path)
    with pytest.raises(ValueError, match=r"a\.docx is of no known kind"):
        input_files(settings(path="mine/a.docx"), tmp_path)
    (mine / "a.txt").write_text(" \n")
    with pytest.raises(ValueError, match=r"a\.txt holds no texts"):
        prepared(tmp_path, settings())
    with pytest.raises(ValueError, match=r"a\.txt has no columns, but 'text_column' is 'text'"):
        input_files(settings(text_column="text"), tmp_path)
    (mine / "b.csv").write_text("text\na\n")
    with pytest.raises(ValueError, match=r"b\.csv has columns: name the one"):
        input_files(settings(), tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"path": None}, "'path' is required"),
        ({"licence": None}, "'licence' is required"),
        ({"prompt_column": "p"}, "'prompt_column' needs 'text_column'"),
        ({"text_column": "p", "prompt_column": "p"}, "are both 'p'"),
        ({"shares": {"train": 0.8, "validation": 0.1, "test": 0.2}}, r"sum to 1\.1, but they must sum to 1"),
        ({"split_files": {"train": "a", "validation": "a", "test": "c"}}, "three different files"),
        ({"split_files": {"train": "a", "validation": "b", "test": "c"}, "seed": 1}, "'seed' has no effect"),
        (
            {
                "split_files": {"train": "a", "validation": "b", "test": "c"},
                "shares": {"train": 0.8, "validation": 0.1, "test": 0.1},
            },
            "exclude each other",
        ),
        ({"packages": ["numpy"]}, "'packages' has no effect with the source 'files'"),
        ({"prompt_tokens": 8}, "'prompt_tokens' has no effect, because this corpus has no prompts"),
    ],
)
def test_contradicting_settings_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        settings(**changes)


def test_what_a_workflow_asks(tmp_path: Path) -> None:
    assert has_prompts(settings(text_column="a", prompt_column="b")) and not has_prompts(settings(text_column="a"))
    assert corpus_parameters(settings()) == {}
