"""Our network against `transformers`."""

from __future__ import annotations

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, OPTConfig, OPTForCausalLM

from modelcollapse.recursion.models.conversion import convert, shape_of
from modelcollapse.recursion.models.network import LanguageModel, Shape, initialise

# far from the usual values, so that a forgotten one shows
EPSILON = 0.05
OPT = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "ffn_dim": 32}
PEERS = {
    "opt": lambda: OPTForCausalLM(OPTConfig(**OPT, max_position_embeddings=20, word_embed_proj_dim=16)),
    "opt_350m_style": lambda: OPTForCausalLM(
        OPTConfig(**OPT, max_position_embeddings=20, word_embed_proj_dim=8, do_layer_norm_before=False)
    ),
    "gpt2": lambda: GPT2LMHeadModel(
        GPT2Config(vocab_size=50, n_embd=16, n_layer=2, n_head=4, n_positions=20, layer_norm_epsilon=EPSILON)
    ),
    "llama": lambda: LlamaForCausalLM(
        LlamaConfig(
            vocab_size=50,
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=4,
            intermediate_size=24,
            max_position_embeddings=20,
            rms_norm_eps=EPSILON,
        )
    ),
}


@pytest.fixture(params=PEERS)
def peer(request):
    torch.manual_seed(0)
    model = PEERS[request.param]()
    for parameter in model.parameters():
        # biases and norms away from 0 and 1, so that a mixed-up name shows
        parameter.data += 0.1 * torch.randn_like(parameter)
    return model.eval()


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
