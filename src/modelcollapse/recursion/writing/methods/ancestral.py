"""Ancestral sampling: each token is drawn from the model's distribution, tempered and truncated as the settings say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from modelcollapse.recursion.models.network import LanguageModel
from modelcollapse.recursion.settings import DecodingSettings
from modelcollapse.recursion.writing.logits import draw
from modelcollapse.recursion.writing.token_by_token import write_token_by_token

STORES_LOG_Q = True
OPTIONS = ("temperature", "top_k", "top_p", "repetition_penalty")


def write(
    model: LanguageModel,
    prompts: Tensor,
    decoding: DecodingSettings,
    forbidden: Sequence[int],
    end_id: int | None,
    uniform: Tensor,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Texts and the log-probability of each token under the distribution that it was drawn from."""

    def choose(log_probabilities: Tensor, step: int) -> tuple[Tensor, Tensor]:
        token = draw(log_probabilities, uniform[step])
        return token, log_probabilities.gather(1, token.unsqueeze(1)).squeeze(1)

    uniform = uniform.to(prompts.device)
    return write_token_by_token(model, prompts, decoding, forbidden, end_id, choose)
