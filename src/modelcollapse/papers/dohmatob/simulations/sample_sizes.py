"""Fig. 3: least squares on mixtures by number of samples, floors, cross-over."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from modelcollapse.regression.ridge.designs import nested_moments, ridge_parts
from modelcollapse.regression.ridge.exact_forms import exact_ridgeless, isotropic_ridgeless
from modelcollapse.regression.ridge.spectra import isotropic
from modelcollapse.runtime.progress import progress
from modelcollapse.runtime.seeds import generator
from modelcollapse.simulation.rows import ErrorPartRows

if TYPE_CHECKING:
    from modelcollapse.papers.dohmatob.settings import StrongCollapseSettings

EXPERIMENT = "error_by_samples"
LARGEST_ROUNDING = 0.01
"""Shares that whole numbers of samples miss by more are left out, as a share of 0.001 of 200 samples."""


def run_sample_sizes(settings: StrongCollapseSettings, outputs: Mapping[str, Path]) -> None:
    """Simulate Sigma = I without ridge for every n and share; ``outputs``: ``table`` (``ERROR_PART_SCHEMA``)."""
    rows = ErrorPartRows("dohmatob", EXPERIMENT)
    d = settings.samples_dimension
    spectrum = isotropic(d)
    for samples in progress(settings.samples, description=EXPERIMENT):
        shares = possible_shares(settings.synthetic_shares, samples)
        counts = [round(share * samples) for share in shares]
        theory = [isotropic_ridgeless(d, samples, count / samples, 1.0, 1.0) for count in counts]
        exact = [exact_ridgeless(d, samples, count, 1.0, 1.0) for count in counts]
        for replicate in range(settings.replicates):
            random = generator(settings.seed, EXPERIMENT, samples, replicate)
            synthetic, total = nested_moments(random, counts, samples, spectrum)
            found = ridge_parts(total, synthetic, samples, spectrum, 0.0)
            for share, parts, limit, mean in zip(shares, found, theory, exact, strict=True):
                rows.add(
                    f"p2={share:g}, n={samples}",
                    replicate,
                    parts,
                    limit,
                    mean,
                    spectrum="isotropic",
                    dimension=d,
                    samples=samples,
                    synthetic_share=share,
                )
    rows.write(outputs["table"], settings)


def possible_shares(shares: list[float], samples: int) -> list[float]:
    """0 and the shares that n samples can have, rising."""
    possible = {share for share in shares if abs(round(share * samples) / (share * samples) - 1) <= LARGEST_ROUNDING}
    return [0.0, *sorted(possible)]
