"""Draws without replacement, many chains at once."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chi2

from modelcollapse.runtime.seeds import generator
from modelcollapse.simulation.draws import draw_without_replacement


@pytest.mark.parametrize("held", [5, 7, 12, 40])
def test_all_subsets_are_equally_likely(held):
    drawn = draw_without_replacement(held, 3, 30_000, generator("subsets", held))
    assert (np.diff(drawn, axis=1) > 0).all() and drawn.min() >= 0 and drawn.max() < held
    counts = np.bincount(np.ravel(drawn), minlength=held)
    expected = 30_000 * 3 / held
    assert np.max(np.abs(counts - expected)) < 5 * math.sqrt(expected)
    # pairs of the smallest and the largest: (width - 1) of the C(held, 3) subsets have that distance
    widths = np.bincount(drawn[:, 2] - drawn[:, 0], minlength=held)[2:]
    distance = np.arange(2, held)
    shares = (distance - 1) * (held - distance) / math.comb(held, 3)
    assert np.sum((widths - 30_000 * shares) ** 2 / (30_000 * shares)) < chi2.isf(1e-4, held - 3 or 1)


def test_more_rows_than_there_are_cannot_be_drawn():
    with pytest.raises(ValueError, match="without replacement"):
        draw_without_replacement(3, 4, 2, generator("x"))
