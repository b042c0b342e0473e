"""Decoder-only transformers of the three families (OPT, GPT-2, Llama) in plain PyTorch.

One small network instead of three large ones: importing the library models costs more than half of a laptop-scale
training step, and training and sampling need the same forward pass with and without a cache. The tests hold its logits
against those of `transformers`; ``modelcollapse.recursion.models.conversion`` converts published weights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

# OPT's position table starts with two unused rows (Zhang et al. 2022, released weights)
OPT_POSITION_OFFSET = 2
ROTARY_BASE = 10_000.0


@dataclass(frozen=True)
class Shape:
    """Everything that decides the form of a network.

    Args:
        architecture: ``opt``, ``gpt2`` or ``llama``.
        vocabulary: number of tokens.
        width: hidden size.
        layers: number of blocks.
        heads: attention heads; divides ``width``.
        feed_forward: width of the feed-forward layer.
        positions: longest sequence, in tokens.
        dropout: probability, in [0, 1).
        embedding_width: width of the token embeddings; differs from ``width`` only in OPT-350m.
        norm_first: normalise before attention and feed-forward (all but OPT-350m).
        norm_epsilon: added to the variance when normalising; None for 1e-6 in Llama and 1e-5 in OPT and GPT-2.
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

    @property
    def head_width(self) -> int:
        """Width of one attention head."""
        return self.width // self.heads

    @property
    def has_bias(self) -> bool:
        """OPT and GPT-2 have biases, Llama has none."""
        return self.architecture != "llama"

    @property
    def tied(self) -> bool:
        """Whether the output layer is the embedding matrix."""
        return self.architecture != "llama"


class RootMeanSquareNorm(nn.Module):
    """x / rms(x) * weight (Zhang and Sennrich 2019), as in Llama."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, hidden: Tensor) -> Tensor:
        """Normalise the last dimension."""
        return functional.rms_norm(hidden, self.weight.shape, self.weight, self.epsilon)


class Attention(nn.Module):
    """Causal self-attention."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.query_key_value = nn.Linear(shape.width, 3 * shape.width, bias=shape.has_bias)
        self.output = nn.Linear(shape.width, shape.width, bias=shape.has_bias)

    def project(self, hidden: Tensor, rotation: tuple[Tensor, Tensor] | None) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values, each [batch, heads, tokens, head width]."""
        batch, tokens, _ = hidden.shape
        parts = self.query_key_value(hidden).view(batch, tokens, 3, self.shape.heads, self.shape.head_width)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        if rotation is not None:
            query, key = rotate(query, rotation), rotate(key, rotation)
        return query, key, value

    def forward(self, hidden: Tensor, rotation: tuple[Tensor, Tensor] | None) -> Tensor:
        """Attend over the whole sequence; [batch, tokens, width] to the same."""
        query, key, value = self.project(hidden, rotation)
        # of the three families only GPT-2 drops out attention weights by default, as in `transformers`
        dropout = self.shape.dropout if self.training and self.shape.architecture == "gpt2" else 0.0
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True, dropout_p=dropout)
        return self.output(mixed.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    """ReLU in OPT, tanh-approximated GELU in GPT-2, SwiGLU in Llama."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.architecture = shape.architecture
        self.up = nn.Linear(shape.width, shape.feed_forward, bias=shape.has_bias)
        self.down = nn.Linear(shape.feed_forward, shape.width, bias=shape.has_bias)
        if shape.architecture == "llama":
            self.gate = nn.Linear(shape.width, shape.feed_forward, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """[..., width] to the same."""
        if self.architecture == "llama":
            return self.down(functional.silu(self.gate(hidden)) * self.up(hidden))
        if self.architecture == "gpt2":
            return self.down(functional.gelu(self.up(hidden), approximate="tanh"))
        return self.down(functional.relu(self.up(hidden)))


class Block(nn.Module):
    """Attention and feed-forward, each with its normalisation and residual connection."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.norm_first = shape.norm_first
        self.attention_norm = make_norm(shape)
        self.attention = Attention(shape)
        self.feed_forward_norm = make_norm(shape)
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
        embedding_width = shape.embedding_width or shape.width
        self.embedding = nn.Embedding(shape.vocabulary, embedding_width)
        if shape.architecture != "llama":
            offset = OPT_POSITION_OFFSET if shape.architecture == "opt" else 0
            self.position_embedding = nn.Embedding(shape.positions + offset, shape.width)
        if embedding_width != shape.width:
            self.project_in = nn.Linear(embedding_width, shape.width, bias=False)
            self.project_out = nn.Linear(shape.width, embedding_width, bias=False)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        if shape.norm_first:
            self.final_norm = make_norm(shape)
        if not shape.tied:
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
        if self.shape.architecture != "llama":
            offset = OPT_POSITION_OFFSET if self.shape.architecture == "opt" else 0
            hidden = hidden + self.position_embedding.weight[first + offset : first + offset + ids.shape[1]]
        return self.embedding_dropout(hidden)

    def rotation(self, first: int, count: int, like: Tensor) -> tuple[Tensor, Tensor] | None:
        """Cosines and sines [count, head width] of the rotary positions; None for learned positions."""
        if self.shape.architecture != "llama":
            return None
        half = torch.arange(0, self.shape.head_width, 2, device=like.device, dtype=torch.float32)
        frequencies = 1.0 / ROTARY_BASE ** (half / self.shape.head_width)
        angles = torch.arange(first, first + count, device=like.device, dtype=torch.float32)[:, None] * frequencies
        angles = torch.cat([angles, angles], dim=-1)
        return angles.cos().to(like.dtype), angles.sin().to(like.dtype)

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits [..., vocabulary] from the last block's output [..., width]."""
        if self.shape.norm_first:
            hidden = self.final_norm(hidden)
        if self.shape.embedding_width not in (None, self.shape.width):
            hidden = self.project_out(hidden)
        return functional.linear(hidden, self.embedding.weight if self.shape.tied else self.head.weight)


def make_norm(shape: Shape) -> nn.Module:
    """The normalisation of the family: root mean square in Llama, layer norm otherwise."""
    if shape.architecture == "llama":
        return RootMeanSquareNorm(shape.width, shape.norm_epsilon or 1e-6)
    return nn.LayerNorm(shape.width, shape.norm_epsilon or 1e-5)


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
