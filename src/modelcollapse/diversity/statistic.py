"""What a diversity measure offers beyond its value: its value on any subset of the texts, from what was counted once.

A measure plugs into ``measure()`` by a function ``prepare(collection, **options)`` that does the expensive work once
(tokenise, count, embed, parse) and returns a ``Statistic``; see ``measure_entry``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


class Statistic(ABC):
    """A measure prepared on n texts.

    Attributes:
        n_texts: the texts it was prepared on; subsets are arrays of indices below it.
        n_tokens: running tokens (or n-grams) that ``value()`` rests on; None for measures that do not count tokens.
        options: what was chosen, defaults included; goes into the table.
        sampling_variance: variance that drawing a fixed number of tokens adds to ``value()`` over other seeds; the
            interval adds it to the jackknife's. 0 if ``value()`` draws nothing.
        grows_with_texts: whether the measure is roughly proportional to the number of texts, as an effective number is;
            its half-samples are then doubled (brought to its level) before their spread is taken.
    """

    n_texts: int
    n_tokens: int | None = None
    options: Mapping[str, Any] = {}
    sampling_variance: float = 0.0
    grows_with_texts: bool = False

    @abstractmethod
    def value(self, subset: np.ndarray | None = None) -> float:
        """The measure of the texts with these distinct indices; of all texts if None."""

    def values(self, subsets: Sequence[np.ndarray]) -> np.ndarray:
        """The measure of each subset. Measures that must hold something fixed over all subsets override this."""
        return np.array([self.value(subset) for subset in subsets], dtype=np.float64)

    def per_text(self) -> np.ndarray | None:
        """The value of each text, float64 [n_texts], NaN where a text has none; None for measures without such values."""
        return None
