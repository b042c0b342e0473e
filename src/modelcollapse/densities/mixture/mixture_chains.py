"""Refits a Gaussian mixture on its own samples, generation after generation, for several chains."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from modelcollapse.densities.mixture.expectation_maximisation import Fit, Sample, fit_chains
from modelcollapse.densities.mixture.mixtures import (
    Mixtures,
    draw_points,
    normalised_squared_l2,
    sample_mixture,
    squared_l2,
    truth_of,
)
from modelcollapse.densities.mixture.settings import MixtureSettings
from modelcollapse.runtime.arrays import write_arrays
from modelcollapse.runtime.checkpoints import Checkpoint, read_checkpoint, write_checkpoint
from modelcollapse.runtime.parquet import write_parquet
from modelcollapse.runtime.progress import say
from modelcollapse.runtime.seeds import generator

MILESTONES = (0, 50, 100, 150, 200, 350, 2000)
"""Generations whose samples SI Fig. 6 shows."""
HUMAN = -1
"""Generation under which the human data stand among the stored points."""
EVERY_GENERATION_UNTIL, RECORDED_EVERY = 200, 25
"""The table has a row for every generation of the first stretch and for every so many later ones, and the fitted
parameters for every so many from the start: all of them would be six megabytes per mixture."""
STORED_POINTS = 2_000
"""Most points of one generation that are stored."""
SECONDS_BETWEEN_CHECKPOINTS = 20.0
CHECKPOINT = "mixture.safetensors"


@dataclass
class History:
    """What is known of s chains over the generations 0..G; entries beyond ``done`` are not filled yet."""

    done: np.ndarray
    """Complete generations of each chain, [s]."""
    weights: np.ndarray
    """[s, G + 1, k]."""
    means: np.ndarray
    """[s, G + 1, k, 2]."""
    covariances: np.ndarray
    """[s, G + 1, k, 2, 2]."""
    iterations: np.ndarray
    """EM iterations, [s, G + 1]."""
    trace: np.ndarray
    """Trace of the unbiased covariance of the sample that the model was fitted to, [s, G + 1]."""

    @staticmethod
    def empty(settings: MixtureSettings) -> History:
        shape, k = (settings.seeds, settings.generations + 1), settings.components
        return History(
            done=np.zeros(settings.seeds, dtype=np.int64),
            weights=np.zeros((*shape, k)),
            means=np.zeros((*shape, k, 2)),
            covariances=np.zeros((*shape, k, 2, 2)),
            iterations=np.zeros(shape, dtype=np.int32),
            trace=np.zeros(shape),
        )

    def add(self, chain: int, fit: Fit) -> None:
        """Store the next generation of a chain."""
        at = chain, self.done[chain]
        self.weights[at], self.means[at], self.covariances[at] = fit.weights, fit.means, fit.covariances
        self.iterations[at], self.trace[at] = fit.iterations, fit.sample_trace
        self.done[chain] += 1

    def mixtures(self) -> Mixtures:
        """All fitted models, [s, G + 1]."""
        return Mixtures(self.weights, self.means, self.covariances)


def run_mixture(settings: MixtureSettings, outputs: Mapping[str, Path], work: Path | None = None) -> None:
    """Fit a mixture to human data, then to its own sample again and again (Shumailov et al., SI Fig. 6 and 8).

    Chain s has its own random streams: it is the same however many chains run.

    Args:
        settings: data, sizes and EM options.
        outputs: ``table``: one row per seed and recorded generation (0..200, then every 25th; measures in single
            precision, parameters null except in every 25th generation), ``arrays``: NPZ with ``generation`` int32 [p],
            ``x`` and ``y`` float32 [p]: the first 2,000 points of seed 0 at the milestones, drawn from the model of that
            generation (generation -1: the human data).
        work: folder for checkpoints; a run that was killed continues from there and ends with the same bytes.

    Raises:
        ValueError: impossible settings, or a degenerate fit.
    """
    history = refit_chains(settings, work)
    table = _table(settings, history)
    numbers = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    write_parquet(table, outputs["table"], _metadata(settings), split_bytes=numbers)
    write_arrays(outputs["arrays"], _milestone_points(settings, history))


def refit_chains(settings: MixtureSettings, work: Path | None = None) -> History:
    """The chains of ``run_mixture``, as arrays."""
    path = None if work is None else Path(work) / CHECKPOINT
    identity = json.dumps(settings.model_dump(), sort_keys=True)
    found = None if path is None else read_checkpoint(path, identity)
    history = History.empty(settings) if found is None else History(**found.arrays)
    reporter = _Reporter(settings, int(history.done.sum()))
    saved = time.monotonic()

    def next_sample(chain: int, fit: Fit | None) -> Sample | None:
        nonlocal saved
        if fit is not None:
            history.add(chain, fit)
            reporter.report(int(history.done.sum()))
            if path is not None and time.monotonic() - saved >= SECONDS_BETWEEN_CHECKPOINTS:
                write_checkpoint(path, identity, Checkpoint(vars(history)))
                saved = time.monotonic()
        generation = int(history.done[chain])
        if generation > settings.generations:
            return None
        return training_points(settings, history, chain, generation), _stream(settings, "start", chain, generation)

    fit_chains(
        next_sample,
        settings.seeds,
        settings.samples,
        settings.components,
        settings.tolerance,
        settings.max_iterations,
    )
    return history


def training_points(settings: MixtureSettings, history: History, chain: int, generation: int) -> np.ndarray:
    """What the model of a generation is fitted to, [samples, 2]: human data, later the previous model's sample.

    Also defined for the generation after the last one.
    """
    random = _stream(settings, "sample", chain, generation)
    if generation == 0:
        return sample_mixture(truth_of(settings.data), settings.samples, random)
    before = chain, generation - 1
    factors = np.linalg.cholesky(history.covariances[before])
    return draw_points(history.weights[before], history.means[before], factors, settings.samples, random)


def _stream(settings: MixtureSettings, purpose: str, chain: int, generation: int) -> np.random.Generator:
    return generator("mixture", purpose, settings.data, settings.samples, chain, generation)


def _table(settings: MixtureSettings, history: History) -> pa.Table:
    fitted = history.mixtures()
    truth = truth_of(settings.data)
    chains, generations = history.trace.shape
    number = np.tile(np.arange(generations, dtype=np.int32), chains)
    every = number % RECORDED_EVERY == 0
    columns = {
        "seed": np.repeat(np.arange(chains, dtype=np.int32), generations),
        "generation": number,
        "squared_l2_to_first_fit": _measure(squared_l2(fitted, fitted[:, :1])),
        "squared_l2_to_truth": _measure(squared_l2(fitted, truth)),
        "normalised_l2_to_truth": _measure(normalised_squared_l2(fitted, truth)),
        "trace_covariance": _measure(history.trace),
        "em_iterations": history.iterations.ravel(),
    }
    for k in range(settings.components):
        columns[f"weight_{k}"] = _parameter(history.weights[..., k], every)
        for axis, name in enumerate("xy"):
            columns[f"mean_{k}{name}"] = _parameter(history.means[..., k, axis], every)
        for name, (row, column) in {"xx": (0, 0), "xy": (0, 1), "yy": (1, 1)}.items():
            columns[f"covariance_{k}{name}"] = _parameter(history.covariances[..., k, row, column], every)
    return pa.table(columns).filter(pa.array(every | (number <= EVERY_GENERATION_UNTIL)))


def _measure(values: np.ndarray) -> np.ndarray:
    return values.ravel().astype(np.float32)


def _parameter(values: np.ndarray, recorded: np.ndarray) -> pa.Array:
    return pa.array(values.ravel(), mask=~recorded)


def _milestone_points(settings: MixtureSettings, history: History) -> dict[str, np.ndarray]:
    shown = [HUMAN, *(generation for generation in MILESTONES if generation <= settings.generations)]
    # the points that model g wrote are those that model g + 1 is fitted to
    points = [training_points(settings, history, 0, generation + 1)[:STORED_POINTS] for generation in shown]
    return {
        "generation": np.repeat(np.array(shown, dtype=np.int32), [len(part) for part in points]),
        "x": np.concatenate([part[:, 0] for part in points]).astype(np.float32),
        "y": np.concatenate([part[:, 1] for part in points]).astype(np.float32),
    }


def _metadata(settings: MixtureSettings) -> dict[str, object]:
    return {
        "paper": "shumailov",
        "experiment": "mixture",
        "settings": settings.model_dump(),
        "trace_covariance": "of the sample that the generation's model was fitted to, unbiased",
    }


class _Reporter:
    """A plain line about every tenth of the way; chains advance at different speeds, so refits are counted."""

    def __init__(self, settings: MixtureSettings, done: int) -> None:
        self.total = settings.seeds * (settings.generations + 1)
        self.said = done * 10 // self.total
        if done:
            say(f"mixture refits: continuing after {done} of {self.total}")

    def report(self, done: int) -> None:
        if done * 10 // self.total > self.said:
            self.said = done * 10 // self.total
            say(f"mixture refits: {done} of {self.total}")
