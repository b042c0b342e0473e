"""Fit a language model. Small and stable on purpose: a change here retrains everything."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from modelcollapse.recursion.models.network import LanguageModel
from modelcollapse.recursion.packing import TokenRows
from modelcollapse.recursion.schedule import learning_rate
from modelcollapse.recursion.score import autocast, batch_tensors, mean_cross_entropy
from modelcollapse.recursion.settings import TrainingSettings
from modelcollapse.recursion.training_state import load_state, save_state
from modelcollapse.runtime.progress import progress
from modelcollapse.runtime.seeds import generator, integer_seed

CHECK_EVERY = 20
"""Steps between looks at the loss; each look makes a GPU wait."""
NOT_PREDICTED = -100


@dataclass
class FitReport:
    """What happened in a fit."""

    validation: list[float] = field(default_factory=list)
    """Cross-entropy on human validation text after each epoch, nats per token."""
    selected_epoch: int = 0
    """Epoch (from 1) whose weights were kept."""
    steps: int = 0
    tokens: int = 0
    """Training tokens read."""


def fit(
    model: LanguageModel,
    rows: TokenRows,
    validation: TokenRows,
    training: TrainingSettings,
    seed_parts: tuple[object, ...],
    work: Path,
    passes: int = 1,
    checkpoint_seconds: float = 60.0,
) -> FitReport:
    """Fit in place; on return the model has the selected weights.

    A fit that was killed and is called again with the same arguments continues from its last checkpoint and ends with
    the same bits: every random draw is named by epoch and step.

    Args:
        model: start weights.
        rows: training rows.
        validation: human rows by which the best epoch is selected.
        training: how to fit.
        seed_parts: name of the random streams.
        work: folder of the checkpoint.
        passes: times that an epoch goes through the rows.
        checkpoint_seconds: least time between checkpoints.

    Raises:
        RuntimeError: the loss is not finite.
    """
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=training.learning_rate, weight_decay=training.weight_decay, fused=True
    )
    per_step = training.batch_size * training.gradient_accumulation
    steps_per_epoch = math.ceil(passes * len(rows) / per_step)
    steps = steps_per_epoch * training.epochs
    identity = repr((model.shape, training, seed_parts, passes, len(rows), len(validation)))
    report, first, best = _resume(work, identity, model, optimizer)
    saved = time.monotonic()
    model.train()
    for step in progress(range(first, steps), description="training steps"):
        epoch = step // steps_per_epoch
        chosen = _rows_of_step(len(rows), passes, seed_parts, epoch, step % steps_per_epoch, per_step)
        rate = learning_rate(training, step, steps, steps_per_epoch)
        loss = _optimise(model, optimizer, rows, chosen, training, rate, (*seed_parts, "dropout", step))
        report.steps, report.tokens = step + 1, report.tokens + int(rows.lengths[chosen].sum())
        ends_epoch = (step + 1) % steps_per_epoch == 0
        if ends_epoch or step % CHECK_EVERY == 0:
            _check_finite(float(loss), "training", epoch, step, rate)
        if ends_epoch:
            best = _validate(model, validation, training, report, best)
            _check_finite(report.validation[-1], "validation", epoch, step, rate)
        if time.monotonic() - saved > checkpoint_seconds and step + 1 < steps:
            save_state(work, identity, model, optimizer, best, report.__dict__)
            saved = time.monotonic()
    if best is not None:
        model.load_state_dict(best)
    return report


def _resume(
    work: Path, identity: str, model: LanguageModel, optimizer: torch.optim.Optimizer
) -> tuple[FitReport, int, dict[str, torch.Tensor] | None]:
    found = load_state(work, identity, model, optimizer)
    if found is None:
        return FitReport(), 0, None
    position, best = found
    return FitReport(**position), position["steps"], best


def _rows_of_step(
    count: int, passes: int, seed_parts: tuple[object, ...], epoch: int, place: int, size: int
) -> np.ndarray:
    """Places of the rows of one optimiser step: each pass of each epoch has its own permutation."""
    orders = [generator(*seed_parts, "order", epoch, number).permutation(count) for number in range(passes)]
    return np.concatenate(orders)[place * size : (place + 1) * size]


def _optimise(
    model: LanguageModel,
    optimizer: torch.optim.Optimizer,
    rows: TokenRows,
    chosen: np.ndarray,
    training: TrainingSettings,
    rate: float,
    dropout_stream: tuple[object, ...],
) -> torch.Tensor:
    """One optimiser step; returns the mean loss over its predicted tokens."""
    device = model.embedding.weight.device
    if model.shape.dropout > 0:
        torch.manual_seed(integer_seed(*dropout_stream))
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad(set_to_none=True)
    batches = [chosen[i : i + training.batch_size] for i in range(0, len(chosen), training.batch_size)]
    tensors = [batch_tensors(rows, places, device) for places in batches]
    predicted = sum(mask.sum() for _, mask in tensors)
    total = torch.zeros((), device=device)
    for ids, mask in tensors:
        with autocast(device, training.precision):
            loss = _summed_loss(model, ids, mask) / predicted
        loss.backward()
        total += loss.detach()
    if training.gradient_clip is not None:
        torch.nn.utils.clip_grad_norm_(model.parameters(), training.gradient_clip)
    optimizer.step()
    return total


def _summed_loss(model: LanguageModel, ids: Tensor, mask: Tensor) -> Tensor:
    """Cross-entropy (nats) of the predicted tokens.

    A row's last token predicts nothing, so it is not read: the logits then are one block of memory that is not copied.
    """
    targets = ids[:, 1:].masked_fill(~mask, NOT_PREDICTED)
    logits = model(ids[:, :-1]).float().flatten(0, 1)
    return functional.cross_entropy(logits, targets.flatten(), reduction="sum", ignore_index=NOT_PREDICTED)


def _check_finite(loss: float, which: str, epoch: int, step: int, rate: float) -> None:
    if not math.isfinite(loss):
        raise RuntimeError(
            f"The {which} loss became {loss} in epoch {epoch + 1}, step {step + 1}, at learning rate {rate:.3g}. "
            "Lower 'learning_rate', set 'gradient_clip: 1.0', or train in fp32; finished generations are kept."
        )


def _validate(
    model: LanguageModel,
    validation: TokenRows,
    training: TrainingSettings,
    report: FitReport,
    best: dict[str, torch.Tensor] | None,
) -> dict[str, torch.Tensor] | None:
    """Add this epoch's validation loss; return the weights to keep."""
    loss = mean_cross_entropy(model, validation, training.batch_size, training.precision)
    is_best = not report.validation or loss < min(report.validation)
    report.validation.append(loss)
    if training.selection == "last":
        report.selected_epoch = len(report.validation)
        return None
    if not is_best:
        return best
    report.selected_epoch = len(report.validation)
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
