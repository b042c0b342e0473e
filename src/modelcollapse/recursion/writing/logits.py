"""The distribution a token is drawn from: penalty, temperature, top-k, top-p, in the order of `transformers`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from modelcollapse.recursion.settings import DecodingSettings

FORBIDDEN = float("-inf")
# tokens per block of the two-level inverse distribution function
BLOCK = 64


def penalise_repetition(logits: Tensor, seen: Tensor, penalty: float) -> Tensor:
    """CTRL's penalty (Keskar et al. 2019): logits of tokens seen so far are divided (if positive) or multiplied by it.

    Args:
        logits: [rows, vocabulary].
        seen: boolean [rows, vocabulary], tokens of the prompt and of the text so far.
        penalty: 1 changes nothing.
    """
    if penalty == 1.0:
        return logits
    return torch.where(seen, torch.where(logits < 0, logits * penalty, logits / penalty), logits)


def log_distribution(logits: Tensor, seen: Tensor | None, decoding: DecodingSettings) -> Tensor:
    """Log-probabilities [rows, vocabulary] (nats) that ancestral sampling really uses.

    Args:
        logits: [rows, vocabulary], forbidden tokens at minus infinity.
        seen: as in ``penalise_repetition``; None without a penalty.
        decoding: temperature, top_k, top_p, repetition_penalty.
    """
    if seen is not None:
        logits = penalise_repetition(logits, seen, decoding.repetition_penalty)
    if decoding.temperature != 1.0:
        logits = logits / decoding.temperature
    if decoding.top_k is not None and decoding.top_k < logits.shape[-1]:
        logits = logits.masked_fill(logits < _largest(logits, decoding.top_k), FORBIDDEN)
    if decoding.top_p < 1.0:
        logits = _keep_nucleus(logits, decoding.top_p)
    return logits.log_softmax(-1)


def _largest(logits: Tensor, k: int) -> Tensor:
    """The k-th largest logit of each row, [rows, 1]."""
    if logits.is_cuda:
        return logits.topk(k, dim=-1).values[:, -1:]
    # NumPy selects and sorts many times faster than PyTorch on a CPU, with the same result
    place = logits.shape[-1] - k
    return torch.from_numpy(np.partition(logits.numpy(), place, axis=-1)[:, place : place + 1].copy())


def _keep_nucleus(logits: Tensor, top_p: float) -> Tensor:
    """Forbid the tail that lies wholly beyond probability ``top_p`` (Holtzman et al. 2020)."""
    ordered = logits.sort(dim=-1).values if logits.is_cuda else torch.from_numpy(np.sort(logits.numpy(), axis=-1))
    beyond = ordered.softmax(-1).cumsum(-1) <= 1 - top_p
    smallest_kept = ordered.gather(1, beyond.sum(-1, keepdim=True).clamp_(max=logits.shape[-1] - 1))
    return logits.masked_fill(logits < smallest_kept, FORBIDDEN)


def draw(log_probabilities: Tensor, uniform: Tensor) -> Tensor:
    """One token per row by inverting the cumulative distribution.

    First a block of the vocabulary is found and then a token in it, from how far the uniform number reaches into the
    block: a token keeps its probability to a relative 1e-6 however small it is. One sum over the whole vocabulary in
    single precision would lose the tokens below 1e-7, and the tail is what this package is about.

    Args:
        log_probabilities: [rows, vocabulary].
        uniform: [rows] in [0, 1), float64: rounded to float32 it could be 1, and draw a token of probability 0.
    """
    rows, vocabulary = log_probabilities.shape
    weights = functional.pad(log_probabilities.exp(), (0, -vocabulary % BLOCK)).view(rows, -1, BLOCK)
    block, share = _invert(weights.sum(-1).double(), uniform.double())
    inside = weights[torch.arange(rows, device=weights.device), block].double()
    return block * BLOCK + _invert(inside, share)[0]


def _invert(weights: Tensor, uniform: Tensor) -> tuple[Tensor, Tensor]:
    """First place whose cumulative weight exceeds uniform x total, and the share of its own weight reached."""
    cumulative = weights.cumsum(-1)
    total = cumulative[:, -1]
    # below the total after rounding too: the place found then has a positive weight
    target = torch.minimum(uniform * total, torch.nextafter(total, torch.zeros_like(total)))
    place = torch.searchsorted(cumulative, target.unsqueeze(-1), right=True).clamp_(max=weights.shape[-1] - 1)
    weight = weights.gather(1, place)
    share = (target.unsqueeze(-1) - cumulative.gather(1, place) + weight) / weight
    return place.squeeze(-1), share.squeeze(-1).clamp_(0.0, 1.0)


def mark_seen(seen: Tensor, tokens: Tensor) -> None:
    """Add tokens [rows] or [rows, n] to ``seen`` [rows, vocabulary], in place."""
    seen.scatter_(1, tokens if tokens.dim() == 2 else tokens.unsqueeze(1), True)


def forbid(logits: Tensor, tokens: Sequence[int]) -> Tensor:
    """Give these tokens probability 0."""
    if tokens:
        logits[:, list(tokens)] = FORBIDDEN
    return logits
