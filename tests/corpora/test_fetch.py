"""Fetching from a mirror and from a stand-in for the hub; what is missing, damaged or unreachable."""

from __future__ import annotations

import json
import re
import socket
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from mirrors import outputs

from modelcollapse.corpora import hub
from modelcollapse.corpora.dependencies import mirror_files
from modelcollapse.corpora.fetch import fetch_corpus
from modelcollapse.corpora.fetched.upstream import Upstream
from modelcollapse.corpora.images import read_images
from modelcollapse.corpora.sources import find_source, is_fetched, source_names
from modelcollapse.runtime.files import sha256

TEXT = ("train", "validation", "test", "record")
IMAGES = ("train", "test", "record")


def texts(path: Path) -> list[str]:
    return pq.read_table(path)["text"].to_pylist()


def test_every_fetched_source_is_pinned_and_licensed() -> None:
    fetched = [name for name in source_names() if is_fetched(name)]
    assert {"wikitext", "tinystories", "mnist"} <= set(fetched)
    for name in fetched:
        corpus = find_source(name).UPSTREAM
        assert corpus.name == name and corpus.licence and corpus.documents
        assert hub.check_revision(corpus.repository, corpus.revision) == corpus.revision


def test_what_is_not_fetched_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no source 'wikitex'; did you mean 'wikitext'"):
        fetch_corpus("wikitex", None, {})
    with pytest.raises(ValueError, match="'storyworld' needs no fetching"):
        fetch_corpus("storyworld", None, {})
    with pytest.raises(ValueError, match="'digits' needs no mirror"):
        mirror_files("digits", tmp_path)


def test_files_of_the_mirror_are_those_that_are_read(mirror: Path, tmp_path: Path) -> None:
    for source in ("wikitext", "tinystories", "mnist"):
        out = outputs(tmp_path / source, *(IMAGES if source == "mnist" else TEXT), suffix="data")
        fetch_corpus(source, mirror, out)
        read = json.loads(out["record"].read_text())["raw_files"]
        assert {path.name for path in mirror_files(source, mirror)} == set(read)
    with pytest.raises(ValueError, match="nowhere does not exist"):
        mirror_files("wikitext", tmp_path / "nowhere")


@pytest.mark.parametrize("revision", [None, "main", "b08601e", "B" * 40])
def test_unpinned_revisions_are_refused(revision: str | None) -> None:
    with pytest.raises(ValueError, match="40 hex digits"):
        hub.check_revision("a/b", revision)


def test_wikitext_from_a_mirror(mirror: Path, tmp_path: Path) -> None:
    out = outputs(tmp_path / "out", *TEXT)
    fetch_corpus("wikitext", mirror, out)
    assert texts(out["train"]) == [
        " = Title = \n",
        " The first paragraph , café .\n",
        " The second @-@ paragraph .\n",
    ]
    assert texts(out["validation"]) == [" one line \n", " two\n"]
    assert texts(out["test"]) == [" three lines \n", " four \n"]
    record = json.loads(out["record"].read_text())
    assert record["origin"] == {"kind": "mirror"}
    assert record["raw_files"]["train.txt"] == sha256(mirror / "wikitext" / "train.txt")
    assert record["splits"]["train"] == {"documents": 3, "sha256": sha256(out["train"])}
    assert str(tmp_path) not in out["record"].read_text()


def test_halves_of_the_validation_stories_become_validation_and_test(mirror: Path, tmp_path: Path) -> None:
    out = outputs(tmp_path / "out", *TEXT)
    fetch_corpus("tinystories", mirror, out)
    assert len(texts(out["train"])) == 7
    assert texts(out["validation"]) + texts(out["test"]) == [f"Story {n}.\nThe end." for n in range(5)]
    assert len(texts(out["validation"])) == 2
    assert "halves" in json.loads(out["record"].read_text())["note"]


def test_mnist_from_a_mirror(mirror: Path, tmp_path: Path) -> None:
    out = outputs(tmp_path / "out", *IMAGES, suffix="npz")
    fetch_corpus("mnist", mirror, out)
    images, labels = read_images(out["train"])
    assert images.shape == (9, 5, 4) and labels.tolist() == list(range(9))
    assert len(json.loads(out["record"].read_text())["raw_files"]) == 4


def test_fetching_twice_gives_equal_bytes(mirror: Path, tmp_path: Path) -> None:
    pairs = [outputs(tmp_path / name, *TEXT) for name in ("a", "b")]
    for out in pairs:
        fetch_corpus("tinystories", mirror, out)
    assert all(pairs[0][name].read_bytes() == pairs[1][name].read_bytes() for name in TEXT)


