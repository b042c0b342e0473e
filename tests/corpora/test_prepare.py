"""Prepared corpora: splits, records, limits, and damage noticed by sha256."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from mirrors import outputs

from modelcollapse.corpora import storyworld
from modelcollapse.corpora.corpus_record import read_record, text_counts, verify_splits
from modelcollapse.corpora.fetch import fetch_corpus
from modelcollapse.corpora.prepare import prepare_corpus
from modelcollapse.corpora.settings import CorpusSettings
from modelcollapse.runtime.files import sha256

TEXT = ("train", "validation", "test", "record")
IMAGES = ("train", "test", "record")


def texts(path: Path) -> list[str]:
    return pq.read_table(path)["text"].to_pylist()


def settings(source: str, **changes: object) -> CorpusSettings:
    return CorpusSettings.model_validate({"source": source, **changes})


def fetched(source: str, mirror: Path, folder: Path) -> dict[str, Path]:
    out = outputs(folder, *TEXT) if source != "mnist" else outputs(folder, *IMAGES, suffix="npz")
    fetch_corpus(source, mirror, out)
    return out


def test_storyworld_is_drawn_and_recorded(tmp_path: Path) -> None:
    out = outputs(tmp_path, *TEXT)
    prepare_corpus(settings("storyworld", train=50, validation=7, test=9, seed=2), {}, out, name="stories")
    assert texts(out["train"]) == storyworld.sample(50, 2, "train")
    assert texts(out["test"]) == storyworld.sample(9, 2, "test")
    record = json.loads(out["record"].read_text())
    assert (record["name"], record["source"]) == ("stories", "storyworld")
    assert record["splits"]["validation"]["documents"] == 7
    assert record["splits"]["train"]["words"] == sum(len(text.split()) for text in texts(out["train"]))
    assert record["splits"]["train"]["sha256"] == sha256(out["train"])
    assert record["licence"] and verify_splits(out["record"], {"train": out["train"]}) == record


def test_published_text_keeps_order_and_origin(mirror: Path, tmp_path: Path) -> None:
    raw = fetched("wikitext", mirror, tmp_path / "raw")
    out = outputs(tmp_path / "out", *TEXT)
    prepare_corpus(settings("wikitext", train=2), raw, out)
    assert texts(out["train"]) == [" = Title = \n", " The first paragraph , café .\n"]
    record = json.loads(out["record"].read_text())
    assert record["licence"].startswith("CC BY-SA") and record["origin"]["kind"] == "mirror"
    assert "train.txt" in record["origin"]["raw_files"]
    assert record["splits"]["train"]["characters"] == sum(map(len, texts(out["train"])))


def test_a_small_mirror_is_used_whole_and_said(mirror: Path, tmp_path: Path, capsys) -> None:
    raw = fetched("tinystories", mirror, tmp_path / "raw")
    out = outputs(tmp_path / "out", *TEXT)
    prepare_corpus(settings("tinystories", train=1000), raw, out)
    assert len(texts(out["train"])) == 7
    assert "has 7 documents, but 1000 are asked for" in capsys.readouterr().err


def test_damaged_raw_files_are_noticed(mirror: Path, tmp_path: Path) -> None:
    raw = fetched("wikitext", mirror, tmp_path / "raw")
    out = outputs(tmp_path / "out", *TEXT)
    expected = sha256(raw["test"])
    raw["test"].write_bytes(raw["test"].read_bytes() + b"x")
    message = f"test.parquet is damaged.*{expected}.*{sha256(raw['test'])}.*Delete the file and run"
    with pytest.raises(ValueError, match=message):
        prepare_corpus(settings("wikitext"), raw, out)
    raw["test"].unlink()
    with pytest.raises(ValueError, match=r"test\.parquet is missing"):
        prepare_corpus(settings("wikitext"), raw, out)
    raw["record"].write_text("{")
    with pytest.raises(ValueError, match="cannot be read"):
        prepare_corpus(settings("wikitext"), raw, out)


def test_wrong_raw_files_are_refused(mirror: Path, tmp_path: Path) -> None:
    out = outputs(tmp_path / "out", *TEXT)
    with pytest.raises(ValueError, match="fetch it first"):
        prepare_corpus(settings("wikitext"), {}, out)
    raw = fetched("tinystories", mirror, tmp_path / "raw")
    with pytest.raises(ValueError, match="describes 'tinystories', but 'wikitext'"):
        prepare_corpus(settings("wikitext"), raw, out)
    with pytest.raises(ValueError, match="says nothing about the other split"):
        verify_splits(raw["record"], {"other": raw["train"]})


def test_digits_and_their_limits(tmp_path: Path) -> None:
    out = outputs(tmp_path, *IMAGES, suffix="npz")
    prepare_corpus(settings("digits", train=100), {}, out)
    with np.load(out["train"]) as stored:
        assert stored["images"].shape == (100, 8, 8) and stored["labels"].dtype == np.uint8
    record = read_record(out["record"])
    assert record["splits"]["test"]["documents"] == 360 and record["splits"]["test"]["height"] == 8


def test_mnist_is_prepared_from_what_was_fetched(mirror: Path, tmp_path: Path) -> None:
    raw = fetched("mnist", mirror, tmp_path / "raw")
    out = outputs(tmp_path / "out", *IMAGES, suffix="npz")
    prepare_corpus(settings("mnist", train=5, test=2), raw, out)
    with np.load(out["train"]) as stored:
        assert stored["labels"].tolist() == [0, 1, 2, 3, 4]
    raw["train"].write_bytes(b"broken")
    with pytest.raises(ValueError, match=r"train\.npz is damaged"):
        prepare_corpus(settings("mnist"), raw, out)


def test_too_few_documents_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"has \d+ documents, but 90000 are asked for: lower `corpora.docs.train`"):
        prepare_corpus(settings("pydocs", packages=["nltk"], train=90000), {}, outputs(tmp_path, *TEXT), "docs")


def test_pydocs_and_its_pairs_twice_give_equal_bytes(tmp_path: Path) -> None:
    for pairs in (False, True):
        first, second = (outputs(tmp_path / f"{name}{pairs}", *TEXT) for name in ("a", "b"))
        for out in (first, second):
            prepare_corpus(settings("pydocs", packages=["nltk"], train=300, pairs=pairs), {}, out, name="docs")
        assert all(first[name].read_bytes() == second[name].read_bytes() for name in first)
        columns = ["prompt", "text"] if pairs else ["text"]
        assert pq.read_table(first["train"]).column_names == columns
        record = read_record(first["record"])
        assert set(record["origin"]["packages"]) == {"nltk"} and "Apache" in record["licence"]
        assert record["splits"]["train"]["documents"] == 300
        assert ("prompts" in record["splits"]["train"]) == pairs


def test_the_lock_in_the_root_folder_is_obeyed(tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text("nltk==0.1\n")
    with pytest.raises(ValueError, match=r"needs nltk 0\.1, as locked"):
        prepare_corpus(settings("pydocs", packages=["nltk"]), {}, outputs(tmp_path, *TEXT), root=tmp_path)


def test_counts() -> None:
    counts = text_counts(["a b", "c"])
    assert (counts["documents"], counts["words"], counts["characters"]) == (2, 3, 4)
    assert counts["text_sha256"] != text_counts(["a", "bc"])["text_sha256"]
