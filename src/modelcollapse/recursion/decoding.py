"""The distribution a token is drawn from: penalty, temperature, top-k, top-p, in the order of `transformers`."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from modelcollapse.recursion.settings import DecodingSettings

FORBIDDEN = float("-inf")


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
        smallest_kept = logits.topk(decoding.top_k, dim=-1).values[:, -1:]
        logits = logits.masked_fill(logits < smallest_kept, FORBIDDEN)
    if decoding.top_p < 1.0:
        logits = _keep_nucleus(logits, decoding.top_p)
    return logits.log_softmax(-1)


def _keep_nucleus(logits: Tensor, top_p: float) -> Tensor:
    """Forbid the tail that lies wholly beyond probability ``top_p`` (Holtzman et al. 2020)."""
    ordered, order = logits.sort(dim=-1)
    cumulative = ordered.softmax(-1).cumsum(-1)
    beyond = cumulative <= 1 - top_p
    beyond[:, -1] = False
    return logits.masked_fill(torch.zeros_like(beyond).scatter(1, order, beyond), FORBIDDEN)


def draw(log_probabilities: Tensor, uniform: Tensor) -> Tensor:
    """One token per row by inverting the cumulative distribution.

    Args:
        log_probabilities: [rows, vocabulary].
        uniform: [rows] in [0, 1).
    """
    cumulative = log_probabilities.exp().cumsum(-1)
    # the total is 1 up to rounding: scaling by it keeps the last token with any probability the last that can be drawn
    targets = (uniform.to(cumulative.dtype) * cumulative[:, -1]).unsqueeze(-1)
    return torch.searchsorted(cumulative, targets, right=True).squeeze(-1).clamp_(max=cumulative.shape[-1] - 1)


def mark_seen(seen: Tensor, tokens: Tensor) -> None:
    """Add tokens [rows] or [rows, n] to ``seen`` [rows, vocabulary], in place."""
    seen.scatter_(1, tokens if tokens.dim() == 2 else tokens.unsqueeze(1), True)


def forbid(logits: Tensor, tokens: Sequence[int]) -> Tensor:
    """Give these tokens probability 0."""
    if tokens:
        logits[:, list(tokens)] = FORBIDDEN
    return logits
