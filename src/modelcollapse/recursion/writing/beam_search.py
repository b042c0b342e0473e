"""Beam search as in `transformers` (length penalty 1, early_stopping false), on the cached reader."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from modelcollapse.recursion.models.network import LanguageModel
from modelcollapse.recursion.settings import DecodingSettings
from modelcollapse.recursion.writing.cache import Reader
from modelcollapse.recursion.writing.logits import FORBIDDEN

# score of what cannot be chosen; finite, because it is added and divided
NEVER = -1e9
# steps between two removals of slots that no beam descends from
COMPACTION_STEPS = 8
# candidates per block of the two-level selection
BLOCK = 32


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
    rows, beams = len(prompts), decoding.beams
    tree = _Tree(model, prompts, beams, decoding.new_tokens)
    logits = tree.reader.read(prompts).unsqueeze(1).expand(-1, beams, -1)
    running = prompts.new_zeros(rows, beams, decoding.new_tokens)
    # only the first beam of a prompt starts alive: all are equal before the first token
    scores = torch.full((rows, beams), NEVER, device=prompts.device)
    scores[:, 0] = 0.0
    finished = _Finished(running)
    for step in range(decoding.new_tokens):
        seen = None
        if decoding.repetition_penalty != 1.0:
            seen = torch.cat([prompts.unsqueeze(1).expand(-1, beams, -1), running[:, :, :step]], dim=-1)
        candidates = _candidate_scores(logits, scores, seen, decoding.repetition_penalty, forbidden)
        # twice as many as needed, so that enough remain if some of them end
        best, flat = largest(candidates.flatten(1), beams if end_id is None else 2 * beams)
        parents, tokens = flat // logits.shape[-1], flat % logits.shape[-1]
        texts = running.gather(1, parents.unsqueeze(-1).expand(-1, -1, running.shape[-1]))
        texts[:, :, step] = tokens
        if step + 1 == decoding.new_tokens:
            finished.add(best, texts, torch.ones_like(tokens, dtype=torch.bool), step + 1)
            break
        if end_id is not None:
            ends = tokens == end_id
            finished.add(best, texts, ends, step + 1)
            best, chosen = (best + ends * NEVER).topk(beams, dim=-1)
            parents, tokens = parents.gather(1, chosen), tokens.gather(1, chosen)
            texts = texts.gather(1, chosen.unsqueeze(-1).expand(-1, -1, texts.shape[-1]))
            if not finished.can_improve(best[:, :1], step + 1):
                break
        running, scores = texts, best
        logits = tree.grow(parents, tokens)
    return [text[:length] for text, length in zip(finished.texts[:, 0], finished.lengths[:, 0].tolist(), strict=True)]


def largest(values: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k largest of each row of [rows, n] and their places, in falling order.

    They stand in the k blocks with the largest maxima: two small selections instead of a large one.
    """
    rows, count = values.shape
    if count < 2 * k * BLOCK:
        return values.topk(k, dim=-1)
    blocks = functional.pad(values, (0, -count % BLOCK), value=FORBIDDEN).view(rows, -1, BLOCK)
    chosen = blocks.amax(-1).topk(k, dim=-1).indices
    best, inside = blocks.gather(1, chosen.unsqueeze(-1).expand(-1, -1, BLOCK)).flatten(1).topk(k, dim=-1)
    return best, chosen.gather(1, inside // BLOCK) * BLOCK + inside % BLOCK


def _candidate_scores(
    logits: Tensor, scores: Tensor, seen: Tensor | None, penalty: float, forbidden: Sequence[int]
) -> Tensor:
    """Summed log-probability [rows, beams, vocabulary] of each beam and next token.

    As in `transformers`, the penalty acts on log-probabilities and forbidden tokens keep their share of the mass.
    """
    logits = logits.float()
    log_probabilities = logits - logits.logsumexp(-1, keepdim=True)
    if seen is not None:
        chosen = log_probabilities.gather(-1, seen)
        log_probabilities.scatter_(-1, seen, torch.where(chosen < 0, chosen * penalty, chosen / penalty))
    log_probabilities[..., list(forbidden)] = FORBIDDEN
    return log_probabilities.add_(scores.unsqueeze(-1))


class _Tree:
    """What the beams have written since their prompt, as slots of the reader, and which beam sees which slot."""

    def __init__(self, model: LanguageModel, prompts: Tensor, beams: int, new_tokens: int) -> None:
        rows, self.start = prompts.shape
        self.reader = Reader(model, rows, self.start + new_tokens, self.start + beams * new_tokens)
        self.visible = torch.zeros(rows, beams, 0, dtype=torch.bool, device=prompts.device)
        self.own = torch.eye(beams, dtype=torch.bool, device=prompts.device).expand(rows, -1, -1)
        self.steps = 0

    def grow(self, parents: Tensor, tokens: Tensor) -> Tensor:
        """Let beam i go on from beam ``parents[:, i]`` with a token; logits [rows, beams, vocabulary] after it."""
        self.visible = self.visible.gather(1, parents.unsqueeze(-1).expand(-1, -1, self.visible.shape[-1]))
        self.steps += 1
        if self.steps % COMPACTION_STEPS == 0:
            self._forget_dead_slots()
        self.visible = torch.cat([self.visible, self.own], dim=-1)
        mask = torch.zeros(self.visible.shape, dtype=self.reader.keys.dtype, device=tokens.device)
        return self.reader.read_beams(tokens, mask.masked_fill_(~self.visible, FORBIDDEN))

    def _forget_dead_slots(self) -> None:
        live = self.visible.any(1)
        order = live.logical_not().to(torch.uint8).argsort(dim=-1, stable=True)[:, : int(live.sum(-1).max())]
        self.visible = self.visible.gather(2, order.unsqueeze(1).expand(-1, self.visible.shape[1], -1))
        # the common beginning stays where it is
        unmoved = (order == torch.arange(order.shape[1], device=order.device)).all(0)
        settled = int(unmoved.long().cumprod(0).sum())
        self.reader.keep_slots(self.start + settled, self.start + order[:, settled:])


class _Finished:
    """The best ended texts of each prompt, by log-probability per token, best first."""

    def __init__(self, running: Tensor) -> None:
        rows, beams, _ = running.shape
        self.texts = running.clone()
        self.scores = torch.full((rows, beams), NEVER, device=running.device)
        self.lengths = torch.zeros(rows, beams, dtype=torch.long, device=running.device)
        # rows whose running beams could still beat a finished text; the others are settled for good
        self.open = torch.ones(rows, 1, dtype=torch.bool, device=running.device)

    def add(self, best: Tensor, texts: Tensor, ends: Tensor, length: int) -> None:
        """Take in the candidates that end, if they are among the first ``beams`` of their row."""
        beams = self.scores.shape[1]
        new = (best[:, :beams] / length).masked_fill(~(ends[:, :beams] & self.open), NEVER)
        self.scores, chosen = torch.cat([self.scores, new], dim=1).topk(beams, dim=-1)
        lengths = torch.cat([self.lengths, torch.full_like(self.lengths, length)], dim=1)
        self.lengths = lengths.gather(1, chosen)
        texts = torch.cat([self.texts, texts[:, :beams]], dim=1)
        self.texts = texts.gather(1, chosen.unsqueeze(-1).expand(-1, -1, texts.shape[-1]))

    def can_improve(self, best_running: Tensor, length: int) -> bool:
        """Whether any row is still open, given its best running score [rows, 1]."""
        worst = self.scores.min(-1, keepdim=True).values
        self.open &= best_running / length > worst
        return bool(self.open.any())
