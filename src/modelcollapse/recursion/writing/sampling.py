"""Let a model write: batch by batch, each batch with its own random stream, resumable after a kill."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from modelcollapse.recursion.models.network import LanguageModel
from modelcollapse.recursion.registry import load_method
from modelcollapse.recursion.settings import DecodingSettings
from modelcollapse.runtime.files import write_atomically
from modelcollapse.runtime.progress import progress, say
from modelcollapse.runtime.seeds import generator


@dataclass
class Samples:
    """Written texts, new tokens only."""

    ids: list[np.ndarray] = field(default_factory=list)
    """int32 token ids of each text."""
    log_q: list[np.ndarray] | None = None
    """float32 log-probability (nats) of each token under the decoding distribution; None for beam search."""


def sample_rows(
    model: LanguageModel,
    prompts: Sequence[np.ndarray] | None,
    count: int,
    decoding: DecodingSettings,
    begin_id: int,
    pad_id: int,
    seed_parts: tuple[object, ...],
    work: Path | None = None,
) -> Samples:
    """Continue prompts, or write freely.

    Args:
        model: the writer.
        prompts: token ids of each prompt; None writes ``count`` texts that follow the begin token.
        count: number of texts; with prompts, their number.
        decoding: how to write.
        begin_id: token that begins (and ends) a text.
        pad_id: token that never stands in a text; may lie behind the model's vocabulary.
        seed_parts: name of the random stream.
        work: folder in which finished batches survive a kill.

    Raises:
        ValueError: an empty prompt, or no room for prompt and continuation.
    """
    if prompts is None:
        prompts = [np.array([begin_id], dtype=np.int32)] * count
    _check(prompts, count, decoding, model)
    samples = Samples(ids=[np.empty(0, np.int32)] * count)
    with_log_q = load_method(decoding.method).STORES_LOG_Q
    if with_log_q:
        samples.log_q = [np.empty(0, np.float32)] * count
    forbidden = [pad_id] if pad_id < model.shape.vocabulary else []
    if not decoding.stop_at_end:
        forbidden.append(begin_id)
    end_id = begin_id if decoding.stop_at_end else None
    was_training = model.training
    model.eval()
    for number, batch in enumerate(progress(_batches(prompts, decoding.batch_size), description="sampling batches")):
        kept = None if work is None else work / f"batch{number}.npz"
        written = _reuse(kept)
        if written is None:
            written = _write_batch(
                model, [prompts[i] for i in batch], decoding, forbidden, end_id, seed_parts + (number,)
            )
            _keep(kept, written)
        for place, row in enumerate(batch):
            length = int(written["lengths"][place])
            samples.ids[row] = written["ids"][place, :length]
            if samples.log_q is not None:
                samples.log_q[row] = written["log_q"][place, :length]
    model.train(was_training)
    return samples


def _check(prompts: Sequence[np.ndarray], count: int, decoding: DecodingSettings, model: LanguageModel) -> None:
    if count < 1 or len(prompts) != count:
        raise ValueError(f"There are {len(prompts)} prompts for {count} texts: give one prompt per text, at least one.")
    if min(len(prompt) for prompt in prompts) == 0:
        raise ValueError("A prompt is empty: give at least the begin token, or prompts=None to write freely.")
    longest = max(len(prompt) for prompt in prompts) + decoding.new_tokens
    if longest > model.shape.positions:
        raise ValueError(
            f"The longest prompt and {decoding.new_tokens} new tokens need {longest} positions, but the model has "
            f"{model.shape.positions}: shorten 'new_tokens' or raise 'model.positions'."
        )


def _batches(prompts: Sequence[np.ndarray], size: int) -> list[list[int]]:
    """Rows of equal prompt length, ``size`` at a time, so that nothing is padded."""
    by_length: dict[int, list[int]] = defaultdict(list)
    for row, prompt in enumerate(prompts):
        by_length[len(prompt)].append(row)
    return [rows[start : start + size] for _, rows in sorted(by_length.items()) for start in range(0, len(rows), size)]


def _write_batch(
    model: LanguageModel,
    prompts: Iterable[np.ndarray],
    decoding: DecodingSettings,
    forbidden: Sequence[int],
    end_id: int | None,
    seed_parts: tuple[object, ...],
) -> dict[str, np.ndarray]:
    device = model.embedding.weight.device
    ids = torch.as_tensor(np.stack(list(prompts)), dtype=torch.long, device=device)
    with torch.inference_mode():
        # a search draws nothing, but its random stream is named all the same
        uniform = torch.from_numpy(generator(*seed_parts).random((decoding.new_tokens, len(ids))))
        texts, log_q = load_method(decoding.method).write(model, ids, decoding, forbidden, end_id, uniform)
    length = max(len(text) for text in texts)
    padded = {"ids": np.zeros((len(texts), length), np.int32), "log_q": np.zeros((len(texts), length), np.float32)}
    for row, text in enumerate(texts):
        padded["ids"][row, : len(text)] = text
        padded["log_q"][row, : len(text)] = log_q[row]
    return padded | {"lengths": np.array([len(text) for text in texts], np.int32)}


def _reuse(path: Path | None) -> dict[str, np.ndarray] | None:
    """A finished batch of an earlier attempt; a damaged one is logged and written again."""
    if path is None or not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in ("ids", "log_q", "lengths")}
    except (OSError, ValueError, KeyError, EOFError) as error:
        say(f"The kept batch {path} is damaged ({error}); it is sampled again.")
        return None


def _keep(path: Path | None, written: dict[str, np.ndarray]) -> None:
    if path is not None:
        with write_atomically(path) as temporary:
            np.savez(temporary, **written)
