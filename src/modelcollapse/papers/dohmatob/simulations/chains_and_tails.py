"""The companion papers: chains of generations ("Demystified") and lost tails ("A Tale of Tails")."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from modelcollapse.regression.ridge.generations import (
    adaptive_ridge_exponent,
    clean_rate,
    error_after_generations,
    linear_law,
    over_parametrised_error,
    power_law_problem,
)
from modelcollapse.regression.ridge.lost_tails import (
    cut_law,
    expected_error,
    mixed_law,
    rate,
    simulate_generations,
    token_law,
)
from modelcollapse.regression.ridge.spectra import power_law
from modelcollapse.regression.strong_collapse import ridge
from modelcollapse.runtime.progress import progress
from modelcollapse.runtime.seeds import generator
from modelcollapse.simulation.rows import ReplicateRows

if TYPE_CHECKING:
    from modelcollapse.papers.dohmatob.settings import StrongCollapseSettings

NOISE = 0.25
FINAL_RIDGE = 0.05
CAPACITY, SOURCE, GROWTHS = 1.5, 0.5, (0.0, 0.25, 0.5)
"""Power law of the adaptive ridge, and exponents b of a fake variance that grows like T^b."""
ADAPTIVE_SAMPLES = (10**4, 10**5, 10**6)
ADAPTIVE_DIMENSION = 20_000
ADAPTIVE_GENERATIONS = 10
RIDGE_GRID = np.geomspace(1e-7, 1.0, 71)
TOKEN_EXPONENTS = (1.5, 2.0)
VOCABULARY = 10**6
TAIL_SAMPLES = (100, 1000, 10_000, 100_000)
FIRST_SAMPLES = (100, 1000)
CUT_RANK, REAL_SHARE, TAIL_GENERATIONS = 100, 0.01, 5


def run_generations(settings: StrongCollapseSettings, outputs: Mapping[str, Path]) -> None:
    """Plain chains, all noise drawn: the (n+1) law, over-parametrised loss, and a ridge regression at the end.

    ``outputs``: ``table`` with the quantities ``linear`` and ``ridge`` (power law) and, for T0 = d/2,
    ``over_parametrised`` and ``over_parametrised_noisy``, each by generation. Generation 0 is fitted to the truth.
    """
    rows = ReplicateRows("dohmatob", "generations")
    d, last = settings.chain_dimension, settings.chain_generations
    many, few = 3 * d, d // 2
    spectrum = power_law(d)
    counts = np.arange(last + 1)
    linear = linear_law(counts, d, many, NOISE)
    final = error_after_generations(spectrum, counts, many, many, NOISE, NOISE, FINAL_RIDGE).total
    silent = over_parametrised_error(counts, d, few)
    noisy = over_parametrised_error(counts, d, few, NOISE)
    for replicate in progress(
        range(settings.chain_replicates), total=settings.chain_replicates, description="generations"
    ):
        random = generator(settings.seed, "generations", replicate)
        error, truth = np.zeros(d), random.standard_normal(d) / np.sqrt(spectrum.sum())
        lost, lost_noisy = np.zeros(d), np.zeros(d)
        start = random.standard_normal(d)
        start *= 1 / np.linalg.norm(start)
        for generation in range(last + 1):
            features = random.standard_normal((many, d))
            # in whitened coordinates the law does not depend on the spectrum
            fitted = _fit(features, NOISE, random)
            error_before = error
            error = error + fitted
            rows.add("d/T = 1/3", "linear", generation, replicate, error @ error, linear[generation])
            downstream = _ridge_error(random, spectrum, truth, error_before / np.sqrt(spectrum), many)
            rows.add("power law", "ridge", generation, replicate, downstream, final[generation])
            rows.add("T0 = d/2", "over_parametrised", generation, replicate, lost @ lost, silent[generation])
            rows.add(
                "T0 = d/2", "over_parametrised_noisy", generation, replicate, lost_noisy @ lost_noisy, noisy[generation]
            )
            thin = random.standard_normal((few, d))
            inverse = np.linalg.pinv(thin)
            noise = inverse @ (np.sqrt(NOISE) * random.standard_normal(few))
            lost = inverse @ (thin @ (start + lost)) - start
            lost_noisy = inverse @ (thin @ (start + lost_noisy)) + noise - start
    rows.write(outputs["table"], settings)


def _fit(features: np.ndarray, noise_variance: float, random: np.random.Generator) -> np.ndarray:
    """Least-squares fit of pure label noise: what one more generation adds to the error."""
    noise = np.sqrt(noise_variance) * random.standard_normal(len(features))
    return np.linalg.solve(features.T @ features, features.T @ noise)


def _ridge_error(
    random: np.random.Generator, spectrum: np.ndarray, truth: np.ndarray, error: np.ndarray, samples: int
) -> float:
    """Test error of a ridge regression on labels of the last generation, whose weights are truth + error."""
    features = random.standard_normal((samples, spectrum.size)) * np.sqrt(spectrum)
    labels = features @ (truth + error) + np.sqrt(NOISE) * random.standard_normal(samples)
    gram = features.T @ features / samples + FINAL_RIDGE * np.eye(spectrum.size)
    weights = np.linalg.solve(gram, features.T @ labels / samples)
    return float(spectrum @ (weights - truth) ** 2)


def run_adaptive_ridge(outputs: Mapping[str, Path]) -> None:
    """Best ridge and its error by T from Theorem 1, for clean data and for variances ~ T^b; no chance involved.

    ``outputs``: ``table`` with the quantities ``best_ridge`` and ``best_error``, whose ``theory`` is the exponent (minus the
    slope of the logarithm on ln T), and, for real fake data of 10 generations, ``ridge_ratio`` (best ridge over the best
    one on clean data) and ``regret`` (error at the clean data's best ridge over the best error, minus 1).
    """
    rows = ReplicateRows("dohmatob", "adaptive_ridge")
    spectrum, prior = power_law_problem(ADAPTIVE_DIMENSION, CAPACITY, SOURCE)
    for samples in progress(ADAPTIVE_SAMPLES, description="adaptive_ridge"):
        for growth in GROWTHS:
            name = "clean" if growth == 0 else f"variance ~ T^{growth:g}"
            found = ridge(spectrum, samples, 0.0, 0.0, samples**growth, RIDGE_GRID, prior=prior).total
            exponent = adaptive_ridge_exponent(CAPACITY, SOURCE, growth)
            rows.add(name, "best_ridge", samples, 0, _lowest(found), exponent)
            rows.add(name, "best_error", samples, 0, found.min(), (1 - growth) * clean_rate(CAPACITY, SOURCE))
        clean = ridge(spectrum, samples, 0.0, 0.0, 1.0, RIDGE_GRID, prior=prior).total
        chain = (ADAPTIVE_GENERATIONS, samples, 2 * ADAPTIVE_DIMENSION, 1.0, 1.0, RIDGE_GRID)
        fake = error_after_generations(spectrum, *chain, prior=prior).total
        name = f"{ADAPTIVE_GENERATIONS} generations, T0 = {2 * ADAPTIVE_DIMENSION}"
        rows.add(name, "ridge_ratio", samples, 0, _lowest(fake) / _lowest(clean))
        rows.add(name, "regret", samples, 0, fake[np.argmin(clean)] / fake.min() - 1)
    rows.write(outputs["table"])


def _lowest(errors: np.ndarray) -> float:
    """The ridge of the lowest error: vertex of a parabola through three points on the grid of logarithms."""
    best = int(np.clip(np.argmin(errors), 1, errors.size - 2))
    left, middle, right = np.log(errors[best - 1 : best + 2])
    shift = 0.5 * (left - right) / (left - 2 * middle + right)
    return float(RIDGE_GRID[best] * (RIDGE_GRID[1] / RIDGE_GRID[0]) ** shift)


def run_tails(settings: StrongCollapseSettings, outputs: Mapping[str, Path]) -> None:
    """A learner that remembers all tokens, on laws i^-beta: clean, on AI data, over generations, cut and mixed.

    ``outputs``: ``table`` with the quantities ``clean`` (by T; theory: the exact mean), ``ai_data`` (by T, samples of a
    finite sample of size T0), ``generation`` (by generation), ``cut`` and ``mixed`` (by T; exact means alone).
    """
    rows = ReplicateRows("dohmatob", "tails")
    for exponent in progress(TOKEN_EXPONENTS, description="tails"):
        law = token_law(exponent, VOCABULARY)
        for samples in TAIL_SAMPLES:
            exact = expected_error(law, samples)
            cut, mixed = cut_law(law, CUT_RANK), mixed_law(law, CUT_RANK, REAL_SHARE)
            rows.add(f"beta={exponent:g}", "cut", samples, 0, expected_error(law, samples, cut))
            rows.add(f"beta={exponent:g}", "mixed", samples, 0, expected_error(law, samples, mixed))
            for replicate in range(settings.tail_replicates):
                random = generator(settings.seed, "tails", exponent, samples, replicate)
                (clean,) = simulate_generations(random, law, [samples])
                rows.add(f"beta={exponent:g}", "clean", samples, replicate, clean, exact, samples ** -rate(exponent))
                for first in FIRST_SAMPLES:
                    name = f"beta={exponent:g}, T0={first}"
                    rows.add(
                        name, "ai_data", samples, replicate, simulate_generations(random, law, [first, samples])[-1]
                    )
        for replicate in range(settings.tail_replicates):
            random = generator(settings.seed, "tails generations", exponent, replicate)
            path = simulate_generations(random, law, [FIRST_SAMPLES[-1]] * (TAIL_GENERATIONS + 1))
            for generation, error in enumerate(path):
                rows.add(f"beta={exponent:g}, T0={FIRST_SAMPLES[-1]}", "generation", generation, replicate, error)
    rows.write(outputs["table"], settings)
