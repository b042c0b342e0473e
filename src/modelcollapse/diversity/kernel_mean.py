"""The mean distance between all pairs of items, from one sum of their feature vectors.

For unit vectors u_1 ... u_n the sum over i != j of <u_i, u_j> is |sum u_i|^2 - n, so the mean pairwise distance
1 - mean cos needs no n x n matrix: time and memory grow with the number of stored entries, not with n^2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from modelcollapse.diversity.statistic import Statistic

Features = np.ndarray | sparse.csr_array

BLOCK_ENTRIES = 4_000_000
"""Numbers held at a time beside the features themselves (32 MB)."""


def mean_distance(total: np.ndarray, items: int | float, nonnegative: bool = False) -> float:
    """1 - mean over i != j of <u_i, u_j>, for unit vectors.

    Args:
        total: [d], the sum of the unit vectors.
        items: how many there are, at least 2.
        nonnegative: no feature is negative, so that no similarity is.

    Returns:
        A number in [0, items / (items - 1)]; in [0, 1] if ``nonnegative``.
    """
    similarity = (float(total @ total) - items) / (items * (items - 1.0))
    largest = 1.0 if nonnegative else items / (items - 1.0)
    # rounding may carry the distance of equal items below 0, and that of items without a common feature above the largest
    return min(max(0.0, 1.0 - similarity), largest)


def check_number_of_items(items: int, what: str) -> None:
    """A mean over pairs needs a pair.

    Raises:
        ValueError: fewer than two items.
    """
    if items < 2:
        raise ValueError(
            f"A mean over pairs needs at least two {what}, but there {'is' if items == 1 else 'are'} {items or 'none'}."
        )


class MeanDistance(Statistic):
    """Mean pairwise distance of items (sentences or whole texts) that belong to texts, on any subset of the texts.

    Args:
        features: [items, d], rows of length 1.
        owner: [items], the text that each item belongs to, in [0, n_texts).
        n_texts: number of texts; a text may own no item.
        what: what the items are called in messages, in the plural.
        scale: 1 for 1 - cos, 1/2 for (1 - cos)/2.
        options: what was chosen.

    Raises:
        ValueError: fewer than two items.
    """

    def __init__(
        self,
        features: Features,
        owner: Sequence[int] | np.ndarray,
        n_texts: int,
        what: str,
        scale: float = 1.0,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        owner = np.asarray(owner, dtype=np.int64)
        check_number_of_items(len(owner), what)
        self.n_texts = n_texts
        self.options = dict(options or {})
        self._what = what
        self._scale = scale
        self._nonnegative = bool(features.min() >= 0)
        self._items = np.bincount(owner, minlength=n_texts).astype(np.float64)
        # pairs within a text count too, so a text enters by the sum of its items alone
        membership = sparse.csr_array((np.ones(len(owner)), (owner, np.arange(len(owner)))), (n_texts, len(owner)))
        self._sums = membership @ features

    def value(self, subset: np.ndarray | None = None) -> float:
        """Mean distance between the items of these texts; of all texts if None."""
        return float(self.values([np.arange(self.n_texts) if subset is None else subset])[0])

    def values(self, subsets: Sequence[np.ndarray]) -> np.ndarray:
        """Mean distance of each subset: one matrix product for all of them.

        Raises:
            ValueError: the texts of a subset own fewer than two items.
        """
        found = np.empty(len(subsets))
        block = max(1, BLOCK_ENTRIES // max(1, self._sums.shape[1], self.n_texts))
        for start in range(0, len(subsets), block):
            part = subsets[start : start + block]
            chosen = np.zeros((len(part), self.n_texts))
            for row, subset in enumerate(part):
                chosen[row, subset] = 1.0
            items = chosen @ self._items
            check_number_of_items(int(items.min()), self._what)
            # sparse on the left: a product of dense and sparse would go through a copy
            totals = (self._sums.T @ chosen.T).T
            found[start : start + block] = [
                self._scale * mean_distance(total, count, self._nonnegative)
                for total, count in zip(totals, items, strict=True)
            ]
        return found
