"""Decoder-only transformers (OPT, GPT-2, Llama and its relatives Qwen2 and Qwen3) in plain PyTorch.

One small network instead of five large ones: importing the library models costs more than half of a laptop-scale
training step, and training and sampling need the same forward pass with and without a cache. The tests hold its logits
against those of `transformers`; ``modelcollapse.recursion.models.conversion`` converts published weights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from modelcollapse.recursion.settings import RopeScaling

# OPT's position table starts with two unused rows (Zhang et al. 2022, released weights)
OPT_POSITION_OFFSET = 2


@dataclass(frozen=True)
class Shape:
    """Everything that decides the form of a network.

    Args:
        architecture: ``opt``, ``gpt2``, ``llama``, ``qwen2`` (biases on queries, keys and values) or ``qwen3``
            (queries and keys normalised per head).
        vocabulary: number of tokens.
        width: hidden size.
        layers: number of blocks.
        heads: attention heads.
        feed_forward: width of the feed-forward layer.
        positions: longest sequence, in tokens.
        dropout: probability, in [0, 1).
        embedding_width: width of the token embeddings; differs from ``width`` only in OPT-350m.
        norm_first: normalise before attention and feed-forward (all but OPT-350m).
        norm_epsilon: added to the variance when normalising; None for 1e-5 in OPT and GPT-2 and 1e-6 in the others.
        key_value_heads: heads of keys and values, each shared by ``heads / key_value_heads`` heads of queries (Ainslie
            et al. 2023); None for ``heads``.
        head_width: width of one head; None for ``width / heads``.
        tied_embeddings: whether the output layer is the embedding matrix; always so in OPT and GPT-2.
        rope_theta: base of the wavelengths of the rotary positions.
        rope_scaling: None for unscaled ones.
    """

    architecture: str
    vocabulary: int
    width: int
    layers: int
    heads: int
    feed_forward: int
    positions: int
    dropout: float = 0.0
    embedding_width: int | None = None
    norm_first: bool = True
    norm_epsilon: float | None = None
    key_value_heads: int | None = None
    head_width: int | None = None
    tied_embeddings: bool = False
    rope_theta: float = 10_000.0
    rope_scaling: RopeScaling | None = None

    def __post_init__(self) -> None:
        # what follows from the other sizes is filled in, so that nothing else has to ask
        object.__setattr__(self, "key_value_heads", self.key_value_heads or self.heads)
        object.__setattr__(self, "head_width", self.head_width or self.width // self.heads)
        object.__setattr__(self, "tied_embeddings", self.tied_embeddings or not self.is_llama_like)

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> Shape:
        """The shape that ``facts`` described."""
        scaling = facts.get("rope_scaling")
        return cls(**facts | {"rope_scaling": None if scaling is None else RopeScaling.model_validate(scaling)})

    def facts(self) -> dict[str, Any]:
        """The shape as JSON can hold it."""
        scaling = self.rope_scaling
        return self.__dict__ | {"rope_scaling": None if scaling is None else scaling.model_dump()}

    @property
    def is_llama_like(self) -> bool:
        """Llama, Qwen2 and Qwen3: rotary positions, root mean square norms, gated feed-forward layers, few biases."""
        return self.architecture in ("llama", "qwen2", "qwen3")

    @property
    def is_grouped(self) -> bool:
        """Whether several heads of queries share one head of keys and values."""
        return self.key_value_heads != self.heads


class RootMeanSquareNorm(nn.Module):
    """x / rms(x) * weight (Zhang and Sennrich 2019), as in Llama."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, hidden: Tensor) -> Tensor:
        """Normalise the last dimension."""
        # under autocast the queries and keys of Qwen3 come in bf16
        return functional.rms_norm(hidden, self.weight.shape, self.weight.to(hidden.dtype), self.epsilon)


