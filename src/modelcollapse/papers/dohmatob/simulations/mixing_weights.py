"""Fig. 9 and 10: weighted single-step mixing, and iterative mixing in its four variants."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize_scalar

from modelcollapse.regression.ridge.designs import UnitParts, wishart
from modelcollapse.regression.ridge.exact_forms import exact_ridgeless
from modelcollapse.regression.ridge.iterative_mixing import VARIANTS, expected_errors, parse_variant, real_part_error
from modelcollapse.regression.ridge.weighted_mixing import (
    SMALLEST_WEIGHT,
    optimal_weight,
    quoted_optimal_weight,
    quoted_weighted_error,
    weighted_error,
)
from modelcollapse.regression.strong_collapse import ErrorParts
from modelcollapse.runtime.progress import progress
from modelcollapse.runtime.seeds import generator
from modelcollapse.simulation.rows import ErrorPartRows, ReplicateRows

if TYPE_CHECKING:
    from modelcollapse.papers.dohmatob.settings import StrongCollapseSettings

SHARE, QUALITY, NOISE = 0.5, 1.0, 0.25
"""p2, c^2 and sigma^2 of weighted mixing."""
ALL_SYNTHETIC, REAL_PART, ALL_REAL = "all_synthetic", "real_part", "all_real"
"""Chains beside the variants: p2 = 1; least squares on the real samples alone; on as many real samples as all."""


def run_weighted(settings: StrongCollapseSettings, outputs: Mapping[str, Path]) -> None:
    """Errors by source for every weight alpha and n; ``outputs``: ``table``."""
    rows = ErrorPartRows("dohmatob", "weighted_mixing")
    d = settings.samples_dimension
    for n in progress(settings.mixing_samples, description="weighted_mixing"):
        theory = [weighted_error(d, n, SHARE, weight, 1.0, 1.0) for weight in settings.mixing_weights]
        for replicate in range(settings.replicates):
            real, synthetic = _moments(settings, "weighted_mixing", n, replicate)
            for weight, limit in zip(settings.mixing_weights, theory, strict=True):
                rows.add(
                    f"alpha={weight:g}, n={n}",
                    replicate,
                    weighted_parts(real, synthetic, weight),
                    limit,
                    spectrum="isotropic",
                    dimension=d,
                    samples=n,
                    synthetic_share=SHARE,
                    weight=weight,
                )
    rows.write(outputs["table"], settings)


def run_optimal_weight(settings: StrongCollapseSettings, outputs: Mapping[str, Path]) -> None:
    """The best alpha of every design, its gain over dropping the synthetic half, and the quoted formulas.

    ``outputs``: ``table`` with the quantities ``optimal_weight``, ``gain`` (1 - best error / error at alpha = 0) and
    ``error_at_half`` (alpha = p2: nothing is re-weighted), each by n.
    """
    rows = ReplicateRows("dohmatob", "optimal_weight")
    d = settings.samples_dimension
    for n in progress(settings.mixing_samples, description="optimal_weight"):
        best = optimal_weight(d, n, SHARE, QUALITY, NOISE)
        errors = weighted_error(d, n, SHARE, [0.0, best, SHARE], QUALITY, NOISE).total
        quoted = float(quoted_optimal_weight(d, n, SHARE, QUALITY, NOISE))
        quoted_error = float(quoted_weighted_error(d, n, SHARE, SHARE, QUALITY, NOISE))
        for replicate in range(settings.replicates):
            # the designs of weighted_mixing
            real, synthetic = _moments(settings, "weighted_mixing", n, replicate)

            def error(weight: float, real=real, synthetic=synthetic) -> float:
                parts = weighted_parts(real, synthetic, weight)
                return QUALITY * parts.zeta + NOISE * parts.variance

            found = minimize_scalar(
                lambda log_weight, error=error: error(np.exp(log_weight)),
                bounds=(np.log(max(SMALLEST_WEIGHT, best / 100)), 0.0),
                method="bounded",
                options={"xatol": 1e-4},
            )
            dropped = error(0.0)
            rows.add("p2=0.5", "optimal_weight", n, replicate, np.exp(found.x), best, quoted)
            rows.add("p2=0.5", "gain", n, replicate, 1 - found.fun / dropped, 1 - errors[1] / errors[0])
            rows.add("p2=0.5", "error_at_half", n, replicate, error(SHARE), errors[2], quoted_error)
    rows.write(outputs["table"], settings)


def weighted_parts(real: np.ndarray, synthetic: np.ndarray, weight: float, share: float = SHARE) -> UnitParts:
    """Weighted least squares on X1'X1 and X2'X2 [d, d], Sigma = I, averaged over shift and noise."""
    a1, a2 = (1 - weight) / (1 - share), weight / share
    inverse = np.linalg.inv(a1 * real + a2 * synthetic)
    noise = inverse @ (a1**2 * real + a2**2 * synthetic)
    moved = a2 * (inverse @ synthetic)
    return UnitParts(0.0, float(np.vdot(noise, inverse)), float(np.vdot(moved, moved)) / len(real))


def run_iterative(settings: StrongCollapseSettings, outputs: Mapping[str, Path]) -> None:
    """Errors by round for the four variants at p1 = p2 = 1/2, for p2 = 1, and for real data alone; ``outputs``: ``table``.

    ``zeta`` is the share of the initial quality that is left, ``variance`` the error that label noise made.
    """
    rows = ErrorPartRows("dohmatob", "iterative_mixing")
    for n in progress(settings.iterative_samples, description="iterative_mixing"):
        theory = _iterative_theory(settings, n)
        for replicate in range(settings.replicates):
            random = generator(settings.seed, "iterative_mixing", n, replicate)
            for name, path in _iterative_paths(random, settings, n).items():
                for at, parts in enumerate(path):
                    rows.add(
                        f"{name}, n={n}, round {at}",
                        replicate,
                        parts,
                        theory[name][at],
                        spectrum="isotropic",
                        dimension=settings.iterative_dimension,
                        samples=n,
                        synthetic_share={ALL_SYNTHETIC: 1.0, REAL_PART: 0.0, ALL_REAL: 0.0}.get(name, SHARE),
                        variant=name,
                        round=at,
                    )
    rows.write(outputs["table"], settings)


def _moments(
    settings: StrongCollapseSettings, experiment: str, samples: int, replicate: int
) -> tuple[np.ndarray, np.ndarray]:
    random = generator(settings.seed, experiment, samples, replicate)
    synthetic = round(SHARE * samples)
    return tuple(wishart(random, count, settings.samples_dimension) for count in (samples - synthetic, synthetic))


def _iterative_theory(settings: StrongCollapseSettings, n: int) -> dict[str, list[ErrorParts]]:
    d, rounds = settings.iterative_dimension, settings.iterative_rounds

    def parts(variant: str, share: float) -> list[ErrorParts]:
        noise = expected_errors(variant, rounds, d, n, share, 0.0, 1.0)
        start = expected_errors(variant, rounds, d, n, share, 1.0, 0.0)
        return [ErrorParts(0.0, float(v), float(z)) for v, z in zip(noise, start, strict=True)]

    theory = {variant: parts(variant, SHARE) for variant in VARIANTS}
    theory[ALL_SYNTHETIC] = parts("fresh_noisy", 1.0)
    alone = ErrorParts(0.0, real_part_error(d, n, SHARE, 1.0), 0.0)
    everything = ErrorParts(0.0, float(exact_ridgeless(d, n, 0, 0.0, 1.0).variance), 0.0)
    return theory | {REAL_PART: [alone] * (rounds + 1), ALL_REAL: [everything] * (rounds + 1)}


def _iterative_paths(
    random: np.random.Generator, settings: StrongCollapseSettings, n: int
) -> dict[str, list[UnitParts]]:
    """One replicate: all variants see the same samples where their definitions allow it."""
    d, real_count = settings.iterative_dimension, n - round(SHARE * n)
    fixed = wishart(random, real_count, d)
    chains = {variant: _Chain(d, variant, fixed) for variant in VARIANTS}
    alone, everything = UnitParts(0.0, float(np.trace(np.linalg.inv(fixed))), 0.0), []
    synthetic_only = np.zeros((d, d))
    paths = {name: [chain.parts()] for name, chain in chains.items()}
    paths[ALL_SYNTHETIC] = [UnitParts(0.0, 0.0, 1.0)]
    for _ in range(settings.iterative_rounds):
        fresh, synthetic = wishart(random, real_count, d), wishart(random, n - real_count, d)
        for name, chain in chains.items():
            chain.step(fresh, synthetic)
            paths[name].append(chain.parts())
        inverse = np.linalg.inv(fresh + synthetic)
        synthetic_only += inverse
        everything.append(UnitParts(0.0, float(np.trace(inverse)), 0.0))
        paths[ALL_SYNTHETIC].append(UnitParts(0.0, float(np.trace(synthetic_only)), 1.0))
    paths[REAL_PART] = [alone] * (settings.iterative_rounds + 1)
    paths[ALL_REAL] = [everything[0], *everything]
    return paths


class _Chain:
    """One variant's error as a linear map of what is random: initial shift, fixed labels' noise, fresh labels' noise."""

    def __init__(self, dimension: int, variant: str, fixed: np.ndarray) -> None:
        self.fresh, self.noisy = parse_variant(variant)
        self.fixed = fixed
        self.kept = np.eye(dimension)
        """Product of the maps error -> error."""
        self.from_fixed = np.zeros((dimension, dimension))
        """Map from X1'noise of fixed real data to the error."""
        self.covariance = np.zeros((dimension, dimension))
        """Of the error that fresh label noise made, at unit noise variance."""

    def step(self, fresh: np.ndarray, synthetic: np.ndarray) -> None:
        """Least squares on real samples and on synthetic ones labelled by the last fit."""
        real = fresh if self.fresh else self.fixed
        inverse = np.linalg.inv(real + synthetic)
        move = inverse @ synthetic
        self.kept = move @ self.kept
        noise = np.zeros_like(real)
        if self.fresh:
            noise = noise + real
        else:
            self.from_fixed = move @ self.from_fixed + inverse
        if self.noisy:
            noise = noise + synthetic
        self.covariance = move @ self.covariance @ move.T + inverse @ noise @ inverse

    def parts(self) -> UnitParts:
        """Error by source: unit quality of the initial generator, unit noise variance."""
        from_fixed = np.vdot(self.from_fixed @ self.fixed, self.from_fixed)
        zeta = np.vdot(self.kept, self.kept) / len(self.kept)
        return UnitParts(0.0, float(np.trace(self.covariance) + from_fixed), float(zeta))
