"""Measures of language-model arms by seed and generation, as figures and tables take them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from modelcollapse.measures.measure_rows import AGGREGATED, COLUMNS, HUMAN
from modelcollapse.measures.paper_data import NotAvailable, PaperData
from modelcollapse.presentation.chosen_arms import Role, arms_of_role
from modelcollapse.presentation.style import in_seeds
from modelcollapse.presentation.tables import check_columns


def arms_with(data: PaperData, measure: str, *roles: Role) -> list[str]:
    """Arms that were run and have this measure: those of the given roles in turn, or all, in the order of the config."""
    settings = data.settings.language_model
    names = [name for role in roles for name in arms_of_role(settings, role)] if roles else list(settings.arms)
    return [name for name in names if _has(data, name, measure)]


def _has(data: PaperData, arm: str, measure: str) -> bool:
    try:
        measure_of(data, arm, measure)
    except NotAvailable:
        return False
    return True


def measure_of(data: PaperData, arm: str, measure: str) -> pd.DataFrame:
    """Rows of one measure: seed, generation, unit, value, tokens.

    Raises:
        NotAvailable: the arm was not run, or has no such measure.
        ValueError: a column is missing; the message names it and the file.
    """
    rows = data.measure(arm, measure)
    check_columns(rows, data.files["measures"][arm], [name for name in COLUMNS if name != "measure"])
    return rows


def by_seed(data: PaperData, arm: str, measure: str) -> pd.DataFrame:
    """Values over all rows of text (weighted by their tokens where that matters): one row per seed, one column per
    generation, human reference excluded.

    Raises:
        NotAvailable: the arm was not run, or has no such measure.
    """
    rows = measure_of(data, arm, measure)
    chosen = rows[(rows.unit == AGGREGATED) & (rows.generation != HUMAN)]
    return chosen.pivot(index="seed", columns="generation", values="value")


def series(data: PaperData, arm: str, measure: str) -> tuple[np.ndarray, np.ndarray]:
    """Generations [g] and values [seeds, g]; otherwise as ``by_seed``."""
    table = by_seed(data, arm, measure)
    return table.columns.to_numpy(), table.to_numpy()


def of_human(data: PaperData, arm: str, measure: str) -> float:
    """The human reference of an arm, mean over seeds."""
    rows = measure_of(data, arm, measure)
    return float(rows[(rows.unit == AGGREGATED) & (rows.generation == HUMAN)].value.mean())


def count_seeds(data: PaperData, arms: list[str], measure: str) -> str:
    """``5 seeds``, or ``1-5 seeds`` where arms differ."""
    return in_seeds(*(measure_of(data, arm, measure).seed.nunique() for arm in arms))