class Attention(nn.Module):
    """Causal self-attention."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        has_bias = not shape.is_llama_like
        all_heads = shape.heads + 2 * shape.key_value_heads
        self.query_key_value = nn.Linear(
            shape.width, all_heads * shape.head_width, bias=has_bias or shape.architecture == "qwen2"
        )
        self.output = nn.Linear(shape.heads * shape.head_width, shape.width, bias=has_bias)
        if shape.architecture == "qwen3":
            self.query_norm, self.key_norm = make_norm(shape, shape.head_width), make_norm(shape, shape.head_width)

    def project(self, hidden: Tensor, rotation: tuple[Tensor, Tensor] | None) -> tuple[Tensor, Tensor, Tensor]:
        """Queries [batch, heads, tokens, head width], keys and values [batch, key-value heads, tokens, head width]."""
        heads, key_value_heads = self.shape.heads, self.shape.key_value_heads
        parts = self.query_key_value(hidden).unflatten(-1, (-1, self.shape.head_width)).transpose(1, 2)
        query, key, value = parts.split((heads, key_value_heads, key_value_heads), dim=1)
        if self.shape.architecture == "qwen3":
            query, key = self.query_norm(query), self.key_norm(key)
        if rotation is not None:
            query, key = rotate(query, rotation), rotate(key, rotation)
        return query, key, value

    def forward(self, hidden: Tensor, rotation: tuple[Tensor, Tensor] | None) -> Tensor:
        """Attend over the whole sequence; [batch, tokens, width] to the same."""
        query, key, value = self.project(hidden, rotation)
        # of the families only GPT-2 drops out attention weights by default, as in `transformers`
        dropout = self.shape.dropout if self.training and self.shape.architecture == "gpt2" else 0.0
        mixed = functional.scaled_dot_product_attention(
            query, key, value, is_causal=True, dropout_p=dropout, enable_gqa=self.shape.is_grouped
        )
        return self.output(mixed.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    """ReLU in OPT, tanh-approximated GELU in GPT-2, SwiGLU in Llama and its relatives."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        has_bias = not shape.is_llama_like
        self.up = nn.Linear(shape.width, shape.feed_forward, bias=has_bias)
        self.down = nn.Linear(shape.feed_forward, shape.width, bias=has_bias)
        if shape.is_llama_like:
            self.gate = nn.Linear(shape.width, shape.feed_forward, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """[..., width] to the same."""
        if self.shape.is_llama_like:
            return self.down(functional.silu(self.gate(hidden)) * self.up(hidden))
        if self.shape.architecture == "gpt2":
            return self.down(functional.gelu(self.up(hidden), approximate="tanh"))
        return self.down(functional.relu(self.up(hidden)))


class Block(nn.Module):
    """Attention and feed-forward, each with its normalisation and residual connection."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.norm_first = shape.norm_first
        self.attention_norm = make_norm(shape, shape.width)
        self.attention = Attention(shape)
        self.feed_forward_norm = make_norm(shape, shape.width)
        self.feed_forward = FeedForward(shape)
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, hidden: Tensor, rotation: tuple[Tensor, Tensor] | None) -> Tensor:
        """[batch, tokens, width] to the same."""
        return self.after_attention(hidden, self.attention(self.before_attention(hidden), rotation))

    def before_attention(self, hidden: Tensor) -> Tensor:
        """What attention reads."""
        return self.attention_norm(hidden) if self.norm_first else hidden

    def after_attention(self, hidden: Tensor, attended: Tensor) -> Tensor:
        """The rest of the block, given what attention gave."""
        hidden = hidden + self.dropout(attended)
        if self.norm_first:
            return hidden + self.dropout(self.feed_forward(self.feed_forward_norm(hidden)))
        hidden = self.attention_norm(hidden)
        return self.feed_forward_norm(hidden + self.dropout(self.feed_forward(hidden)))


class LanguageModel(nn.Module):
    """Token ids [batch, tokens] to logits [batch, tokens, vocabulary].

    GPT-2 drops out its embeddings too and OPT does not, as in `transformers`.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        # fingerprint of the tokenizer whose ids it reads (`corpora.tokenizers.fingerprint`); None if unknown
        self.tokenizer: str | None = None
        embedding_width = shape.embedding_width or shape.width
        self.embedding = nn.Embedding(shape.vocabulary, embedding_width)
        if not shape.is_llama_like:
            offset = OPT_POSITION_OFFSET if shape.architecture == "opt" else 0
            self.position_embedding = nn.Embedding(shape.positions + offset, shape.width)
        if embedding_width != shape.width:
            self.project_in = nn.Linear(embedding_width, shape.width, bias=False)
            self.project_out = nn.Linear(shape.width, embedding_width, bias=False)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        if shape.norm_first:
            self.final_norm = make_norm(shape, shape.width)
        if not shape.tied_embeddings:
            self.head = nn.Linear(shape.width, shape.vocabulary, bias=False)
        self.embedding_dropout = nn.Dropout(shape.dropout if shape.architecture == "gpt2" else 0.0)

    def forward(self, ids: Tensor) -> Tensor:
        """Logits for the token after each position."""
        hidden = self.embed(ids, first=0)
        rotation = self.rotation(0, ids.shape[1], hidden)
        for block in self.blocks:
            hidden = block(hidden, rotation)
        return self.logits(hidden)

    def embed(self, ids: Tensor, first: int) -> Tensor:
        """Embeddings [batch, tokens, width] of tokens whose first one stands at position ``first``."""
        hidden = self.embedding(ids)
        if self.shape.embedding_width not in (None, self.shape.width):
            hidden = self.project_in(hidden)
        if not self.shape.is_llama_like:
            offset = OPT_POSITION_OFFSET if self.shape.architecture == "opt" else 0
            hidden = hidden + self.position_embedding.weight[first + offset : first + offset + ids.shape[1]]
        return self.embedding_dropout(hidden)

    def rotation(self, first: int, count: int, like: Tensor) -> tuple[Tensor, Tensor] | None:
        """Cosines and sines [count, head width] of the rotary positions; None for learned positions."""
        if not self.shape.is_llama_like:
            return None
        frequencies = rotary_frequencies(self.shape, like.device)
        angles = torch.arange(first, first + count, device=like.device, dtype=torch.float32)[:, None] * frequencies
        angles = torch.cat([angles, angles], dim=-1)
        return angles.cos().to(like.dtype), angles.sin().to(like.dtype)

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits [..., vocabulary] from the last block's output [..., width]."""
        if self.shape.norm_first:
            hidden = self.final_norm(hidden)
        if self.shape.embedding_width not in (None, self.shape.width):
            hidden = self.project_out(hidden)
        return functional.linear(hidden, self.embedding.weight if self.shape.tied_embeddings else self.head.weight)


def make_norm(shape: Shape, width: int) -> nn.Module:
    """The normalisation of the family: root mean square in Llama and its relatives, layer norm otherwise."""
    if shape.is_llama_like:
        return RootMeanSquareNorm(width, shape.norm_epsilon or 1e-6)
    return nn.LayerNorm(width, shape.norm_epsilon or 1e-5)


def rotary_frequencies(shape: Shape, device: torch.device | str = "cpu") -> Tensor:
    """Frequencies [head width / 2] of the rotary positions, radians per token."""
    half = torch.arange(0, shape.head_width, 2, device=device, dtype=torch.float32)
    frequencies = 1.0 / shape.rope_theta ** (half / shape.head_width)
    scaling = shape.rope_scaling
    if scaling is None:
        return frequencies
    # how much of a frequency is kept: nothing of long waves, all of short ones
    rotations = scaling.original_positions * frequencies / (2 * math.pi)
    span = scaling.high_frequency_factor - scaling.low_frequency_factor
    kept = ((rotations - scaling.low_frequency_factor) / span).clamp(0, 1)
    return (1 - kept) * frequencies / scaling.factor + kept * frequencies


def rotate(states: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """Rotary position embedding of [..., tokens, head width] (Su et al. 2021), halves rotated as in Llama."""
    cosine, sine = rotation
    first, second = states.chunk(2, dim=-1)
    return states * cosine + torch.cat([-second, first], dim=-1) * sine


def initialise(model: LanguageModel, generator: torch.Generator, deviation: float = 0.02) -> None:
    """Random weights as in `transformers`: normal with this deviation, biases 0, norms 1.

    GPT-2's projections onto the residual stream are scaled by 1 / sqrt(2 layers) (Radford et al. 2019).
    """
    for name, parameter in model.named_parameters():
        if "norm" in name:
            nn.init.constant_(parameter, 0.0 if name.endswith("bias") else 1.0)
        elif name.endswith("bias"):
            nn.init.zeros_(parameter)
        else:
            into_residual = name.endswith(("attention.output.weight", "feed_forward.down.weight"))
            scaled = model.shape.architecture == "gpt2" and into_residual
            scale = 1 / math.sqrt(2 * model.shape.layers) if scaled else 1.0
            nn.init.normal_(parameter, std=deviation * scale, generator=generator)
