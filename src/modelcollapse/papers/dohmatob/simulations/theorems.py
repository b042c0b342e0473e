"""Checks of Theorems 1 and 2 over a grid of settings, with averaged designs and with plain simulations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from modelcollapse.regression.ridge.designs import (
    ProjectionDesign,
    UnitParts,
    nested_moments,
    plain_ridge_error,
    ridge_parts,
)
from modelcollapse.regression.ridge.spectra import SPECTRA, isotropic, named_spectrum
from modelcollapse.regression.strong_collapse import ErrorParts, random_projections, ridge
from modelcollapse.runtime.progress import progress
from modelcollapse.runtime.seeds import generator
from modelcollapse.simulation.rows import PARTS, ErrorPartRows, ReplicateRows

if TYPE_CHECKING:
    from modelcollapse.papers.dohmatob.settings import StrongCollapseSettings

SHARES = (0.05, 0.5, 0.9)
SAMPLES_PER_DIMENSION = (0.5, 1.5, 4.0)
RIDGES = (0.01, 0.5)
WIDTHS_PER_DIMENSION = (1 / 3, 1.0, 3.0, 10.0)
PROJECTION_SAMPLES_PER_DIMENSION = (2 / 3, 1.5)
PROJECTION_RIDGE = 0.01
FINITE_RATIO, FINITE_SHARE, FINITE_RIDGE = 1.5, 0.5, 0.01


def run_ridge(settings: StrongCollapseSettings, outputs: Mapping[str, Path]) -> None:
    """Theorem 1: both spectra, phi = d/n on both sides of 1, two ridges, three shares; ``outputs``: ``table``."""
    rows = ErrorPartRows("dohmatob", "ridge_mixture")
    for case in _cases(settings.theorem_dimension, SAMPLES_PER_DIMENSION, rows.experiment):
        spectrum, n, counts = case.spectrum, case.samples, case.synthetic
        theory = {
            (penalty, count): ridge(spectrum, n, count / n, 1.0, 1.0, penalty) for penalty in RIDGES for count in counts
        }
        for replicate in range(settings.replicates):
            random = generator(settings.seed, rows.experiment, case.name, n, replicate)
            synthetic, total = nested_moments(random, counts, n, spectrum)
            for penalty in RIDGES:
                found = ridge_parts(total, synthetic, n, spectrum, penalty)
                expected = [theory[penalty, count] for count in counts]
                _add_shares(rows, case, f"ridge={penalty:g}", replicate, found, expected, ridge=penalty)
    rows.write(outputs["table"], settings)


def run_projections(settings: StrongCollapseSettings, outputs: Mapping[str, Path]) -> None:
    """Theorem 2: both spectra, n on both sides of d, widths from d/3 to 10 d; ``outputs``: ``table``."""
    rows = ErrorPartRows("dohmatob", "projection_mixture")
    d = settings.theorem_dimension
    widths = [round(ratio * d) for ratio in WIDTHS_PER_DIMENSION]
    for case in _cases(d, PROJECTION_SAMPLES_PER_DIMENSION, rows.experiment):
        spectrum, n, counts = case.spectrum, case.samples, case.synthetic
        theory = {
            (width, count): random_projections(spectrum, n, width, count / n, 1.0, 1.0, PROJECTION_RIDGE)
            for width in widths
            for count in counts
        }
        for replicate in range(settings.replicates):
            random = generator(settings.seed, rows.experiment, case.name, n, replicate)
            design = ProjectionDesign.draw(random, n, spectrum)
            for width in widths:
                (found,) = design.parts(random, width, [PROJECTION_RIDGE], counts)
                expected = [theory[width, count] for count in counts]
                _add_shares(rows, case, f"m={width}", replicate, found, expected, ridge=PROJECTION_RIDGE, width=width)
    rows.write(outputs["table"], settings)


@dataclass(frozen=True)
class _Case:
    """One spectrum and number of samples of the grid of Theorems 1 and 2."""

    name: str
    spectrum: np.ndarray
    samples: int
    synthetic: list[int]
    """Synthetic samples, for each of ``SHARES``."""


def _cases(dimension: int, ratios: Sequence[float], experiment: str) -> Iterator[_Case]:
    """Both spectra with every number of samples, in units of the dimension."""
    for name in SPECTRA:
        spectrum = named_spectrum(name, dimension)
        for ratio in progress(ratios, description=f"{experiment} {name}"):
            n = round(ratio * dimension)
            yield _Case(name, spectrum, n, [round(share * n) for share in SHARES])


def _add_shares(
    rows: ErrorPartRows,
    case: _Case,
    varied: str,
    replicate: int,
    found: Sequence[UnitParts],
    theory: Sequence[ErrorParts],
    *,
    ridge: float,
    width: int = 0,
) -> None:
    """One design's mixtures, one for each of ``SHARES``; ``varied`` names what the sweep varies besides."""
    for share, parts, expected in zip(SHARES, found, theory, strict=True):
        rows.add(
            f"{case.name}, n={case.samples}, {varied}, p2={share:g}",
            replicate,
            parts,
            expected,
            spectrum=case.name,
            dimension=case.spectrum.size,
            samples=case.samples,
            synthetic_share=share,
            ridge=ridge,
            width=width,
        )


