"""Beam search: the likeliest text that a search of given width finds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from modelcollapse.recursion.models.network import LanguageModel
from modelcollapse.recursion.settings import DecodingSettings
from modelcollapse.recursion.writing.beam_search import beam_search

STORES_LOG_Q = False
OPTIONS = ("beams", "repetition_penalty")


def write(
    model: LanguageModel,
    prompts: Tensor,
    decoding: DecodingSettings,
    forbidden: Sequence[int],
    end_id: int | None,
    uniform: Tensor,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Texts; a search has no distribution that its tokens were drawn from, so the zeros beside them are not stored."""
    found = beam_search(model, prompts, decoding, forbidden, end_id)
    texts = [text.cpu().numpy().astype(np.int32) for text in found]
    return texts, [np.zeros(len(text), np.float32) for text in texts]
