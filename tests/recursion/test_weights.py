"""Published weights into our file, from local folders in every layout."""

from __future__ import annotations

import json
import pickle

import pytest
import torch
from peers import PEERS, tiny_peer
from tokenizers import Tokenizer, models
from transformers import OPTConfig

from modelcollapse.corpora import hub
from modelcollapse.corpora.tokenizers import fingerprint
from modelcollapse.corpora.tokenizers import load_pretrained as load_tokenizer
from modelcollapse.recursion.models.model_files import load_model
from modelcollapse.recursion.models.pretrained import fetch_weights, load_pretrained
from modelcollapse.recursion.settings import ModelSettings


def fetch(folder, out):
    outputs = {"model": out / "model.safetensors", "record": out / "record.json"}
    fetch_weights(ModelSettings(pretrained=str(folder)), outputs)
    return load_model(outputs["model"]).eval(), json.loads(outputs["record"].read_text())


@pytest.fixture(params=PEERS)
def peer(request):
    return tiny_peer(request.param)


@pytest.mark.parametrize("size", ["1GB", "5KB"])
def test_safetensors_whole_or_in_shards(peer, size, tmp_path):
    peer.save_pretrained(tmp_path / "theirs", max_shard_size=size)
    model, record = fetch(tmp_path / "theirs", tmp_path)
    ids = torch.randint(3, 50, (2, 9))
    with torch.no_grad():
        torch.testing.assert_close(model(ids), peer(ids).logits, atol=1e-4, rtol=1e-4)
    assert record["parameters"] == sum(p.numel() for p in peer.parameters())
    assert record["shape"]["vocabulary"] == 50 and all(len(digest) == 64 for digest in record["files"].values())


def test_the_tokenizer_beside_the_weights_is_recorded(tmp_path):
    tiny_peer("opt").save_pretrained(tmp_path / "theirs")
    assert fetch(tmp_path / "theirs", tmp_path)[0].tokenizer is None
    tokenizer = Tokenizer(models.BPE({"a": 0, "</s>": 1, "b": 2, "ab": 3}, [("a", "b")]))
    tokenizer.save(str(tmp_path / "theirs" / "tokenizer.json"))
    model, record = fetch(tmp_path / "theirs", tmp_path)
    assert model.tokenizer == record["tokenizer"] == fingerprint(load_tokenizer(str(tmp_path / "theirs")))


def test_half_precision_pickle_without_the_root_name(peer, tmp_path):
    peer.save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    root = f"{peer.base_model_prefix}."
    state = {name.removeprefix(root): tensor.half() for name, tensor in peer.state_dict().items()}
    torch.save(state, tmp_path / "pytorch_model.bin")
    model, _ = load_pretrained(str(tmp_path))
    ids = torch.randint(3, 50, (2, 9))
    with torch.no_grad():
        torch.testing.assert_close(model.eval()(ids), peer(ids).logits, atol=1e-2, rtol=1e-2)
    assert model.embedding.weight.dtype == torch.float32


class Malicious:
    def __reduce__(self):
        return (print, ("code ran",))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "config.json").unlink(), "no config.json"),
        (lambda folder: (folder / "model.safetensors").unlink(), "neither model.safetensors nor pytorch_model.bin"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"short"), "model.safetensors is damaged"),
        (lambda folder: (folder / "config.json").write_text('{"model_type": "bert"}'), "'bert', which is not covered"),
        (lambda folder: OPTConfig(activation_function="gelu").save_pretrained(folder), "activation_function = 'gelu'"),
    ],
)
def test_what_is_wrong_is_said(damage, message, tmp_path):
    PEERS["opt"]().save_pretrained(tmp_path)
    damage(tmp_path)
    with pytest.raises(ValueError, match=message):
        load_pretrained(str(tmp_path))


def test_code_in_a_pickle_is_not_run(tmp_path, capsys):
    PEERS["opt"]().save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps({"model": Malicious()}, protocol=2))
    with pytest.raises(ValueError, match=r"pytorch_model\.bin"):
        load_pretrained(str(tmp_path))
    assert "code ran" not in capsys.readouterr().out


@pytest.mark.parametrize("revision", [None, "main", "27dcfa7"])
def test_a_hub_name_needs_a_pinned_revision(revision):
    with pytest.raises(ValueError, match="40 hex digits"):
        load_pretrained("facebook/opt-125m", revision)


def test_offline_names_the_two_ways_out(monkeypatch, tmp_path):
    monkeypatch.setattr(hub, "is_reachable", lambda: False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(RuntimeError, match=r"local folder .* network connection"):
        load_pretrained("facebook/opt-125m", "0" * 40)


@pytest.mark.parametrize("name", [None, "/no/such/folder", "./weights"])
def test_a_missing_folder_is_named(name):
    with pytest.raises(ValueError, match="hub name"):
        load_pretrained(name)