@dataclass(frozen=True)
class PlainSetting:
    """One setting of the plain simulations; sizes in units of the dimension."""

    name: str
    spectrum: str
    samples: float
    share: float
    quality: float
    width: float | None = None


PLAIN_RIDGE, PLAIN_NOISE = 0.05, 0.25
PLAIN_SETTINGS = (
    PlainSetting("ridge, isotropic", "isotropic", 2.0, 0.5, 1.0),
    PlainSetting("ridge, power law", "power_law", 2.0, 0.5, 0.5),
    PlainSetting("projections, isotropic", "isotropic", 2.0, 0.5, 1.0, 1.5),
    PlainSetting("projections, power law", "power_law", 2.0, 0.5, 0.5, 0.5),
    PlainSetting("clean", "isotropic", 2.0, 0.0, 0.0),
    PlainSetting("mixture of quality 0", "isotropic", 2.0, 0.5, 0.0),
)


def run_plain(settings: StrongCollapseSettings, outputs: Mapping[str, Path]) -> None:
    """Draw signal, shift, noise and features, fit, and take the error: the check of the averaged designs.

    ``outputs``: ``table``, with the quantity ``test_error``: of each setting, and of averaged designs of the same setting
    (``<setting>, averaged``). All settings have independent streams, "clean" and "mixture of quality 0" too.
    """
    rows = ReplicateRows("dohmatob", "plain_mixture")
    d = settings.plain_dimension
    for setting in progress(PLAIN_SETTINGS, description="plain_mixture"):
        spectrum, n = named_spectrum(setting.spectrum, d), round(setting.samples * d)
        count = round(setting.share * n)
        width = None if setting.width is None else round(setting.width * d)
        mixture = (setting.quality, PLAIN_NOISE, PLAIN_RIDGE)
        theory = (
            ridge(spectrum, n, count / n, *mixture)
            if width is None
            else random_projections(spectrum, n, width, count / n, *mixture)
        )
        for replicate in range(settings.plain_replicates):
            random = generator(settings.seed, "plain_mixture", setting.name, replicate)
            error = plain_ridge_error(random, n, count, spectrum, *mixture, signal=1.0, width=width)
            rows.add(setting.name, "test_error", n, replicate, error, theory.total)
        for replicate in range(settings.replicates):
            random = generator(settings.seed, "plain_mixture", setting.name, "averaged", replicate)
            parts = _averaged(random, n, count, spectrum, width)
            error = parts.bias + setting.quality * parts.zeta + PLAIN_NOISE * parts.variance
            rows.add(f"{setting.name}, averaged", "test_error", n, replicate, error, theory.total)
    rows.write(outputs["table"], settings)


def _averaged(random: np.random.Generator, n: int, count: int, spectrum: np.ndarray, width: int | None) -> UnitParts:
    if width is None:
        synthetic, total = nested_moments(random, [count], n, spectrum)
        return ridge_parts(total, synthetic, n, spectrum, PLAIN_RIDGE)[0]
    return ProjectionDesign.draw(random, n, spectrum).parts(random, width, [PLAIN_RIDGE], [count])[0][0]


def run_finite_size(settings: StrongCollapseSettings, outputs: Mapping[str, Path]) -> None:
    """Theorem 1 at growing dimensions with n/d fixed: its gap to simulation falls like 1/d; ``outputs``: ``table``.

    One value per part, ``gap_<part>`` = simulated / theory - 1, by d.
    """
    rows = ReplicateRows("dohmatob", "finite_size")
    for d in progress(settings.finite_dimensions, description="finite_size"):
        n, spectrum = round(FINITE_RATIO * d), isotropic(d)
        count = round(FINITE_SHARE * n)
        theory = ridge(spectrum, n, count / n, 1.0, 1.0, FINITE_RIDGE)
        for replicate in range(settings.finite_replicates):
            random = generator(settings.seed, "finite_size", d, replicate)
            synthetic, total = nested_moments(random, [count], n, spectrum)
            (parts,) = ridge_parts(total, synthetic, n, spectrum, FINITE_RIDGE)
            for part in PARTS:
                gap = getattr(parts, part) / getattr(theory, part) - 1
                rows.add(f"n = {FINITE_RATIO:g} d", f"gap_{part}", d, replicate, gap)
    rows.write(outputs["table"], settings)
