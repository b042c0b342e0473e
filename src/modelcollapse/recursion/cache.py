"""Reading a text once and then writing token by token: the network with a static cache of keys and values."""

from __future__ import annotations

import torch
from torch import Tensor

from modelcollapse.recursion.network import LanguageModel


class Reader:
    """Feeds tokens to a model and keeps their keys and values.

    The cache has its full size from the start. At one token per step attention is two batched matrix products, which
    on a CPU beat the general attention kernel.

    Args:
        model: in evaluation mode.
        rows: sequences side by side.
        length: most tokens per sequence.
    """

    def __init__(self, model: LanguageModel, rows: int, length: int) -> None:
        shape = model.shape
        if length > shape.positions:
            raise ValueError(
                f"A prompt and its continuation need {length} positions, but the model has {shape.positions}: "
                "shorten 'row_tokens' or 'new_tokens', or raise 'model.positions'."
            )
        self.model = model
        self.filled = 0
        weight = model.embedding.weight
        size = (shape.layers, rows, shape.heads, length, shape.head_width)
        self.keys = torch.empty(size, dtype=weight.dtype, device=weight.device)
        self.values = torch.empty(size, dtype=weight.dtype, device=weight.device)
        self.rotation = model.rotation(0, length, weight)

    def read(self, ids: Tensor) -> Tensor:
        """Take in tokens [rows, n]; return the logits [rows, vocabulary] after the last one."""
        first, last = self.filled, self.filled + ids.shape[1]
        hidden = self.model.embed(ids, first)
        rotation = None if self.rotation is None else tuple(part[first:last] for part in self.rotation)
        for layer, block in enumerate(self.model.blocks):
            query, key, value = block.attention.project(block.before_attention(hidden), rotation)
            self.keys[layer, :, :, first:last] = key
            self.values[layer, :, :, first:last] = value
            mixed = self._attend(layer, query, last)
            hidden = block.after_attention(hidden, block.attention.output(mixed.transpose(1, 2).flatten(2)))
        self.filled = last
        return self.model.logits(hidden[:, -1])

    def _attend(self, layer: int, query: Tensor, last: int) -> Tensor:
        keys, values = self.keys[layer, :, :, :last], self.values[layer, :, :, :last]
        if query.shape[2] == 1:
            weights = torch.matmul(query * query.shape[-1] ** -0.5, keys.transpose(2, 3)).softmax(-1)
            return torch.matmul(weights, values)
        mask = torch.ones(query.shape[2], last, dtype=torch.bool, device=query.device).tril(last - query.shape[2])
        return torch.nn.functional.scaled_dot_product_attention(query, keys, values, attn_mask=mask)

    def repeat_rows(self, times: int) -> None:
        """Every sequence ``times`` times in a row, for beams."""
        self.keys = self.keys.repeat_interleave(times, dim=1)
        self.values = self.values.repeat_interleave(times, dim=1)

    def reorder(self, rows: Tensor, start: int) -> None:
        """Let sequence i go on from sequence ``rows[i]``; positions before ``start`` are the same and stay."""
        for cache in (self.keys, self.values):
            cache[:, :, :, start : self.filled] = cache[:, rows, :, start : self.filled]
