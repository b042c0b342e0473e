"""Tiny random models of `transformers`, one for each variant that the network covers."""

from __future__ import annotations

import torch
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    OPTConfig,
    OPTForCausalLM,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

VOCABULARY, POSITIONS = 50, 40
# far from the usual values, so that a forgotten one shows
EPSILON = 0.05
OPT = {
    "vocab_size": VOCABULARY,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "ffn_dim": 32,
    "max_position_embeddings": POSITIONS,
}
LLAMA = {
    "vocab_size": VOCABULARY,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "intermediate_size": 24,
    "max_position_embeddings": POSITIONS,
    "rms_norm_eps": EPSILON,
    "bos_token_id": 2,
    "eos_token_id": 2,
}
GROUPED_AND_TIED = {"num_key_value_heads": 2, "tie_word_embeddings": True}
# waves of 6, 19, 56 and 168 tokens: one keeps its length, one lies between, two are stretched
LLAMA3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 80.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 30,
}
PEERS = {
    "opt": lambda: OPTForCausalLM(OPTConfig(**OPT, word_embed_proj_dim=16)),
    "opt_350m_style": lambda: OPTForCausalLM(OPTConfig(**OPT, word_embed_proj_dim=8, do_layer_norm_before=False)),
    "gpt2": lambda: GPT2LMHeadModel(
        GPT2Config(
            vocab_size=VOCABULARY,
            n_embd=16,
            n_layer=2,
            n_head=4,
            n_positions=POSITIONS,
            layer_norm_epsilon=EPSILON,
            bos_token_id=2,
            eos_token_id=2,
        )
    ),
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**LLAMA)),
    "smollm2": lambda: LlamaForCausalLM(
        LlamaConfig(**LLAMA | GROUPED_AND_TIED | {"rope_parameters": {"rope_type": "default", "rope_theta": 1e5}})
    ),
    "llama3": lambda: LlamaForCausalLM(
        LlamaConfig(**LLAMA | GROUPED_AND_TIED | {"head_dim": 8, "rope_parameters": LLAMA3_ROPE})
    ),
    "qwen2": lambda: Qwen2ForCausalLM(
        Qwen2Config(**LLAMA | GROUPED_AND_TIED | {"rope_parameters": {"rope_type": "default", "rope_theta": 1e6}})
    ),
    "qwen3": lambda: Qwen3ForCausalLM(
        Qwen3Config(
            **LLAMA | {"num_key_value_heads": 1, "head_dim": 8},
            rope_parameters={"rope_type": "default", "rope_theta": 1e6},
        )
    ),
}


def tiny_peer(name: str, seed: int = 0) -> PreTrainedModel:
    """The model in evaluation mode, biases and norms away from 0 and 1, so that a mixed-up name shows."""
    torch.manual_seed(seed)
    model = PEERS[name]()
    for parameter in model.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return model.eval()
