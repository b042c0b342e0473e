"""Learning rates."""

from __future__ import annotations

import math

from modelcollapse.recursion.settings import TrainingSettings


def learning_rate(training: TrainingSettings, step: int, steps: int, steps_per_epoch: int) -> float:
    """Learning rate of one optimiser step.

    Args:
        training: peak, final value, schedule, warm-up, epochs.
        step: optimiser step, from 0.
        steps: optimiser steps of the whole fit.
        steps_per_epoch: optimiser steps of one epoch.
    """
    warmup = round(training.warmup_share * steps)
    if step < warmup:
        return training.learning_rate * (step + 1) / warmup
    span = training.learning_rate - training.final_learning_rate
    if training.schedule == "cosine_by_epoch":
        # T_max = number of epochs, so that the final value itself is never used (Shumailov et al., released code)
        return training.final_learning_rate + span * _half_cosine(step // steps_per_epoch / training.epochs)
    progress = (step - warmup) / max(1, steps - warmup)
    if training.schedule == "cosine":
        return training.final_learning_rate + span * _half_cosine(progress)
    if training.schedule == "linear":
        return training.final_learning_rate + span * (1 - progress)
    return training.learning_rate


def _half_cosine(progress: float) -> float:
    return (1 + math.cos(math.pi * progress)) / 2
