"""Steps of Fig. 1, 2 and 4: random projections by width, and the peak where the width equals the number of samples."""

from __future__ import annotations

from pathlib import Path

from modelcollapse.regression.dohmatob_rows import PartRows
from modelcollapse.regression.spectra import SPECTRA, named_spectrum
from modelcollapse.regression.strong_collapse import random_projections
from modelcollapse.regression.strong_collapse_designs import ProjectionDesign
from modelcollapse.regression.strong_collapse_settings import StrongCollapseSettings
from modelcollapse.runtime.progress import progress
from modelcollapse.runtime.seeds import generator

RIDGES = {"isotropic": 1e-6, "power_law": 1e-3}
"""Ridges of the width sweeps: near its limit 0 for the isotropic closed forms, as in the sheet for the power law."""
PEAK_WIDTHS = (0.6, 0.8, 0.9, 0.96, 1.0, 1.04, 1.1, 1.25, 1.6)
"""Widths around the threshold, in units of n."""


def run_widths(settings: StrongCollapseSettings, outputs: dict[str, Path]) -> None:
    """Errors by source for every width and n2, all widths and mixtures on the same samples; ``outputs``: ``table``."""
    rows = PartRows()
    for name in SPECTRA:
        _sweep(rows, settings, "error_by_width", name, settings.widths, [RIDGES[name]])
    rows.write(outputs["table"], "error_by_width", settings)


def run_peak(settings: StrongCollapseSettings, outputs: dict[str, Path]) -> None:
    """Errors by source around m = n for falling ridges; ``outputs``: ``table``."""
    rows = PartRows()
    widths = sorted({round(ratio * settings.width_samples) for ratio in PEAK_WIDTHS})
    _sweep(rows, settings, "double_descent", "isotropic", widths, settings.peak_ridges)
    rows.write(outputs["table"], "double_descent", settings)


def _sweep(
    rows: PartRows,
    settings: StrongCollapseSettings,
    experiment: str,
    name: str,
    widths: list[int],
    ridges: list[float],
) -> None:
    n, counts = settings.width_samples, settings.width_synthetic
    spectrum = named_spectrum(name, settings.width_dimension)
    theory = {
        (width, penalty, count): random_projections(spectrum, n, width, count / n, 1.0, 1.0, penalty)
        for width in widths
        for penalty in ridges
        for count in counts
    }
    for replicate in progress(range(settings.replicates), description=f"{experiment} {name}"):
        random = generator(settings.seed, experiment, name, replicate)
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
