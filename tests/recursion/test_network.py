"""Our network against `transformers`."""

from __future__ import annotations

from math import log2, pi

import pytest
import torch
from peers import LLAMA, PEERS, tiny_peer
from transformers import GPT2Config, LlamaConfig, MistralConfig, OPTConfig, Qwen2Config, Qwen3Config

from modelcollapse.recursion.models.conversion import convert, shape_of
from modelcollapse.recursion.models.network import LanguageModel, Shape, initialise, rotary_frequencies
from modelcollapse.recursion.settings import RopeScaling


@pytest.fixture(params=PEERS)
def peer(request):
    return tiny_peer(request.param)


def test_logits_are_those_of_transformers(peer):
    ours = convert(peer.state_dict(), shape_of(peer.config)).eval()
    ids = torch.randint(2, 50, (3, 17))
    with torch.no_grad():
        torch.testing.assert_close(ours(ids), peer(ids).logits, atol=1e-5, rtol=1e-5)


def test_gradients_are_those_of_transformers(peer):
    ours = convert(peer.state_dict(), shape_of(peer.config)).eval()
    ids = torch.randint(2, 50, (3, 17))
    ours(ids).logsumexp(-1).sum().backward()
    peer(ids).logits.logsumexp(-1).sum().backward()
    theirs = peer.get_input_embeddings().weight.grad
    torch.testing.assert_close(ours.embedding.weight.grad, theirs, atol=1e-4, rtol=1e-4)


def test_parameter_counts_are_those_of_transformers(peer):
    ours = LanguageModel(shape_of(peer.config))
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in peer.parameters())


def test_later_tokens_do_not_reach_earlier_logits():
    model = LanguageModel(Shape("opt", 30, 16, 2, 2, 32, 12)).eval()
    ids = torch.randint(0, 30, (1, 10))
    changed = ids.clone()
    changed[0, 6] = (ids[0, 6] + 1) % 30
    with torch.no_grad():
        torch.testing.assert_close(model(ids)[:, :6], model(changed)[:, :6])


def test_initial_weights_depend_on_the_seed_only_and_have_the_published_spread():
    models = []
    for _ in range(2):
        model = LanguageModel(Shape("gpt2", 500, 64, 2, 4, 256, 32))
        initialise(model, torch.Generator().manual_seed(3))
        models.append(model)
    for first, second in zip(models[0].parameters(), models[1].parameters(), strict=True):
        assert torch.equal(first, second)
    assert models[0].embedding.weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert models[0].blocks[0].attention.output.weight.std().item() == pytest.approx(0.01, rel=0.1)


def test_weights_of_another_family_are_refused():
    shape = Shape("opt", 50, 16, 2, 4, 32, 20)
    with pytest.raises(ValueError, match="no opt weights"):
        convert(PEERS["gpt2"]().state_dict(), shape)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (MistralConfig(), "'mistral', which is not covered; use opt, gpt2, llama, qwen2 or qwen3"),
        (OPTConfig(activation_function="gelu"), "activation_function = 'gelu', but this engine computes 'relu'"),
        (OPTConfig(tie_word_embeddings=False), "tie_word_embeddings = False"),
        (GPT2Config(scale_attn_by_inverse_layer_idx=True), "scale_attn_by_inverse_layer_idx = True"),
        (GPT2Config(scale_attn_weights=False), "scale_attn_weights = False"),
        (LlamaConfig(**LLAMA, hidden_act="gelu"), "hidden_act = 'gelu'"),
        (LlamaConfig(**LLAMA, attention_bias=True), "attention_bias = True"),
        (LlamaConfig(**LLAMA, rope_parameters={"rope_type": "linear", "rope_theta": 1e4, "factor": 2.0}), "'linear'"),
        (
            LlamaConfig(**LLAMA, rope_parameters={"rope_type": "default", "partial_rotary_factor": 0.5}),
            "partial_rotary_factor = 0.5",
        ),
        (Qwen2Config(use_sliding_window=True), "use_sliding_window = True"),
        (Qwen3Config(use_sliding_window=True), "use_sliding_window = True"),
        (Qwen3Config(attention_bias=True), "attention_bias = True"),
    ],
)
def test_variants_that_are_not_covered_are_refused(config, message):
    with pytest.raises(ValueError, match=message):
        shape_of(config)


@pytest.mark.parametrize("name", ["model.layers.2.mlp.up_proj.weight", "model.layers.0.self_attn.q_proj.bias"])
def test_weights_that_have_no_place_are_refused(name):
    peer = tiny_peer("smollm2")
    state = peer.state_dict() | {name: torch.zeros(16)}
    with pytest.raises(ValueError, match=name):
        convert(state, shape_of(peer.config))


def test_an_output_layer_beside_tied_embeddings_must_be_the_embeddings():
    peer = tiny_peer("smollm2")
    repeated = peer.state_dict()["model.embed_tokens.weight"].clone()
    convert(peer.state_dict() | {"lm_head.weight": repeated}, shape_of(peer.config))
    with pytest.raises(ValueError, match=r"lm_head\.weight"):
        convert(peer.state_dict() | {"lm_head.weight": repeated + 1}, shape_of(peer.config))


def test_scaled_rotary_positions_keep_short_waves_and_stretch_long_ones():
    shape = Shape("llama", 30, 16, 1, 2, 32, 16, head_width=128, rope_theta=500_000.0)
    scaled = Shape(
        "llama", 30, 16, 1, 2, 32, 16, head_width=128, rope_theta=500_000.0, rope_scaling=RopeScaling(factor=32.0)
    )
    before, after = rotary_frequencies(shape), rotary_frequencies(scaled)
    waves = 2 * pi / before
    assert torch.equal(after[waves < 8192 / 4], before[waves < 8192 / 4])
    torch.testing.assert_close(after[waves > 8192], before[waves > 8192] / 32)
    between = before[(waves >= 8192 / 4) & (waves <= 8192)] / after[(waves >= 8192 / 4) & (waves <= 8192)]
    assert len(between) > 0 and all(0 <= log2(ratio) <= 5 for ratio in between.tolist())
