"""Quantities of regression on images: how test error falls with n, with width, and what synthetic labels change."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from modelcollapse.evidence.estimates import Estimate
from modelcollapse.evidence.intervals import document_contrast
from modelcollapse.evidence.quantities import Registry
from modelcollapse.measures.paper_data import NotAvailable, PaperData

IMAGE_QUANTITIES = Registry()
quantity = IMAGE_QUANTITIES.register
Shares = list[float]
DECADE = 10
"""Slopes in n are fitted from a tenth of the largest n on."""


@quantity("slope of ln(test error) on ln n over the last decade of n with a share p2 of {shares} minus that with p2 = 0, "
          "{images}", "log-log slope")  # fmt: skip
def image_slope_difference(data: PaperData, images: str, shares: Shares) -> list[Estimate]:
    """How much more slowly the error falls with the number of images: paired within seeds and test images."""
    errors = _Errors(data, images)
    return [_contrast(errors, _slope(errors, p2) - _slope(errors, 0.0), f"p2 = {p2:g} minus 0") for p2 in shares]


@quantity("slope of ln(test error) on ln n over the last decade of n, each share p2 of {shares} minus the share before it, "
          "{images}", "log-log slope")  # fmt: skip
def image_slope_steps(data: PaperData, images: str, shares: Shares) -> list[Estimate]:
    """Whether slopes are ordered in p2; one estimate per neighbouring pair."""
    errors = _Errors(data, images)
    return [
        _contrast(errors, _slope(errors, larger) - _slope(errors, smaller), f"p2 = {larger:g} minus {smaller:g}")
        for smaller, larger in pairwise(shares)
    ]


@quantity("ln(test error with a share p2 of {shares} / with the real images of that mixture alone), largest n, {images}",
          "log ratio")  # fmt: skip
def image_cost_of_synthetic(data: PaperData, images: str, shares: Shares) -> list[Estimate]:
    """Above 0: dropping the synthetic images would be better."""
    errors = _Errors(data, images)
    n = errors.sizes[-1]
    return [
        _contrast(
            errors,
            errors.log("mixed", n, p2) - errors.log("real_part", n, p2),
            f"p2 = {p2:g}, n = {n}, against its real part",
        )
        for p2 in shares
    ]


@quantity(
    "change of ln(test error) from the {first} to the {second} width with labels of {labeller}, {images}", "log ratio"
)
def image_width_change(
    data: PaperData, images: str, labeller: str, first: int | str = "smallest", second: int | str = "largest"
) -> list[Estimate]:
    """Above 0: the second width is worse. ``real`` stands for real labels alone; ``n`` for the number of images."""
    errors = _Errors(data, images)
    return [_contrast(errors, _width_change(errors, labeller, first, second), f"{labeller}: width {first} to {second}")]


@quantity("change of ln(test error) from the {first} to the {second} width with labels of {labeller} minus that with "
          "labels of {reference}, {images}", "log ratio")  # fmt: skip
def image_width_interaction(
    data: PaperData,
    images: str,
    labeller: str,
    reference: str,
    first: int | str = "smallest",
    second: int | str = "largest",
) -> list[Estimate]:
    """Above 0: width helps less, or harms more, with this labeller than with the reference."""
    errors = _Errors(data, images)
    change = _width_change(errors, labeller, first, second) - _width_change(errors, reference, first, second)
    return [_contrast(errors, change, f"{labeller} minus {reference}: width {first} to {second}")]


class _Errors:
    """Squared errors per test image of one model's sweeps.

    Logarithms of mean errors are linearised, ln E + (e_i - E) / E for test image i, so that the spread of their means over
    test images is that of ln E (delta method) and contrasts of several errors keep their pairing.
    """

    def __init__(self, data: PaperData, images: str) -> None:
        table = data.tables(f"images_{images}")
        self.seeds = sorted(table["seed"].unique())
        self.table = table
        mixed = table[table["design"] == "mixed"]
        self.sizes = sorted(int(n) for n in mixed["samples"].unique())
        swept = table[table["design"] == "width"]
        self.widths = sorted(int(width) for width in swept["width"].unique())
        self.width_samples = int(swept["samples"].iloc[0]) if len(swept) else 0

    def log(self, design: str, samples: int, share: float, labeller: str | None = None, width: int | None = None):
        """Linearised ln E, [seeds, test images].

        Raises:
            NotAvailable: it was not run.
        """
        table = self.table
        chosen = (table["design"] == design) & (table["samples"] == samples) & np.isclose(table["share"], share)
        if labeller is not None:
            chosen &= table["labeller"] == labeller
        if width is not None:
            chosen &= table["width"] == width
        rows = table[chosen].set_index("seed")["squared_errors"]
        if rows.empty:
            where = f"n = {samples}, p2 = {share:g}" + (f", labeller '{labeller}', width {width}" if width else "")
            raise NotAvailable(f"regression on images was not run with {where}")
        return _linearised(rows, self.seeds)


def _linearised(rows: pd.Series, seeds: list[int]) -> np.ndarray:
    if sorted(rows.index) != seeds:
        raise ValueError(f"Seeds {sorted(rows.index)} have one of the models, but {seeds} were run: run them again.")
    errors = np.stack([np.asarray(rows.loc[seed], dtype=np.float64) for seed in seeds])
    mean = errors.mean(axis=1, keepdims=True)
    return np.log(mean) + (errors - mean) / mean


def _slope(errors: _Errors, share: float) -> np.ndarray:
    """Least-squares slope of ln E on ln n over the last decade, linearised: [seeds, test images]."""
    sizes = [n for n in errors.sizes if n * DECADE >= errors.sizes[-1]]
    if len(sizes) < 3:
        raise NotAvailable(f"only {len(sizes)} numbers of images lie within a tenth of the largest; a slope needs 3")
    at = np.log(sizes) - np.log(sizes).mean()
    return sum(a * errors.log("mixed", n, share) for a, n in zip(at / np.sum(at**2), sizes, strict=True))


def _width_change(errors: _Errors, labeller: str, first: int | str, second: int | str) -> np.ndarray:
    if len(errors.widths) < 2:
        raise NotAvailable(f"{len(errors.widths)} widths were run; a change needs 2")
    named = {"smallest": errors.widths[0], "largest": errors.widths[-1], "n": errors.width_samples}
    name = "" if labeller == "real" else labeller
    swept = errors.table[(errors.table["design"] == "width") & (errors.table["labeller"] == name)]
    if swept.empty:
        raise NotAvailable(f"no labeller '{labeller}' was run")
    share = float(swept["share"].iloc[0])
    start, end = (
        errors.log("width", errors.width_samples, share, name, int(named.get(width, width)))
        for width in (first, second)
    )
    return end - start


def _contrast(errors: _Errors, differences: np.ndarray, label: str) -> Estimate:
    return document_contrast(differences, seeds=[str(seed) for seed in errors.seeds], label=label)
