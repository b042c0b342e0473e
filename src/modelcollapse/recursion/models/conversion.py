"""Published weights of OPT, GPT-2 and Llama, converted into our network.

The only module of the engine that imports `transformers`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from modelcollapse.recursion.models.network import LanguageModel, Shape


def shape_of(config: Any) -> Shape:
    """The shape described by a `transformers` config.

    Raises:
        ValueError: another model type, or a variant that the network does not cover.
    """
    kind = config.model_type
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
    if kind == "llama":
        if config.num_key_value_heads != config.num_attention_heads or config.tie_word_embeddings:
            raise ValueError("Llama weights with grouped key heads or tied embeddings are not covered by this engine.")
        return Shape(
            architecture="llama",
            vocabulary=config.vocab_size,
            width=config.hidden_size,
            layers=config.num_hidden_layers,
            heads=config.num_attention_heads,
            feed_forward=config.intermediate_size,
            positions=config.max_position_embeddings,
            norm_epsilon=config.rms_norm_eps,
        )
    raise ValueError(f"Published weights of model type '{kind}' are not covered; use opt, gpt2 or llama.")


def convert(state: Mapping[str, Tensor], shape: Shape) -> LanguageModel:
    """Our network with the weights of a `transformers` state dict.

    Raises:
        ValueError: a weight is missing.
    """
    names = {"opt": _opt_names, "gpt2": _gpt2_names, "llama": _llama_names}[shape.architecture]
    converted = {}
    for ours, theirs in names(shape).items():
        missing = [name for name in theirs if name not in state]
        if missing:
            raise ValueError(f"The published weights have no '{missing[0]}': they are no {shape.architecture} weights.")
        tensor = torch.cat([state[name] for name in theirs]) if len(theirs) > 1 else state[theirs[0]]
        # GPT-2 stores its projections transposed
        is_projection = shape.architecture == "gpt2" and tensor.dim() == 2 and ours.startswith("blocks")
        converted[ours] = tensor.T.contiguous() if is_projection else tensor.clone()
    with torch.device("meta"):
        model = LanguageModel(shape)
    model.load_state_dict(converted, assign=True)
    return model


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
        "head.weight": ["lm_head.weight"],
    }
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
    return names
