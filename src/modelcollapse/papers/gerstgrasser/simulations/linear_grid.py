"""The sequel's grid of linear regressions: every seed's test error (Kazdan et al., arXiv 2410.16713, section 2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from modelcollapse.papers.gerstgrasser.simulations.iterations import recorded
from modelcollapse.regression import accumulation
from modelcollapse.regression.linear.refitted_labels import simulate_recursions, simulate_subsample
from modelcollapse.runtime.progress import progress
from modelcollapse.runtime.seeds import generator
from modelcollapse.simulation.rows import write_results

if TYPE_CHECKING:
    from modelcollapse.papers.gerstgrasser.settings import LinearSettings


def simulate_grid(settings: LinearSettings, outputs: Mapping[str, Path]) -> None:
    """Simulate the grid and write ``table``: one row per setting, regime, iteration and seed.

    Columns: dimension, samples, noise_variance, regime, iteration, seed, test_error, exact (expectation over designs and
    noise; for accumulate_subsample its limit for many samples per dimension).

    Raises:
        ValueError: no pair with samples >= dimension + 2.
    """
    pairs = [(d, t) for d in settings.dimensions for t in settings.samples if t >= d + 2]
    if not pairs:
        raise ValueError("No pair of linear.dimensions and linear.samples has samples >= dimension + 2: change one.")
    frames = [frame for pair in progress(pairs, description="pairs") for frame in simulate_pair(*pair, settings)]
    table = pd.concat(frames, ignore_index=True)
    write_results(table, outputs["table"], "gerstgrasser", "linear_grid", settings)


def simulate_pair(dimension: int, samples: int, settings: LinearSettings) -> Iterator[pd.DataFrame]:
    """All regimes and noise variances of one pair; a seed is a design, each noise variance has its own noise on it."""
    record, streams = recorded(settings.iterations), len(settings.noise_variances)
    for name, simulate in (("recursions", simulate_recursions), ("subsample", simulate_subsample)):
        random = generator("accumulation", "linear_grid", settings.seed, dimension, samples, name)
        paths = simulate(dimension, samples, settings.iterations, settings.seeds, random, record, streams)
        for regime, errors in paths.errors.items():
            exact = accumulation.multipliers(regime, settings.iterations)[paths.iterations - 1]
            for stream, noise_variance in enumerate(settings.noise_variances):
                first = accumulation.first_test_error(dimension, samples, noise_variance)
                yield pd.DataFrame(
                    {
                        "dimension": np.int32(dimension),
                        "samples": np.int32(samples),
                        "noise_variance": float(noise_variance),
                        "regime": regime,
                        "iteration": np.repeat(paths.iterations, settings.seeds).astype(np.int32),
                        "seed": np.tile(np.arange(settings.seeds, dtype=np.int32), len(record)),
                        "test_error": noise_variance * errors[:, :, stream].ravel(),
                        "exact": np.repeat(first * exact, settings.seeds),
                    }
                )
