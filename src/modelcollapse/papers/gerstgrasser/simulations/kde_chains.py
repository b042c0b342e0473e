"""Chains of kernel density estimates with their test losses (Kazdan et al., arXiv 2410.16713; claims 19 and 20)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from modelcollapse.densities import kde
from modelcollapse.densities.gaussian.regime_moments import REGIMES
from modelcollapse.densities.point_clouds import DIMENSIONS, draw_points
from modelcollapse.papers.gerstgrasser.simulations.iterations import recorded
from modelcollapse.runtime.progress import progress
from modelcollapse.runtime.seeds import generator
from modelcollapse.simulation.draws import draw_without_replacement
from modelcollapse.simulation.rows import write_results

if TYPE_CHECKING:
    from modelcollapse.papers.gerstgrasser.settings import KdeChainSettings

REFERENCE_POINTS = 4000
"""Real points that stand for the real distribution in the loss of infinitely many samples."""


def simulate_chains(name: str, settings: KdeChainSettings, outputs: Mapping[str, Path]) -> None:
    """Refit a KDE in all regimes and write ``table``: one row per regime, iteration and seed.

    Columns: regime, iteration, seed, test_loss (mean negative log-likelihood of fresh real points, nats), limit (that of
    infinitely many samples with this bandwidth, on the first seed's test points; NaN where the bandwidth is a rule).
    Regimes of a seed share their real sample, their test set and their stream.
    """
    frames = []
    limits = {regime: limiting_losses(regime, settings) for regime in REGIMES}
    for seed in progress(range(settings.seeds), description="seeds"):
        for regime in REGIMES:
            losses = simulate_chain(regime, settings, seed)
            rows = {"regime": regime, "iteration": np.array(recorded(settings.iterations), dtype=np.int32)}
            frames.append(pd.DataFrame(rows | {"seed": np.int32(seed), "test_loss": losses, "limit": limits[regime]}))
    write_results(pd.concat(frames, ignore_index=True), outputs["table"], "gerstgrasser", name, settings)


def simulate_chain(regime: str, settings: KdeChainSettings, seed: int) -> np.ndarray:
    """Test losses of one chain at the recorded iterations, [t].

    With a fixed bandwidth the sum over an accumulated pool is kept and only new points are added to it, so that an
    iteration costs the same however large the pool is.
    """
    name = ("accumulation", "kde", settings.data, settings.samples, seed)
    real = draw_points(settings.data, settings.samples, generator(*name, "real"))
    test = draw_points(settings.data, settings.test_points, generator(*name, "test", settings.test_points))
    random = generator(*name, "chain")
    size, dimension = real.shape
    widths = kde.bandwidths(regime, settings.bandwidth, size, dimension, settings.iterations)
    fixed = regime == "accumulate" and not isinstance(settings.bandwidth, str)
    pool = np.empty((settings.iterations * size, dimension))
    pool[:size] = points = real
    record, losses, kernel_sum, summed = recorded(settings.iterations), [], np.full(len(test), -np.inf), 0
    for fit in range(1, settings.iterations + 1):
        held, width = fit * size, widths[fit - 1]
        if regime == "accumulate":
            points = pool[:held]
        elif regime == "accumulate_subsample":
            points = pool[draw_without_replacement(held, size, 1, random)[0]]
        if fit in record:
            if fixed:
                kernel_sum = np.logaddexp(kernel_sum, kde.log_kernel_sum(test, pool[summed:held], width))
                summed = held
            else:
                kernel_sum = kde.log_kernel_sum(test, points, width)
            losses.append(-float(np.mean(kde.log_density(kernel_sum, len(points), dimension, width))))
        if fit < settings.iterations:
            new = points[random.integers(0, len(points), size)] + width * random.standard_normal((size, dimension))
            pool[held : held + size] = new
            points = new
    return np.array(losses)


def limiting_losses(regime: str, settings: KdeChainSettings) -> np.ndarray:
    """Loss of the fitted density averaged over runs, to which the loss tends for many samples, [t].

    The real distribution, as many points, blurred by the kernels of ``kernels_of_a_draw``. By Jensen's inequality a lower
    bound of the expected loss at every N. NaN for bandwidth rules, with which it depends on N.
    """
    record = recorded(settings.iterations)
    if isinstance(settings.bandwidth, str):
        return np.full(len(record), np.nan)
    random = generator("accumulation", "kde", settings.data, "reference")
    reference = draw_points(settings.data, REFERENCE_POINTS, random)
    test = draw_points(settings.data, settings.test_points, random)
    laws = [kde.kernels_of_a_draw(regime, fit) for fit in record]
    blurred: dict[int, np.ndarray] = {}
    losses = []
    for law in laws:
        terms = []
        for kernels in np.flatnonzero(law > 1e-9):
            width = settings.bandwidth * np.sqrt(kernels)
            if kernels not in blurred:
                kernel_sum = kde.log_kernel_sum(test, reference, width)
                blurred[kernels] = kde.log_density(kernel_sum, len(reference), DIMENSIONS[settings.data], width)
            terms.append(np.log(law[kernels]) + blurred[kernels])
        losses.append(-float(np.mean(np.logaddexp.reduce(terms, axis=0))))
    return np.array(losses)
