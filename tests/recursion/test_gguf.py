"""GGUF files that the test writes itself, as llama.cpp does: weights and tokenizer of one file."""

from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, GGUFWriter, TokenType, quantize
from peers import LLAMA, LLAMA3_ROPE
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoConfig, AutoModelForCausalLM

from modelcollapse.corpora import storyworld
from modelcollapse.corpora.settings import TokenizerSettings
from modelcollapse.corpora.tokenizers import encode, fingerprint, load_tokenizer, train_tokenizer
from modelcollapse.recursion.models.model_files import load_model
from modelcollapse.recursion.models.pretrained import fetch_weights, load_pretrained
from modelcollapse.recursion.settings import ModelSettings, RopeScaling
from modelcollapse.runtime.files import sha256

TEXTS = storyworld.sample(50, seed=0)
END = "<|endoftext|>"
NAMES = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "post_attention_layernorm": "ffn_norm",
    "input_layernorm": "attn_norm",
    "model.layers": "blk",
}
SIZES = {"hidden_size": 64, "intermediate_size": 96, "num_key_value_heads": 2, "tie_word_embeddings": True}


@pytest.fixture(scope="module")
def bpe():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=320, special_tokens=[END], initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def tiny_model(vocabulary, kind="llama", **options):
    torch.manual_seed(0)
    config = AutoConfig.for_model(kind, **LLAMA | SIZES | options | {"vocab_size": vocabulary})
    model = AutoModelForCausalLM.from_config(config)
    for parameter in model.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return model.eval()


def write(path, peer, bpe, kind=GGMLQuantizationType.F32, extra=None, without=(), **keys):
    """The peer and the tokenizer in one file; projections are stored as ``kind``."""
    config, state = peer.config, peer.state_dict()
    writer = GGUFWriter(path, config.model_type)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    if config.model_type == "llama":
        writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    for key, value in keys.items():
        writer.add_string(f"llama.{key.replace('_', '.')}", value)
    model = json.loads(bpe.to_str())["model"]
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(sorted(model["vocab"], key=model["vocab"].get))
    writer.add_token_types([TokenType.CONTROL] + [TokenType.NORMAL] * (len(model["vocab"]) - 1))
    writer.add_token_merges([" ".join(pair) for pair in model["merges"]])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    for name, tensor in state.items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        values = tensor.numpy()
        heads = {"q": config.num_attention_heads, "k": config.num_key_value_heads}.get(name.split("_proj")[0][-1])
        if config.model_type == "llama" and "self_attn" in name and heads:
            # llama.cpp rotates neighbouring dimensions of a Llama, not halves
            values = values.reshape(heads, 2, -1, values.shape[1]).swapaxes(1, 2).reshape(values.shape)
        for theirs, stored in NAMES.items():
            name = name.replace(theirs, stored)
        if name not in without:
            add(writer, name, values, kind if values.ndim == 2 else GGMLQuantizationType.F32)
    for name, values in (extra or {}).items():
        add(writer, name, values, GGMLQuantizationType.F32)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def add(writer, name, values, kind):
    values = np.ascontiguousarray(values, dtype=np.float32)
    writer.add_tensor(name, quantize(values, kind), raw_dtype=kind)


def logits(model, ids):
    with torch.no_grad():
        found = model.eval()(ids)
    return getattr(found, "logits", found)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"tie_word_embeddings": False},
        {"kind": "qwen2", "rope_parameters": {"rope_type": "default", "rope_theta": 1e6}},
        {"kind": "qwen3", "head_dim": 128},
    ],
)
def test_plain_values_give_the_model_that_was_written(options, bpe, tmp_path):
    peer = tiny_model(bpe.get_vocab_size(), **options)
    path = write(tmp_path / "tiny.gguf", peer, bpe)
    model, files = load_pretrained(str(path), sha256=sha256(path))
    ids = torch.randint(0, bpe.get_vocab_size(), (2, 12))
    torch.testing.assert_close(logits(model, ids), logits(peer, ids), atol=1e-4, rtol=1e-4)
    assert files == [path]


def test_quantised_values_are_those_of_transformers(bpe, tmp_path):
    peer = tiny_model(bpe.get_vocab_size())
    path = write(tmp_path / "tiny.gguf", peer, bpe, GGMLQuantizationType.Q4_0)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file="tiny.gguf", dtype=torch.float32).eval()
    model, _ = load_pretrained(str(path), sha256=sha256(path))
    ids = torch.randint(0, bpe.get_vocab_size(), (2, 12))
    torch.testing.assert_close(logits(model, ids), logits(theirs, ids), atol=1e-4, rtol=1e-4)
    # four bits are not the values that were written
    assert (logits(model, ids) - logits(peer, ids)).abs().max() > 1e-3


