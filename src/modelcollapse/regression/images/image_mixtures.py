"""Which images every model of one seed is fitted on, and who labelled them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from modelcollapse.regression.images.settings import ImageSettings
from modelcollapse.runtime.seeds import generator

Design = Literal["mixed", "real_part", "added", "width"]


@dataclass(frozen=True)
class Mixture:
    """One model's training set: images ``rows``, of which ``synthetic`` carry a labeller's labels."""

    design: Design
    """``mixed``: n fixed, a share synthetic. ``real_part``: the real images of that set alone. ``added``: synthetic
    images added to a fixed real set. ``width``: as ``mixed``, for every width and labeller."""
    samples: int
    """The design's n: for ``real_part`` that of the mixture it is a part of."""
    share: float
    """p2: for ``real_part`` that of the mixture it is a part of."""
    labeller: str
    """Who wrote the synthetic labels; empty where all labels are real."""
    width: int
    """Width of the model."""
    rows: np.ndarray
    """Images it is fitted on, ascending."""
    synthetic: np.ndarray
    """Which of them have synthetic labels: bool, as long as ``rows``."""

    def targets(self, real: np.ndarray, written: dict[str, np.ndarray]) -> np.ndarray:
        """Targets [n, outputs] from the real ones and those of every labeller, [images, outputs] each."""
        chosen = real[self.rows]
        if self.synthetic.any():
            chosen[self.synthetic] = written[self.labeller][self.rows[self.synthetic]]
        return chosen


def mixtures(settings: ImageSettings, width: int, seed: int) -> list[Mixture]:
    """All training sets of one seed.

    Sets are paired: those of one n hold the same images, the synthetic ones of a smaller share are among those of a
    larger one, and all labellers label the same images.

    Args:
        settings: the sweeps.
        width: width of the model outside the sweep over widths.
        seed: names the order in which images of a set become synthetic.
    """
    largest = max(settings.samples)
    rank = generator(seed, "image regression", "synthetic", largest).permutation(largest)
    return [
        *_mixed(settings, width, rank),
        *_added(settings, width),
        *_widths(settings, rank),
    ]


def _mixed(settings: ImageSettings, width: int, rank: np.ndarray) -> Iterator[Mixture]:
    for samples in settings.samples:
        rows = np.arange(samples)
        yield Mixture("mixed", samples, 0.0, "", width, rows, np.zeros(samples, dtype=bool))
        for share in settings.synthetic_shares:
            synthetic = _synthetic(rank, samples, share)
            yield Mixture("mixed", samples, share, settings.labeller, width, rows, synthetic)
            real = rows[~synthetic]
            if len(real):
                yield Mixture("real_part", samples, share, "", width, real, np.zeros(len(real), dtype=bool))


def _added(settings: ImageSettings, width: int) -> Iterator[Mixture]:
    sizes = sorted({settings.fixed_real, *(n for n in settings.samples if n > settings.fixed_real)})
    for samples in sizes:
        rows = np.arange(samples)
        synthetic = rows >= settings.fixed_real
        labeller = settings.labeller if synthetic.any() else ""
        yield Mixture("added", samples, float(synthetic.mean()), labeller, width, rows, synthetic)


def _widths(settings: ImageSettings, rank: np.ndarray) -> Iterator[Mixture]:
    samples, rows = settings.width_samples, np.arange(settings.width_samples)
    synthetic = _synthetic(rank, samples, settings.width_share)
    for width in settings.widths:
        yield Mixture("width", samples, 0.0, "", width, rows, np.zeros(samples, dtype=bool))
        for labeller in settings.labellers:
            yield Mixture("width", samples, settings.width_share, labeller, width, rows, synthetic)


def _synthetic(rank: np.ndarray, samples: int, share: float) -> np.ndarray:
    """The round(share x samples) images of lowest rank among the first ``samples``."""
    chosen = np.argsort(rank[:samples])[: round(share * samples)]
    synthetic = np.zeros(samples, dtype=bool)
    synthetic[chosen] = True
    return synthetic
