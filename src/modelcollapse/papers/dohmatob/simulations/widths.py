"""Fig. 1, 2 and 4: random projections by width, and the peak where the width equals the number of samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from modelcollapse.regression.ridge.designs import ProjectionDesign
from modelcollapse.regression.ridge.spectra import SPECTRA, isotropic, named_spectrum
from modelcollapse.regression.strong_collapse import random_projections
from modelcollapse.runtime.progress import progress
from modelcollapse.runtime.seeds import generator
from modelcollapse.simulation.rows import ErrorPartRows

if TYPE_CHECKING:
    from modelcollapse.papers.dohmatob.settings import StrongCollapseSettings

RIDGES = {"isotropic": 1e-6, "power_law": 1e-3}
"""Ridges of the width sweeps: near its limit 0 for the isotropic closed forms, as in the sheet for the power law."""
PEAK_SHARE = 0.5
PEAK_WIDTHS = (0.6, 0.8, 0.9, 0.96, 1.0, 1.04, 1.1, 1.25, 1.6)
"""Widths around the threshold, in units of n."""


def run_widths(settings: StrongCollapseSettings, outputs: Mapping[str, Path]) -> None:
    """Errors by source for every width and n2, all widths and mixtures on the same samples; ``outputs``: ``table``."""
    rows = ErrorPartRows("dohmatob", "error_by_width")
    for name in SPECTRA:
        spectrum = named_spectrum(name, settings.width_dimension)
        sizes = _Sizes(settings.width_samples, settings.width_synthetic, settings.widths, [RIDGES[name]])
        _sweep(rows, settings, name, spectrum, sizes)
    rows.write(outputs["table"], settings)


def run_peak(settings: StrongCollapseSettings, outputs: Mapping[str, Path]) -> None:
    """Errors by source around m = n for falling ridges; ``outputs``: ``table``."""
    rows = ErrorPartRows("dohmatob", "double_descent")
    n = settings.peak_samples
    widths = sorted({round(ratio * n) for ratio in PEAK_WIDTHS})
    sizes = _Sizes(n, [round(PEAK_SHARE * n)], widths, settings.peak_ridges)
    _sweep(rows, settings, "isotropic", isotropic(settings.peak_dimension), sizes)
    rows.write(outputs["table"], settings)


@dataclass(frozen=True)
class _Sizes:
    """What a sweep goes over."""

    samples: int
    synthetic: list[int]
    widths: list[int]
    ridges: list[float]


def _sweep(
    rows: ErrorPartRows,
    settings: StrongCollapseSettings,
    name: str,
    spectrum: np.ndarray,
    sizes: _Sizes,
) -> None:
    n, counts, widths, ridges = sizes.samples, sizes.synthetic, sizes.widths, sizes.ridges
    theory = {
        (width, penalty, count): random_projections(spectrum, n, width, count / n, 1.0, 1.0, penalty)
        for width in widths
        for penalty in ridges
        for count in counts
    }
    for replicate in progress(range(settings.replicates), description=f"{rows.experiment} {name}"):
        random = generator(settings.seed, rows.experiment, name, replicate)
        design = ProjectionDesign.draw(random, n, spectrum)
        for width in widths:
            for penalty, mixtures in zip(ridges, design.parts(random, width, ridges, counts), strict=True):
                for count, parts in zip(counts, mixtures, strict=True):
                    rows.add(
                        f"{name}, m={width}, ridge={penalty:g}, n2={count}",
                        replicate,
                        parts,
                        theory[width, penalty, count],
                        spectrum=name,
                        dimension=spectrum.size,
                        samples=n,
                        synthetic_share=count / n,
                        ridge=penalty,
                        width=width,
                    )