def test_scaled_rotary_positions_of_llama_3_are_read(bpe, tmp_path):
    rope = LLAMA3_ROPE | {"rope_theta": 500_000.0, "factor": 32.0, "original_max_position_embeddings": 8192}
    peer = tiny_model(bpe.get_vocab_size(), rope_parameters=rope, head_dim=32)
    unscaled = 1 / 500_000.0 ** (np.arange(0, 32, 2) / 32)
    divisors = unscaled / peer.model.rotary_emb.inv_freq.numpy()
    path = write(tmp_path / "tiny.gguf", peer, bpe, extra={"rope_freqs.weight": divisors})
    model, _ = load_pretrained(str(path), sha256=sha256(path))
    scaling = model.shape.rope_scaling
    assert scaling.factor == pytest.approx(32.0) and scaling == RopeScaling(factor=scaling.factor)
    ids = torch.randint(0, bpe.get_vocab_size(), (2, 12))
    torch.testing.assert_close(logits(model, ids), logits(peer, ids), atol=1e-4, rtol=1e-4)


def test_weights_and_tokenizer_of_one_file_belong_together(bpe, tmp_path):
    path = write(tmp_path / "tiny.gguf", tiny_model(bpe.get_vocab_size()), bpe)
    settings = {"pretrained": str(path), "sha256": sha256(path)}
    outputs = {"model": tmp_path / "model.safetensors", "record": tmp_path / "record.json"}
    fetch_weights(ModelSettings(**settings), outputs)
    train_tokenizer(TokenizerSettings(kind="pretrained", **settings), [], tmp_path / "tokenizer.json")
    tokenizer = load_tokenizer(tmp_path / "tokenizer.json")
    assert encode(tokenizer, TEXTS) == [encoding.ids for encoding in bpe.encode_batch(TEXTS)]
    # the token that ends a text is renamed, and the padding token stands behind the vocabulary
    assert (tokenizer.token_to_id("</s>"), tokenizer.token_to_id("<pad>")) == (0, bpe.get_vocab_size())
    assert load_model(outputs["model"]).tokenizer == fingerprint(tokenizer)
    record = json.loads(outputs["record"].read_text())
    assert record["files"] == {"tiny.gguf": sha256(path)} and record["tokenizer"] == fingerprint(tokenizer)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"extra": {"blk.0.attn_q.bias": np.zeros(64)}}, "holds 21 tensors, but llama of 2 layers has 20"),
        ({"without": ["blk.1.ffn_up.weight"]}, "holds 19 tensors, but llama of 2 layers has 20"),
        ({"extra": {"rope_freqs.weight": np.arange(1.0, 9.0)}}, "in another way than Llama 3"),
        ({"rope_scaling_type": "yarn"}, r"llama\.rope\.scaling\.type = 'yarn'"),
    ],
)
def test_variants_that_are_not_covered_are_refused(options, message, bpe, tmp_path):
    path = write(tmp_path / "tiny.gguf", tiny_model(bpe.get_vocab_size()), bpe, **options)
    with pytest.raises(ValueError, match=message):
        load_pretrained(str(path), sha256=sha256(path))


def test_damaged_missing_and_unpinned_files_are_refused(bpe, tmp_path):
    path = tmp_path / "tiny.gguf"
    with pytest.raises(ValueError, match=r"tiny\.gguf does not exist"):
        load_pretrained(str(path), sha256="0" * 64)
    write(path, tiny_model(bpe.get_vocab_size()), bpe)
    with pytest.raises(ValueError, match=f"needs its pinned `sha256`; .* set it to {sha256(path)}"):
        load_pretrained(str(path))
    with pytest.raises(ValueError, match="this is another file"):
        load_pretrained(str(path), sha256="0" * 64)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match="no GGUF file that `transformers` can read"):
        load_pretrained(str(path), sha256=sha256(path))


def test_a_missing_package_is_named(monkeypatch, tmp_path):
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"GGUF")
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "modelcollapse.corpora.gguf_file.find_spec", lambda name: None if name == "accelerate" else find(name)
    )
    with pytest.raises(RuntimeError, match="without accelerate: install it"):
        load_pretrained(str(path), sha256=sha256(path))
