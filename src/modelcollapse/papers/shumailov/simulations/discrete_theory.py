"""The discrete law and the expressivity control beside their closed forms (claims T1, T2 and T8).

Every experiment writes ``outputs["table"]``, Parquet with the columns of ``SUMMARY_SCHEMA``; a generation is a number of
fits made.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import chi2

from modelcollapse.densities import discrete, expressivity
from modelcollapse.runtime.seeds import generator
from modelcollapse.simulation.rows import SummaryRows
from modelcollapse.simulation.summaries import Simulated, mean_of, share_of, without_chance

if TYPE_CHECKING:
    from modelcollapse.papers.shumailov.settings import TheorySettings

SAMPLES = 100
GENERATIONS = (1, 2, 5, 10, 20, 50, 100)
LAWS = {
    "two states, p=0.5": np.array([0.5, 0.5]),
    "two states, p=0.1": np.array([0.1, 0.9]),
    "Zipf, K=10": discrete.zipf(10),
    "Zipf, K=50": discrete.zipf(50),
}
LONGEST = 100 * SAMPLES
"""Generations after which a chain that is not absorbed counts as never absorbed: e^-50 of the chains last so long."""
SEPARATIONS = (2.0, 4.0)


def simulate_laws(settings: TheorySettings, outputs: Mapping[str, Path]) -> None:
    """Wright-Fisher chains until absorption, for four laws."""
    rows = SummaryRows("shumailov", "discrete")
    for name, law in LAWS.items():
        random = generator("theory", "discrete", settings.seed, name)
        replicates = settings.discrete_replicates
        paths = discrete.simulate_discrete(law, SAMPLES, LONGEST, replicates, random, GENERATIONS)
        _add_path(rows, name, law, paths)
        _add_first_step(rows, name, law, paths, replicates)
        _add_absorption(rows, name, law, paths, replicates)
    rows.write(outputs["table"], settings)


def _add_path(rows: SummaryRows, name: str, law: np.ndarray, paths: discrete.DiscretePaths) -> None:
    for row, generation in enumerate(paths.generations):
        n = int(generation)
        support = discrete.expected_support(law, SAMPLES, n)
        rows.add(name, SAMPLES, n, "expected_support", mean_of(paths.support[row]), support)
        diversity = discrete.expected_diversity(law, SAMPLES, n)
        rows.add(name, SAMPLES, n, "expected_diversity", mean_of(paths.diversity[row]), diversity)


def _add_first_step(
    rows: SummaryRows, name: str, law: np.ndarray, paths: discrete.DiscretePaths, replicates: int
) -> None:
    for state, probability in enumerate(law):
        exact = float(discrete.probability_lost_in_one_step(probability, SAMPLES))
        lost = share_of(int(paths.lost_in_one_step[state]), replicates, exact)
        rows.add(name, SAMPLES, 1, f"lost_in_one_step_state_{state}", lost, exact)


def _add_absorption(
    rows: SummaryRows, name: str, law: np.ndarray, paths: discrete.DiscretePaths, replicates: int
) -> None:
    absorbed = paths.absorbed_in >= 0
    rows.add(name, SAMPLES, LONGEST, "absorbed", share_of(int(absorbed.sum()), replicates), 1.0, 1.0)
    counts = np.bincount(paths.absorbed_in[absorbed], minlength=len(law))
    for state, probability in enumerate(law):
        share = share_of(int(counts[state]), replicates, probability)
        rows.add(name, SAMPLES, LONGEST, f"absorbed_in_state_{state}", share, probability, probability)
    expected = law * absorbed.sum()
    statistic, freedom = float(np.sum((counts - expected) ** 2 / expected)), len(law) - 1
    spread = float(np.sqrt(2 * freedom))
    rows.add(name, SAMPLES, LONGEST, "chi_square", Simulated(statistic, spread, replicates), freedom)
    p_value = Simulated(float(chi2.sf(statistic, freedom)), float(np.sqrt(1 / 12)), replicates)
    rows.add(name, SAMPLES, LONGEST, "chi_square_p", p_value, 0.5)
    exact = discrete.mean_absorption_time(float(law[0]), SAMPLES) if len(law) == 2 else float("nan")
    times = mean_of(paths.absorption_time[absorbed])
    rows.add(name, SAMPLES, LONGEST, "mean_absorption_time", times, exact)


def fit_by_population_moments(outputs: Mapping[str, Path]) -> None:
    """One Gaussian fitted to two with infinitely many samples: integration on a grid beside the closed form."""
    rows = SummaryRows("shumailov", "expressivity")
    for separation in SEPARATIONS:
        law, name = expressivity.two_gaussians(separation), f"separation={separation:g}"
        exact = expressivity.refit_by_population_moments(law, 5)
        numerical = expressivity.refit_numerically(law, 5)
        for generation in range(1, 6):
            change = without_chance(numerical.change[generation - 1])
            rows.add(name, 0, generation, "squared_l2_change", change, exact.change[generation - 1])
            variance = without_chance(numerical.variance[generation])
            rows.add(name, 0, generation, "variance", variance, exact.variance[generation])
    rows.write(outputs["table"], note="simulated: integration on a grid; no chance involved")
