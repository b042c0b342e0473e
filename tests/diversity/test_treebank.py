"""Treebanks in CoNLL-U: what is read, what is refused, where it comes from."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import lzma
import threading
from functools import partial

import pytest
from treebanks import conllu, write_treebank

from modelcollapse.diversity.parser import treebank_source
from modelcollapse.diversity.parser.treebank import parse_conllu, read_treebank
from modelcollapse.diversity.parser.treebank_source import TreebankFile, describe_treebank, fetch_treebank
from modelcollapse.diversity.syntactic.dependency import DependencyTree

ROW = "{}\t{}\t_\t{}\t_\t_\t{}\t{}\t_\t_"


def test_syntactic_words_are_read_and_multiword_and_empty_nodes_skipped():
    lines = [
        "# text = don't go",
        "1-2\tdon't" + "\t_" * 8,
        ROW.format(1, "do", "AUX", 3, "aux"),
        ROW.format(2, "n't", "PART", 3, "advmod"),
        ROW.format(3, "go", "VERB", 0, "root"),
        "3.1\tthere" + "\t_" * 8,
        "",
        "",
        ROW.format(1, "Yes", "INTJ", 0, "root"),
    ]
    assert list(parse_conllu(lines)) == [
        DependencyTree(("do", "n't", "go"), ("AUX", "PART", "VERB"), (3, 3, 0), ("aux", "advmod", "root")),
        DependencyTree(("Yes",), ("INTJ",), (0,), ("root",)),
    ]


def test_plain_gzip_and_xz_hold_the_same(tmp_path):
    text = conllu(5)
    (tmp_path / "a.conllu").write_text(text, encoding="utf-8")
    (tmp_path / "a.conllu.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "a.conllu.xz").write_bytes(lzma.compress(text.encode()))
    plain = read_treebank(tmp_path / "a.conllu")
    assert len(plain) == 5
    assert plain == read_treebank(tmp_path / "a.conllu.gz") == read_treebank(tmp_path / "a.conllu.xz")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no sentence"),
        ("1\tword\n", "line 1 has 2 columns"),
        (ROW.format(1, "a", "X", "_", "dep"), "last sentence"),
        (ROW.format(2, "a", "X", 0, "root"), "not numbered 1, 2, 3"),
        (ROW.format(1, "a", "X", 5, "dep"), "has the head 5"),
    ],
)
def test_what_is_not_conllu_is_refused_with_its_place(tmp_path, text, message):
    path = tmp_path / "bad.conllu"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message) as caught:
        read_treebank(path)
    assert "bad.conllu" in str(caught.value)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_truncated_file_is_refused(tmp_path, pack):
    path = tmp_path / ("a.conllu.gz" if pack is gzip.compress else "a.conllu.xz")
    path.write_bytes(pack(conllu(50).encode())[:-40])
    with pytest.raises(ValueError, match="truncated or damaged"):
        read_treebank(path)


@pytest.fixture
def pinned(tmp_path, monkeypatch):
    """A mirror with the tiny treebank, to which the pins are set; and the unpacked contents."""
    contents = {"train": conllu(120, "train"), "validation": conllu(10, "validation"), "test": conllu(20, "test")}
    write_treebank(tmp_path / "mirror" / "ud_english_ewt")
    files = {
        split: TreebankFile(f"blob-{split}", hashlib.sha256(text.encode()).hexdigest())
        for split, text in contents.items()
    }
    monkeypatch.setattr(treebank_source, "FILES", files)
    return tmp_path / "mirror", contents, {split: tmp_path / "raw" / f"{split}.conllu" for split in contents}


def test_a_mirror_is_unpacked_and_verified(pinned):
    mirror, contents, outputs = pinned
    fetch_treebank(mirror, outputs)
    assert {split: path.read_text(encoding="utf-8") for split, path in outputs.items()} == contents
    assert describe_treebank(outputs)["licence"] == "CC BY-SA 4.0"
    assert describe_treebank(outputs)["blobs"]["test"] == "blob-test"


def test_another_content_is_refused_and_nothing_is_written(pinned):
    mirror, _, outputs = pinned
    (mirror / "ud_english_ewt" / "train.conllu").write_text(conllu(3), encoding="utf-8")
    with pytest.raises(ValueError, match="The train split of UD_English-EWT has sha256"):
        fetch_treebank(mirror, outputs)
    assert not outputs["train"].exists()


def test_a_mirror_without_the_treebank_is_told_the_layout(pinned):
    mirror, _, outputs = pinned
    (mirror / "ud_english_ewt" / "validation.conllu.gz").unlink()
    with pytest.raises(ValueError, match=r"holds no validation split.*ud_english_ewt/\{train,validation,test\}"):
        fetch_treebank(mirror, outputs)


def test_without_a_mirror_the_blobs_are_downloaded(pinned, tmp_path, monkeypatch):
    _, contents, outputs = pinned
    served = tmp_path / "served"
    served.mkdir()
    for split, text in contents.items():
        (served / f"blob-{split}").write_text(text, encoding="utf-8")
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(served))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(treebank_source, "BLOBS", f"http://127.0.0.1:{server.server_port}/")
        fetch_treebank(None, outputs)
        server.shutdown()
    assert {split: path.read_text(encoding="utf-8") for split, path in outputs.items()} == contents


def test_a_failed_download_names_the_ways_out(pinned, monkeypatch):
    _, _, outputs = pinned
    monkeypatch.setattr(treebank_source, "BLOBS", "http://127.0.0.1:9/")
    with pytest.raises(RuntimeError, match=r"could not be downloaded.*--mirror DIR"):
        fetch_treebank(None, outputs)


def test_another_treebank_carries_no_licence_of_ours(tmp_path):
    assert describe_treebank(write_treebank(tmp_path))["licence"] == "see its own"
