"""Beam search as in `transformers` (length penalty 1, no early stopping), on the cached reader."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from modelcollapse.recursion.cache import Reader
from modelcollapse.recursion.decoding import FORBIDDEN, forbid, mark_seen, penalise_repetition
from modelcollapse.recursion.network import LanguageModel
from modelcollapse.recursion.settings import DecodingSettings


def beam_search(
    model: LanguageModel, prompts: Tensor, decoding: DecodingSettings, forbidden: Sequence[int], end_id: int | None
) -> list[Tensor]:
    """The best continuation of every prompt by mean log-probability.

    Args:
        model: in evaluation mode.
        prompts: token ids [rows, n], n >= 1.
        decoding: beams, new_tokens, repetition_penalty.
        forbidden: tokens that are never written.
        end_id: token that ends a text; None if texts have a fixed length.

    Returns:
        one tensor of token ids per prompt, the end token included if it was written.
    """
    rows, prompt_length = prompts.shape
    beams, vocabulary = decoding.beams, model.shape.vocabulary
    reader = Reader(model, rows, prompt_length + decoding.new_tokens)
    logits = reader.read(prompts).repeat_interleave(beams, 0)
    reader.repeat_rows(beams)
    seen = _seen(prompts, vocabulary, decoding).repeat_interleave(beams, 0)
    # only the first beam of a prompt starts alive: all are equal before the first token
    scores = torch.full((rows, beams), FORBIDDEN, device=prompts.device)
    scores[:, 0] = 0.0
    written = torch.empty(rows * beams, 0, dtype=torch.long, device=prompts.device)
    finished = [_Finished(beams) for _ in range(rows)]
    for step in range(decoding.new_tokens):
        log_probabilities = forbid(logits.float().log_softmax(-1), forbidden)
        if decoding.repetition_penalty != 1.0:
            log_probabilities = penalise_repetition(log_probabilities, seen, decoding.repetition_penalty)
        candidates = (scores.unsqueeze(-1) + log_probabilities.view(rows, beams, vocabulary)).view(rows, -1)
        # twice as many as needed, so that enough remain if some of them end
        best, flat = candidates.topk(2 * beams, dim=-1)
        parents, tokens = flat // vocabulary, flat % vocabulary
        scores, chosen = _keep_running(best, parents, tokens, end_id, beams, written, finished, step)
        rows_kept = (torch.arange(rows, device=prompts.device).unsqueeze(1) * beams + parents.gather(1, chosen)).view(
            -1
        )
        token = tokens.gather(1, chosen).view(-1)
        written = torch.cat([written[rows_kept], token.unsqueeze(1)], dim=1)
        seen = seen[rows_kept] if decoding.repetition_penalty != 1.0 else seen
        if all(done.is_complete(scores[row], step + 1) for row, done in enumerate(finished)):
            break
        if step + 1 < decoding.new_tokens:
            reader.reorder(rows_kept, prompt_length)
            if decoding.repetition_penalty != 1.0:
                mark_seen(seen, token)
            logits = reader.read(token.unsqueeze(1))
    return [
        finished[row].best(written.view(rows, beams, -1)[row], scores[row], written.shape[1]) for row in range(rows)
    ]


class _Finished:
    """Ended hypotheses of one prompt, scored by log-probability per token."""

    def __init__(self, beams: int) -> None:
        self.beams = beams
        self.hypotheses: list[tuple[float, Tensor]] = []

    def add(self, score: float, ids: Tensor) -> None:
        self.hypotheses.append((score, ids))
        self.hypotheses = sorted(self.hypotheses, key=lambda hypothesis: -hypothesis[0])[: self.beams]

    def is_complete(self, running: Tensor, length: int) -> bool:
        """No running beam can still beat the worst kept one."""
        return len(self.hypotheses) == self.beams and float(running.max()) / length <= self.hypotheses[-1][0]

    def best(self, running_ids: Tensor, running_scores: Tensor, length: int) -> Tensor:
        for score, ids in zip(running_scores.tolist(), running_ids, strict=True):
            self.add(score / length, ids)
        return self.hypotheses[0][1]


def _keep_running(
    best: Tensor,
    parents: Tensor,
    tokens: Tensor,
    end_id: int | None,
    beams: int,
    written: Tensor,
    finished: list[_Finished],
    step: int,
) -> tuple[Tensor, Tensor]:
    """Scores [rows, beams] and places [rows, beams] of the candidates that go on; ended ones are put aside."""
    if end_id is None:
        return best[:, :beams], torch.arange(beams, device=best.device).expand(best.shape[0], beams)
    ends = tokens == end_id
    for row, place in ends[:, :beams].nonzero().tolist():
        ids = torch.cat([written[row * beams + int(parents[row, place])], tokens[row, place].view(1)])
        finished[row].add(float(best[row, place]) / (step + 1), ids)
    running = best.masked_fill(ends, FORBIDDEN)
    scores, chosen = running.topk(beams, dim=-1)
    return scores, chosen


def _seen(prompts: Tensor, vocabulary: int, decoding: DecodingSettings) -> Tensor:
    seen = torch.zeros(prompts.shape[0], vocabulary, dtype=torch.bool, device=prompts.device)
    if decoding.repetition_penalty != 1.0:
        mark_seen(seen, prompts)
    return seen
