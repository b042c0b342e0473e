"""Published weights of OPT, GPT-2, Llama, Qwen2 and Qwen3, converted into our network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from modelcollapse.recursion.models.network import LanguageModel, Shape
from modelcollapse.recursion.settings import RopeScaling

_LLAMA_LIKE = {"hidden_act": "silu", "rope_type": ("default", "llama3"), "partial_rotary_factor": 1.0}
_QWEN = {"use_sliding_window": False}
EXPECTED: dict[str, dict[str, Any]] = {
    "opt": {
        "activation_function": "relu",
        "enable_bias": True,
        "layer_norm_elementwise_affine": True,
        "tie_word_embeddings": True,
    },
    "gpt2": {
        "activation_function": "gelu_new",
        "scale_attn_weights": True,
        "scale_attn_by_inverse_layer_idx": False,
        "add_cross_attention": False,
        "tie_word_embeddings": True,
    },
    "llama": _LLAMA_LIKE | {"attention_bias": False, "mlp_bias": False},
    "qwen2": _LLAMA_LIKE | _QWEN,
    "qwen3": _LLAMA_LIKE | _QWEN | {"attention_bias": False},
}
"""What our network computes, by model type (several values: a tuple). Weights made for something else would load and
be wrong."""

IGNORED = (".attn.bias", ".attn.masked_bias", "rotary_emb.inv_freq", "decoder.version")
"""Ends of the names of constants that some files hold beside the weights."""


def check_type(kind: str | None, name: str) -> str:
    """The model type of `transformers`, if the network covers it.

    Raises:
        ValueError: it does not.
    """
    if kind not in EXPECTED:
        *most, last = EXPECTED
        raise ValueError(f"{name} is of type '{kind}', which is not covered; use {', '.join(most)} or {last}.")
    return kind


def shape_of(config: Any, name: str = "This model") -> Shape:
    """The shape described by a `transformers` config.

    Args:
        config: complete, as `transformers` makes it.
        name: what messages call the weights.

    Raises:
        ValueError: another model type, or a variant that the network does not cover.
    """
    kind = check_type(config.model_type, name)
    rotary = getattr(config, "rope_parameters", None) or {}
    for key, expected in EXPECTED[kind].items():
        found = rotary.get(key, getattr(config, key, expected[0] if isinstance(expected, tuple) else expected))
        if found not in (expected if isinstance(expected, tuple) else (expected,)):
            raise ValueError(f"{name} was made with {key} = {found!r}, but this engine computes {expected!r}.")
    if kind == "opt":
        return Shape(
            architecture="opt",
            vocabulary=config.vocab_size,
            width=config.hidden_size,
            layers=config.num_hidden_layers,
            heads=config.num_attention_heads,
            feed_forward=config.ffn_dim,
            positions=config.max_position_embeddings,
            dropout=config.dropout,
            embedding_width=config.word_embed_proj_dim,
            norm_first=config.do_layer_norm_before,
        )
    if kind == "gpt2":
        return Shape(
            architecture="gpt2",
            vocabulary=config.vocab_size,
            width=config.n_embd,
            layers=config.n_layer,
            heads=config.n_head,
            feed_forward=config.n_inner or 4 * config.n_embd,
            positions=config.n_positions,
            dropout=config.resid_pdrop,
            norm_epsilon=config.layer_norm_epsilon,
        )
    return Shape(
        architecture=kind,
        vocabulary=config.vocab_size,
        width=config.hidden_size,
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        feed_forward=config.intermediate_size,
        positions=config.max_position_embeddings,
        norm_epsilon=config.rms_norm_eps,
        key_value_heads=config.num_key_value_heads,
        head_width=getattr(config, "head_dim", None),
        tied_embeddings=config.tie_word_embeddings,
        rope_theta=float(rotary.get("rope_theta", 10_000.0)),
        rope_scaling=_rope_scaling(rotary),
    )


def _rope_scaling(rotary: Mapping[str, Any]) -> RopeScaling | None:
    if rotary.get("rope_type", "default") == "default":
        return None
    return RopeScaling(
        factor=rotary["factor"],
        low_frequency_factor=rotary["low_freq_factor"],
        high_frequency_factor=rotary["high_freq_factor"],
        original_positions=rotary["original_max_position_embeddings"],
    )


def convert(state: Mapping[str, Tensor], shape: Shape) -> LanguageModel:
    """Our network with the weights of a `transformers` state dict.

    Raises:
        ValueError: a weight is missing, or there is one that our network has no place for.
    """
    names = {"opt": _opt_names, "gpt2": _gpt2_names}.get(shape.architecture, _llama_names)(shape)
    _check_names(state, [name for theirs in names.values() for name in theirs], shape)
    converted = {}
    for ours, theirs in names.items():
        tensor = torch.cat([state[name] for name in theirs]) if len(theirs) > 1 else state[theirs[0]]
        # GPT-2 stores its projections transposed
        is_projection = shape.architecture == "gpt2" and tensor.dim() == 2 and ours.startswith("blocks")
        converted[ours] = tensor.T.contiguous() if is_projection else tensor.clone()
    with torch.device("meta"):
        model = LanguageModel(shape)
    model.load_state_dict(converted, assign=True)
    return model


def _check_names(state: Mapping[str, Tensor], needed: list[str], shape: Shape) -> None:
    missing = [name for name in needed if name not in state]
    if missing:
        raise ValueError(f"The published weights have no '{missing[0]}': they are no {shape.architecture} weights.")
    # some files repeat the tied embedding matrix
    repeated = shape.tied_embeddings and "lm_head.weight" in state
    if repeated and torch.equal(state["lm_head.weight"], state[needed[0]]):
        needed = [*needed, "lm_head.weight"]
    unread = sorted(name for name in state.keys() - set(needed) if not name.endswith(IGNORED))
    if unread:
        raise ValueError(
            f"The published weights hold '{unread[0]}', for which {shape.architecture} of {shape.layers} layers has "
            f"no place here: this variant is not covered."
        )


def _opt_names(shape: Shape) -> dict[str, list[str]]:
    root = "model.decoder"
    names = {
        "embedding.weight": [f"{root}.embed_tokens.weight"],
        "position_embedding.weight": [f"{root}.embed_positions.weight"],
    }
    if shape.embedding_width not in (None, shape.width):
        names |= {f"project_{way}.weight": [f"{root}.project_{way}.weight"] for way in ("in", "out")}
    for end in ("weight", "bias"):
        if shape.norm_first:
            names[f"final_norm.{end}"] = [f"{root}.final_layer_norm.{end}"]
        for layer in range(shape.layers):
            ours, theirs = f"blocks.{layer}", f"{root}.layers.{layer}"
            names |= {
                f"{ours}.attention.query_key_value.{end}": [f"{theirs}.self_attn.{part}_proj.{end}" for part in "qkv"],
                f"{ours}.attention.output.{end}": [f"{theirs}.self_attn.out_proj.{end}"],
                f"{ours}.attention_norm.{end}": [f"{theirs}.self_attn_layer_norm.{end}"],
                f"{ours}.feed_forward.up.{end}": [f"{theirs}.fc1.{end}"],
                f"{ours}.feed_forward.down.{end}": [f"{theirs}.fc2.{end}"],
                f"{ours}.feed_forward_norm.{end}": [f"{theirs}.final_layer_norm.{end}"],
            }
    return names


def _gpt2_names(shape: Shape) -> dict[str, list[str]]:
    names = {"embedding.weight": ["transformer.wte.weight"], "position_embedding.weight": ["transformer.wpe.weight"]}
    for end in ("weight", "bias"):
        names[f"final_norm.{end}"] = [f"transformer.ln_f.{end}"]
        for layer in range(shape.layers):
            ours, theirs = f"blocks.{layer}", f"transformer.h.{layer}"
            names |= {
                f"{ours}.attention.query_key_value.{end}": [f"{theirs}.attn.c_attn.{end}"],
                f"{ours}.attention.output.{end}": [f"{theirs}.attn.c_proj.{end}"],
                f"{ours}.attention_norm.{end}": [f"{theirs}.ln_1.{end}"],
                f"{ours}.feed_forward.up.{end}": [f"{theirs}.mlp.c_fc.{end}"],
                f"{ours}.feed_forward.down.{end}": [f"{theirs}.mlp.c_proj.{end}"],
                f"{ours}.feed_forward_norm.{end}": [f"{theirs}.ln_2.{end}"],
            }
    return names


def _llama_names(shape: Shape) -> dict[str, list[str]]:
    names = {
        "embedding.weight": ["model.embed_tokens.weight"],
        "final_norm.weight": ["model.norm.weight"],
    }
    if not shape.tied_embeddings:
        names["head.weight"] = ["lm_head.weight"]
    for layer in range(shape.layers):
        ours, theirs = f"blocks.{layer}", f"model.layers.{layer}"
        names |= {
            f"{ours}.attention.query_key_value.weight": [f"{theirs}.self_attn.{part}_proj.weight" for part in "qkv"],
            f"{ours}.attention.output.weight": [f"{theirs}.self_attn.o_proj.weight"],
            f"{ours}.attention_norm.weight": [f"{theirs}.input_layernorm.weight"],
            f"{ours}.feed_forward.up.weight": [f"{theirs}.mlp.up_proj.weight"],
            f"{ours}.feed_forward.down.weight": [f"{theirs}.mlp.down_proj.weight"],
            f"{ours}.feed_forward.gate.weight": [f"{theirs}.mlp.gate_proj.weight"],
            f"{ours}.feed_forward_norm.weight": [f"{theirs}.post_attention_layernorm.weight"],
        }
        if shape.architecture == "qwen2":
            names[f"{ours}.attention.query_key_value.bias"] = [f"{theirs}.self_attn.{part}_proj.bias" for part in "qkv"]
        if shape.architecture == "qwen3":
            names |= {
                f"{ours}.attention.query_norm.weight": [f"{theirs}.self_attn.q_norm.weight"],
                f"{ours}.attention.key_norm.weight": [f"{theirs}.self_attn.k_norm.weight"],
            }
    return names
