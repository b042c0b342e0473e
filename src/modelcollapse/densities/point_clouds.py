"""Real distributions of the kernel density estimates: scikit-learn's circles, moons and Swiss roll."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import make_circles, make_moons, make_swiss_roll

NOISE = 0.05
"""Standard deviation of the Gaussian noise, as in the sequel's released code."""
DIMENSIONS = {"circles": 2, "moons": 2, "swiss_roll": 3}
"""Distribution -> dimension. The sequel's blobs are left out: its code draws train and test centres apart."""
_MAKERS = {"circles": make_circles, "moons": make_moons, "swiss_roll": make_swiss_roll}


def draw_points(data: str, count: int, random: np.random.Generator) -> np.ndarray:
    """Real points, [count, d].

    Raises:
        ValueError: an unknown distribution (the valid ones are listed), or fewer than 2 points.
    """
    check_data(data)
    if count < 2:
        raise ValueError(f"A sample needs at least 2 points, not {count}.")
    points, _ = _MAKERS[data](n_samples=count, noise=NOISE, random_state=int(random.integers(2**31)))
    return np.ascontiguousarray(points, dtype=np.float64)


def check_data(data: str) -> str:
    """The distribution's name; ``ValueError`` with the valid ones if there is no such distribution."""
    if data not in DIMENSIONS:
        raise ValueError(f"There is no distribution '{data}': expected one of {', '.join(DIMENSIONS)}.")
    return data
