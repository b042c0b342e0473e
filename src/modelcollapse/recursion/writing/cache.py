"""Reading a text once and then writing token by token: the network with a static cache of keys and values."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from modelcollapse.recursion.models.network import LanguageModel


class Reader:
    """Feeds tokens to a model and keeps their keys and values.

    The cache has its full size from the start. At one token per step attention is two batched matrix products, which
    on a CPU beat the general attention kernel, the more so with the keys stored as [head width, slots]. The beams of a
    prompt are queries of one row: they share its prompt, and a mask says which of the slots filled since then are
    theirs, so that beams move without any copying.

    Args:
        model: in evaluation mode.
        rows: sequences side by side.
        length: most tokens per sequence.
        slots: most tokens remembered per row; more than ``length`` with beams.
    """

    def __init__(self, model: LanguageModel, rows: int, length: int, slots: int | None = None) -> None:
        shape = model.shape
        if length > shape.positions:
            raise ValueError(
                f"A prompt and its continuation need {length} positions, but the model has {shape.positions}: "
                "shorten 'row_tokens' or 'new_tokens', or raise 'model.positions'."
            )
        self.model = model
        self.position = 0
        self.filled = 0
        weight = model.embedding.weight
        size = (shape.layers, rows, shape.key_value_heads)
        self.keys = weight.new_empty(*size, shape.head_width, slots or length)
        self.values = weight.new_empty(*size, slots or length, shape.head_width)
        self.rotation = model.rotation(0, length, weight)

    def read(self, ids: Tensor) -> Tensor:
        """Take in tokens [rows, n]; return the logits [rows, vocabulary] after the last one."""
        first, last = self.filled, self.filled + ids.shape[1]
        hidden = self.model.embed(ids, self.position)
        rotation = self._rotation_of(ids.shape[1])
        for layer, block in enumerate(self.model.blocks):
            query, key, value = block.attention.project(block.before_attention(hidden), rotation)
            self._remember(layer, key, value)
            if ids.shape[1] == 1:
                mixed = self._attend(layer, query, None)
            else:
                mask = torch.ones(last - first, last, dtype=torch.bool, device=ids.device).tril(first)
                keys, values = self.keys[layer, ..., :last].transpose(2, 3), self.values[layer, :, :, :last]
                mixed = functional.scaled_dot_product_attention(
                    query, keys, values, attn_mask=mask, enable_gqa=self.model.shape.is_grouped
                )
            hidden = block.after_attention(hidden, block.attention.output(mixed.transpose(1, 2).flatten(2)))
        self.filled, self.position = last, self.position + ids.shape[1]
        return self.model.logits(hidden[:, -1])

    def read_beams(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Take in one token of each beam.

        Args:
            ids: [rows, beams].
            mask: added to the attention scores of the last slots, [rows, beams, slots]: -inf for slots of other beams.
                The last ``beams`` of them are filled by this call.

        Returns:
            logits [rows, beams, vocabulary].
        """
        rows, beams = ids.shape
        shape = self.model.shape
        hidden = self.model.embed(ids.reshape(-1, 1), self.position)
        rotation = self._rotation_of(1)
        for layer, block in enumerate(self.model.blocks):
            # [rows x beams, heads, 1, head width] to [rows, heads, beams, head width]
            query, key, value = (
                part.reshape(rows, beams, part.shape[1], shape.head_width).transpose(1, 2)
                for part in block.attention.project(block.before_attention(hidden), rotation)
            )
            self._remember(layer, key, value)
            mixed = self._attend(layer, query, mask).transpose(1, 2).reshape(rows * beams, 1, -1)
            hidden = block.after_attention(hidden, block.attention.output(mixed))
        self.filled, self.position = self.filled + beams, self.position + 1
        return self.model.logits(hidden[:, 0]).view(rows, beams, -1)

    def keep_slots(self, first: int, kept: Tensor) -> None:
        """From slot ``first`` on, keep only the slots ``kept`` [rows, n], in this order."""
        last = first + kept.shape[1]
        index = kept[None, :, None, None, :]
        layers, rows, heads, width, _ = self.keys.shape
        index = index.expand(layers, rows, heads, width, -1)
        self.keys[..., first:last] = self.keys.gather(4, index)
        self.values[:, :, :, first:last] = self.values.gather(3, index.transpose(3, 4))
        self.filled = last

    def _rotation_of(self, count: int) -> tuple[Tensor, Tensor] | None:
        if self.rotation is None:
            return None
        cosine, sine = (part[self.position : self.position + count] for part in self.rotation)
        return cosine, sine

    def _remember(self, layer: int, key: Tensor, value: Tensor) -> None:
        new = slice(self.filled, self.filled + key.shape[2])
        self.keys[layer, ..., new] = key.transpose(2, 3)
        self.values[layer, :, :, new] = value

    def _attend(self, layer: int, query: Tensor, mask: Tensor | None) -> Tensor:
        """Mixed values [rows, heads, n, head width] of queries of that shape that see all slots the mask lets them."""
        rows, heads, count, width = query.shape
        last = self.filled + count
        # heads that share keys and values are further queries of one head
        shared = (query * width**-0.5).reshape(rows, self.keys.shape[2], -1, width)
        scores = torch.matmul(shared, self.keys[layer, ..., :last]).view(rows, heads, count, last)
        if mask is not None:
            scores[..., last - mask.shape[-1] :] += mask.unsqueeze(1)
        attention = scores.softmax(-1).view(rows, self.keys.shape[2], -1, last)
        return torch.matmul(attention, self.values[layer, :, :, :last]).view(rows, heads, count, width)
