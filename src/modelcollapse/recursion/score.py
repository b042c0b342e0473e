"""Cross-entropy of rows under a model."""

from __future__ import annotations

import contextlib

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from modelcollapse.recursion.models.network import LanguageModel
from modelcollapse.recursion.packing import TokenRows


def negative_log_likelihood(
    model: LanguageModel, rows: TokenRows, batch_size: int, precision: str = "fp32"
) -> tuple[np.ndarray, np.ndarray]:
    """Negative log-likelihood of every row, and how many of its tokens were predicted.

    The first token of a row and its prompt are given, not predicted.

    Returns:
        float64 [rows] nats, int32 [rows] tokens.
    """
    device = model.embedding.weight.device
    was_training = model.training
    model.eval()
    sums = np.zeros(len(rows))
    with torch.inference_mode(), autocast(device, precision):
        for start in range(0, len(rows), batch_size):
            ids, mask = batch_tensors(rows, np.arange(start, min(start + batch_size, len(rows))), device)
            losses = token_losses(model(ids).float(), ids) * mask
            sums[start : start + len(ids)] = losses.double().sum(1).cpu().numpy()
    model.train(was_training)
    return sums, predicted_tokens(rows)


def token_losses(logits: Tensor, ids: Tensor) -> Tensor:
    """Cross-entropy (nats) of tokens 1.. given those before; [rows, tokens - 1]."""
    flat = functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    return flat.view(ids.shape[0], -1)


def batch_tensors(rows: TokenRows, places: np.ndarray, device: torch.device) -> tuple[Tensor, Tensor]:
    """Token ids [batch, longest] and the mask [batch, longest - 1] of predicted tokens."""
    batch = rows.take(places)
    longest = int(batch.lengths.max())
    position = np.arange(1, longest)
    mask = (position < batch.lengths[:, None]) & (position >= batch.prompt_lengths[:, None])
    ids = torch.from_numpy(batch.ids[:, :longest].astype(np.int64)).to(device)
    return ids, torch.from_numpy(mask).to(device)


def predicted_tokens(rows: TokenRows) -> np.ndarray:
    """int32 [rows]: tokens that are predicted."""
    return (rows.lengths - np.maximum(rows.prompt_lengths, 1)).clip(min=0).astype(np.int32)


def row_perplexity(model: LanguageModel, rows: TokenRows, batch_size: int) -> np.ndarray:
    """exp(mean negative log-likelihood per predicted token) of every row."""
    sums, tokens = negative_log_likelihood(model, rows, batch_size)
    return np.exp(sums / np.maximum(tokens, 1))


def mean_cross_entropy(model: LanguageModel, rows: TokenRows, batch_size: int, precision: str = "fp32") -> float:
    """Nats per predicted token over all rows."""
    sums, tokens = negative_log_likelihood(model, rows, batch_size, precision)
    return float(sums.sum() / tokens.sum())


def autocast(device: torch.device, precision: str) -> contextlib.AbstractContextManager[None]:
    """bf16 arithmetic over fp32 weights, or nothing."""
    return torch.autocast(device.type, torch.bfloat16) if precision == "bf16" else contextlib.nullcontext()
