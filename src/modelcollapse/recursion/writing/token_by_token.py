"""Writing one token after the other, all rows side by side, however the token is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from modelcollapse.recursion.models.network import LanguageModel
from modelcollapse.recursion.settings import DecodingSettings
from modelcollapse.recursion.writing.cache import Reader
from modelcollapse.recursion.writing.logits import forbid, log_distribution, mark_seen

Choose = Callable[[Tensor, int], tuple[Tensor, Tensor]]
"""From log-probabilities [rows, vocabulary] and the step: one token and its log q per row."""


def write_token_by_token(
    model: LanguageModel,
    prompts: Tensor,
    decoding: DecodingSettings,
    forbidden: Sequence[int],
    end_id: int | None,
    choose: Choose,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Continue prompts.

    Args:
        model: in evaluation mode.
        prompts: token ids [rows, n], n >= 1.
        decoding: new_tokens, repetition_penalty, and what shapes the distribution.
        forbidden: tokens that are never written.
        end_id: token that ends a text; None if texts have a fixed length.
        choose: picks the tokens of a step.

    Returns:
        int32 token ids and float32 log q of each row, the end token included if it was written.
    """
    rows, prompt_length = prompts.shape
    reader = Reader(model, rows, prompt_length + decoding.new_tokens)
    seen = None
    if decoding.repetition_penalty != 1.0:
        seen = torch.zeros(rows, model.shape.vocabulary, dtype=torch.bool, device=prompts.device)
        mark_seen(seen, prompts)
    ids = torch.zeros(rows, decoding.new_tokens, dtype=torch.long, device=prompts.device)
    log_q = torch.zeros(rows, decoding.new_tokens, device=prompts.device)
    lengths = torch.full((rows,), decoding.new_tokens, device=prompts.device)
    logits = reader.read(prompts)
    for step in range(decoding.new_tokens):
        log_probabilities = log_distribution(forbid(logits.float(), forbidden), seen, decoding)
        token, log_q[:, step] = choose(log_probabilities, step)
        ids[:, step] = token
        if end_id is not None:
            lengths = torch.where((token == end_id) & (lengths > step + 1), step + 1, lengths)
            if bool((lengths <= step + 1).all()):
                break
        if seen is not None:
            mark_seen(seen, token)
        if step + 1 < decoding.new_tokens:
            logits = reader.read(token.unsqueeze(1))
    texts, logs = ids.cpu().numpy().astype(np.int32), log_q.cpu().numpy()
    sizes = lengths.tolist()
    return [texts[row, :size] for row, size in enumerate(sizes)], [logs[row, :size] for row, size in enumerate(sizes)]
