"""Rows of the tidy table of an arm. Logarithmic values are in nats: whoever shows them takes ``exp`` once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

HUMAN = -1
"""Generation number of the human reference."""
AGGREGATED = -1
"""Unit of a value over all rows."""
COLUMNS = ("seed", "generation", "measure", "unit", "value", "tokens")


def overall(seed: int, generation: int, measure: str, value: float, tokens: int) -> pd.DataFrame:
    """The row of a value over all texts, which rests on so many tokens in all."""
    return _frame(seed, generation, measure, [AGGREGATED], [value], [tokens])


def by_unit(
    seed: int, generation: int, measure: str, values: np.ndarray, tokens: np.ndarray, units: Sequence[int] | np.ndarray
) -> pd.DataFrame:
    """One row per text: its value, the tokens this rests on, and its place among all texts, all [texts]."""
    return _frame(seed, generation, measure, units, values, tokens)


def _frame(seed: int, generation: int, measure: str, units: object, values: object, tokens: object) -> pd.DataFrame:
    same = {"seed": seed, "generation": generation, "measure": measure}
    return pd.DataFrame(same | {"unit": units, "value": values, "tokens": tokens})
