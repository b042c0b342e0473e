"""Greedy decoding: the likeliest token, always."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from modelcollapse.recursion.models.network import LanguageModel
from modelcollapse.recursion.settings import DecodingSettings
from modelcollapse.recursion.writing.token_by_token import write_token_by_token

STORES_LOG_Q = True
OPTIONS = ("repetition_penalty",)


def write(
    model: LanguageModel,
    prompts: Tensor,
    decoding: DecodingSettings,
    forbidden: Sequence[int],
    end_id: int | None,
    uniform: Tensor,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Texts, and zeros: the writer puts probability 1 on the likeliest token."""

    def choose(log_probabilities: Tensor, step: int) -> tuple[Tensor, Tensor]:
        token = log_probabilities.argmax(-1)
        return token, torch.zeros(len(token), device=token.device)

    return write_token_by_token(model, prompts, decoding, forbidden, end_id, choose)
