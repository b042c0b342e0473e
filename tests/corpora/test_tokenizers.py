"""Tokenizers: round trips, determinism, special tokens, published ones, encoded corpora."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcollapse.corpora import hub, storyworld
from modelcollapse.corpora import tokenizers as ours
from modelcollapse.corpora.corpus_record import write_record
from modelcollapse.corpora.settings import TokenizerSettings
from modelcollapse.runtime.files import sha256
from modelcollapse.runtime.parquet import read_metadata, write_parquet

TEXTS = storyworld.sample(300, seed=0)


def corpus(path: Path, texts: list[str], source: str = "storyworld") -> Path:
    write_parquet(pa.table({"text": texts}), path, {"source": source})
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus, a BPE tokenizer and a word list."""
    root = tmp_path_factory.mktemp("tokenizers")
    texts = corpus(root / "train.parquet", TEXTS)
    ours.train_tokenizer(TokenizerSettings(corpora=["s"], vocabulary=600), [texts], root / "bpe.json")
    ours.train_tokenizer(TokenizerSettings(kind="words", corpora=["s"]), [texts], root / "words.json")
    return root


@pytest.fixture(scope="module")
def bpe(folder: Path):
    return ours.load_tokenizer(folder / "bpe.json")


@settings(max_examples=200, deadline=None)
@given(text=st.text(st.characters(codec="utf-8")))
def test_bpe_round_trip_of_any_text(bpe, text: str) -> None:
    """Byte-level BPE loses nothing, whatever the text: unknown scripts, control characters, special tokens in words."""
    for version in (text, f"{text}</s>{text}<pad>"):
        ids = ours.encode(bpe, [version])[0]
        assert not set(ids) & {bpe.token_to_id("</s>"), bpe.token_to_id("<pad>")}
        assert ours.decode(bpe, ids) == version


@settings(max_examples=50, deadline=None)
@given(words=st.lists(st.sampled_from(storyworld.vocabulary()), min_size=1, max_size=30))
def test_word_round_trip(folder: Path, words: list[str]) -> None:
    tokenizer = ours.load_tokenizer(folder / "words.json")
    ids = ours.encode(tokenizer, [" ".join(words)])[0]
    assert len(ids) == len(words)
    assert ours.decode(tokenizer, ids) == " ".join(words)


