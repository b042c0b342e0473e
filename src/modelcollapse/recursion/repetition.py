"""Repeated n-grams within a row."""

from __future__ import annotations

import numpy as np


def repeated_share(ids: np.ndarray, order: int = 4) -> float:
    """Share of n-grams of a row that occurred before in the same row, in [0, 1]; 0 for rows shorter than ``order``."""
    grams = [tuple(ids[start : start + order].tolist()) for start in range(len(ids) - order + 1)]
    return (len(grams) - len(set(grams))) / len(grams) if grams else 0.0