def test_missing_mirror_folders_and_files_are_named(mirror: Path, tmp_path: Path) -> None:
    out = outputs(tmp_path / "out", *TEXT)
    layout = re.escape("wikitext/{train,validation,test}.txt[.gz|.xz]")
    with pytest.raises(ValueError, match=rf"{tmp_path}/nowhere does not exist.*{layout}.*corpus_mirror"):
        fetch_corpus("wikitext", tmp_path / "nowhere", out)
    (mirror / "wikitext" / "test.txt.xz").unlink()
    with pytest.raises(ValueError, match=rf"{mirror}/wikitext holds no test split.*{layout}"):
        fetch_corpus("wikitext", mirror, out)
    (mirror / "wikitext" / "train.jsonl").write_text("{}")
    with pytest.raises(ValueError, match=r"2 times \(train.txt, train.jsonl\)"):
        fetch_corpus("wikitext", mirror, out)
    (mirror / "mnist" / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(ValueError, match=r"holds no t10k-labels-idx1-ubyte\[.gz\]"):
        fetch_corpus("mnist", mirror, outputs(tmp_path / "out", *IMAGES, suffix="npz"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("wikitext/validation.txt.gz", b"\x1f\x8b\x08\x00broken", "validation.txt.gz cannot be read"),
        ("wikitext/test.txt.xz", b"no xz", "test.txt.xz cannot be read"),
        ("wikitext/train.txt", b"\xff\xfe\xfa", "truncated or damaged"),
        ("wikitext/train.txt", b" \n \n", "train split of wikitext holds no text"),
        ("tinystories/train.jsonl", b'{"text": "a"}\n{"text"', "train.jsonl, line 2 is no JSON"),
        ("tinystories/train.jsonl", b'{"story": "a"}', "line 1 has no string `text`"),
        ("tinystories/train.jsonl", b"[1]", "line 1 is no JSON object"),
    ],
)
def test_damaged_mirror_files_are_named(mirror: Path, tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (mirror / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        fetch_corpus(name.split("/")[0], mirror, outputs(tmp_path / "out", *TEXT))


@pytest.mark.parametrize("place", ["", "wikitext"])
def test_sums_of_the_mirror_are_checked(mirror: Path, tmp_path: Path, place: str) -> None:
    folder = mirror / place
    files = sorted((mirror / "wikitext").iterdir())
    sums = folder / "SHA256SUMS"
    sums.write_text("".join(f"{sha256(path)}  {path.relative_to(folder)}\n" for path in files))
    out = outputs(tmp_path / "out", *TEXT)
    fetch_corpus("wikitext", mirror, out)
    expected = sha256(mirror / "wikitext" / "train.txt")
    (mirror / "wikitext" / "train.txt").write_text("something else\n")
    found = sha256(mirror / "wikitext" / "train.txt")
    with pytest.raises(ValueError, match=f"train.txt is damaged.*{expected}.*{found}.*Copy the file"):
        fetch_corpus("wikitext", mirror, out)
    sums.write_text("")
    with pytest.raises(ValueError, match=r"does not list .*train\.txt"):
        fetch_corpus("wikitext", mirror, out)


def small(name: str, documents: dict[str, int], suffix: str) -> Upstream:
    return Upstream(name, "someone/corpus", "config", "a" * 40, "CC0", documents, suffix)


def test_corpora_from_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        find_source("wikitext"), "UPSTREAM", small("wikitext", {"train": 3, "validation": 2, "test": 1}, "txt")
    )
    rows = {"train": ["", " a \n", " b \n"], "validation": [" c \n", ""], "test": [" d \n"]}
    monkeypatch.setattr(hub, "corpus_split", lambda corpus, split: [{"text": text} for text in rows[split]])
    out = outputs(tmp_path / "out", *TEXT)
    fetch_corpus("wikitext", None, out)
    assert texts(out["train"]) == [" a \n", " b \n"] and texts(out["validation"]) == [" c \n"]
    origin = json.loads(out["record"].read_text())["origin"]
    assert origin["revision"] == "a" * 40 and origin["kind"] == "hub"
    rows["test"] = []
    with pytest.raises(RuntimeError, match="has 0 documents, expected 1: the download is incomplete"):
        fetch_corpus("wikitext", None, out)


def test_images_from_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find_source("mnist"), "UPSTREAM", small("mnist", {"train": 2, "test": 2}, "idx"))
    rows = [{"image": np.full((3, 3), n), "label": n} for n in (4, 7)]
    monkeypatch.setattr(hub, "corpus_split", lambda corpus, split: rows)
    out = outputs(tmp_path / "out", *IMAGES, suffix="npz")
    fetch_corpus("mnist", None, out)
    images, labels = read_images(out["test"])
    assert labels.tolist() == [4, 7] and images[:, 0, 0].tolist() == [4, 7]


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No network, and an empty cache."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.setenv(name, "")


@pytest.mark.usefixtures("offline")
def test_offline_without_a_mirror_both_ways_out_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        """Stands in for `datasets`, whose import takes seconds."""

        @staticmethod
        def disable_progress_bars() -> None: ...

        class config:  # noqa: N801
            HF_HUB_OFFLINE = False

        @classmethod
        def load_dataset(cls, repository: str, configuration: str, *, revision: str, split: str) -> None:
            assert cls.config.HF_HUB_OFFLINE and len(revision) == 40
            raise ConnectionError(f"Couldn't reach {repository}\nand a second line")

    monkeypatch.setitem(sys.modules, "datasets", Library)
    with pytest.raises(RuntimeError, match=r"corpus_mirror=DIR.* or .*network connection") as caught:
        fetch_corpus("wikitext", None, outputs(tmp_path / "out", *TEXT))
    assert "Couldn't reach Salesforce/wikitext." in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.usefixtures("offline")
def test_hub_that_does_not_answer_is_unreachable() -> None:
    assert not hub.is_reachable()
    assert not hub.is_offline()


def test_offline_mode_of_the_user_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert hub.is_offline()