def test_bpe_has_the_asked_size_and_is_deterministic(folder: Path, tmp_path: Path, bpe) -> None:
    assert bpe.get_vocab_size() == 600
    assert (bpe.token_to_id("<pad>"), bpe.token_to_id("</s>")) == (0, 1)
    ours.train_tokenizer(TokenizerSettings(vocabulary=600), [folder / "train.parquet"], tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (folder / "bpe.json").read_bytes()


def test_bpe_shortens_text(bpe) -> None:
    assert len(ours.encode(bpe, [TEXTS[0]])[0]) < len(TEXTS[0]) / 2


def test_word_list_is_the_closed_vocabulary(folder: Path) -> None:
    tokenizer = ours.load_tokenizer(folder / "words.json")
    assert set(tokenizer.get_vocab()) == {*storyworld.vocabulary(), "<pad>", "</s>"}
    with pytest.raises(ValueError, match="'zebra' is not in the tokenizer's closed vocabulary"):
        ours.encode(tokenizer, ["one zebra"])


def test_what_cannot_be_trained_is_refused(folder: Path, tmp_path: Path) -> None:
    texts = [folder / "train.parquet"]
    with pytest.raises(ValueError, match=r"yield only .* but `vocabulary` is 50000"):
        ours.train_tokenizer(TokenizerSettings(vocabulary=50000), texts, tmp_path / "x.json")
    with pytest.raises(ValueError, match="needs `corpora`"):
        ours.train_tokenizer(TokenizerSettings(), [], tmp_path / "x.json")
    other = corpus(tmp_path / "other.parquet", ["a zebra"])
    with pytest.raises(ValueError, match="'zebra' is not in the vocabulary of the corpora's sources"):
        ours.train_tokenizer(TokenizerSettings(kind="words"), [other], tmp_path / "x.json")


def test_word_lists_are_made_for_closed_vocabularies_only(tmp_path: Path) -> None:
    open_ended = corpus(tmp_path / "docs.parquet", ["a story"], "pydocs")
    with pytest.raises(ValueError, match=r"words of `pydocs` are not known beforehand.*use `kind: bpe`"):
        ours.train_tokenizer(TokenizerSettings(kind="words"), [open_ended], tmp_path / "x.json")


def test_damaged_tokenizers_are_refused(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    with pytest.raises(ValueError, match="no readable tokenizer"):
        ours.load_tokenizer(broken)
    content = (folder / "bpe.json").read_text().replace("</s>", "</x>")
    broken.write_text(content)
    with pytest.raises(ValueError, match="has no token </s>"):
        ours.load_tokenizer(broken)


def published(folder: Path, whole: bool, end: str) -> dict[str, int]:
    """A published tokenizer with merges, in either form; returns its vocabulary."""
    alphabet = sorted(ours.pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate([*alphabet, "th", "Ġth", "Ġthe", end])}
    folder.mkdir()
    if whole:
        tokenizer = ours.Tokenizer(ours.models.BPE(vocabulary, [("t", "h"), ("Ġ", "th"), ("Ġth", "e")]))
        tokenizer.pre_tokenizer = ours.pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = ours.decoders.ByteLevel()
        tokenizer.add_special_tokens([end])
        tokenizer.save(str(folder / "tokenizer.json"))
    else:
        (folder / "vocab.json").write_text(json.dumps(vocabulary))
        (folder / "merges.txt").write_text("#version: 0.2\nt h\nĠ th\nĠth e\n")
    return vocabulary


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("end", ["<|endoftext|>", "</s>"])
def test_published_tokenizers_keep_their_ids(tmp_path: Path, whole: bool, end: str) -> None:
    vocabulary = published(tmp_path / "published", whole, end)
    path = tmp_path / "out.json"
    ours.train_tokenizer(TokenizerSettings(kind="pretrained", pretrained=str(tmp_path / "published")), [], path)
    tokenizer = ours.load_tokenizer(path)
    assert tokenizer.token_to_id("</s>") == vocabulary[end]
    assert tokenizer.token_to_id("<pad>") == len(vocabulary)
    assert tokenizer.get_vocab_size() == len(vocabulary) + 1
    ids = ours.encode(tokenizer, ["on the </s> way"])[0]
    assert vocabulary["Ġthe"] in ids and vocabulary[end] not in ids
    assert ours.decode(tokenizer, ids) == "on the </s> way"


def test_the_fingerprint_is_that_of_vocabulary_and_merges(tmp_path: Path) -> None:
    published(tmp_path / "whole", True, "</s>")
    published(tmp_path / "parts", False, "</s>")
    published(tmp_path / "other", False, "</s>")
    (tmp_path / "other" / "merges.txt").write_text("#version: 0.2\nĠ th\nt h\nĠth e\n")
    found = {name: ours.fingerprint(ours.load_pretrained(str(tmp_path / name))) for name in ("whole", "parts", "other")}
    assert found["whole"] == found["parts"] != found["other"]


def test_incomplete_published_tokenizers_are_refused(tmp_path: Path) -> None:
    published(tmp_path / "published", False, "</s>")
    (tmp_path / "published" / "merges.txt").unlink()
    with pytest.raises(ValueError, match=r"neither tokenizer\.json nor both"):
        ours.load_pretrained(str(tmp_path / "published"))
    with pytest.raises(ValueError, match="does not exist"):
        ours.load_pretrained("../not/here")
    with pytest.raises(ValueError, match="needs `pretrained`"):
        ours.load_pretrained(None)
    with pytest.raises(ValueError, match="40 hex digits"):
        ours.load_pretrained("facebook/opt-125m", "main")


def test_hub_tokenizer_through_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published(tmp_path / "published", False, "</s>")

    def from_folder(repository: str, name: str, revision: str | None) -> Path | None:
        assert (repository, revision) == ("someone/model", "a" * 40)
        path = tmp_path / "published" / name
        return path if path.is_file() else None

    monkeypatch.setattr(hub, "repository_file", from_folder)
    assert ours.load_pretrained("someone/model", "a" * 40).token_to_id("</s>") is not None


def test_hub_tokenizer_offline_names_the_ways_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.setenv(name, "")
    with pytest.raises(RuntimeError, match=r"a local folder .* or run .* with a network connection"):
        ours.load_pretrained("someone/no-such-model", "a" * 40)


@pytest.mark.parametrize("kind", ["bpe", "words"])
def test_encoded_corpus(folder: Path, tmp_path: Path, kind: str) -> None:
    splits = {"train": folder / "train.parquet", "test": corpus(tmp_path / "test.parquet", TEXTS[:7])}
    record = tmp_path / "corpus.json"
    write_record(record, {"splits": {name: {"sha256": sha256(path)} for name, path in splits.items()}})
    out = {name: tmp_path / f"{name}.ids.parquet" for name in splits}
    ours.encode_corpus(folder / f"{kind}.json", splits, out, "stories", kind, record)
    tokenizer = ours.load_tokenizer(folder / f"{kind}.json")
    rows = pq.read_table(out["test"])["ids"]
    assert rows.type == pa.list_(pa.int32()) and len(rows) == 7
    assert all(row[0] == tokenizer.token_to_id("</s>") for row in rows.to_pylist())
    assert [ours.decode(tokenizer, row[1:]) for row in rows.to_pylist()] == TEXTS[:7]
    facts = read_metadata(out["train"])
    assert (facts["corpus"], facts["tokenizer"], facts["split"]) == ("stories", kind, "train")
    assert (facts["begin_id"], facts["pad_id"], facts["vocabulary"]) == (1, 0, tokenizer.get_vocab_size())
    assert facts["tokenizer_sha256"] == sha256(folder / f"{kind}.json")
    assert facts["tokenizer_fingerprint"] == ours.fingerprint(tokenizer)
    assert facts["corpus_sha256"] == sha256(splits["train"])


def test_damaged_split_is_noticed_before_encoding(tmp_path: Path, folder: Path) -> None:
    split = corpus(tmp_path / "train.parquet", TEXTS[:3])
    write_record(tmp_path / "corpus.json", {"splits": {"train": {"sha256": "0" * 64}}})
    with pytest.raises(ValueError, match=r"train\.parquet is damaged"):
        out = {"train": tmp_path / "out.parquet"}
        ours.encode_corpus(folder / "bpe.json", {"train": split}, out, "s", "bpe", tmp_path / "corpus.json")
