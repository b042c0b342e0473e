"""The result files of one paper: what its figures, tables and claims read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq


class NotAvailable(Exception):
    """The data that were asked for were not made at this scale; the message is the reason, as part of a sentence."""


@dataclass(frozen=True)
class PaperData:
    """Where a paper's results lie. Nothing is read before it is asked for."""

    files: Mapping[str, Mapping[str, Path]]
    """Group -> name -> result file. Groups: ``measures`` (by arm), ``samples`` (by ``arm/seed<s>/gen<g>``), ``tokenizers``
    (by name), topics of simulations (by name), ``<topic>_arrays`` (by name)."""
    settings: Any = None
    """The paper's settings: a figure chooses arms by their role, and shows their label."""
    _cache: dict[tuple[str, ...], pd.DataFrame] = field(default_factory=dict, repr=False)

    def table(self, group: str, name: str) -> pd.DataFrame:
        """One result file.

        Raises:
            NotAvailable: it was not made.
        """
        if name not in self.files.get(group, {}):
            raise NotAvailable(f"'{name}' of '{group}' was not run")
        if (group, name) not in self._cache:
            self._cache[group, name] = pq.read_table(self.files[group][name]).to_pandas()
        return self._cache[group, name]

    def tables(self, group: str) -> pd.DataFrame:
        """All files of a group below each other; files named ``seed<s>`` give the column ``seed``.

        Raises:
            NotAvailable: the group is empty.
        """
        if not self.files.get(group):
            raise NotAvailable(f"nothing of '{group}' was run")
        if (group,) not in self._cache:
            tables = [_with_seed(self.table(group, name), name) for name in self.files[group]]
            self._cache[group,] = pd.concat(tables, ignore_index=True)
        return self._cache[group,]

    def measure(self, arm: str, measure: str) -> pd.DataFrame:
        """Rows of one measure of one arm: seed, generation, unit, value.

        Raises:
            NotAvailable: the arm was not run, or has no such measure.
        """
        if arm not in self.files.get("measures", {}):
            raise NotAvailable(f"the arm '{arm}' was not run (ablations run with 'arms: all')")
        key = ("measures", arm, measure)
        if key not in self._cache:
            table = pq.read_table(self.files["measures"][arm], filters=[("measure", "=", measure)])
            self._cache[key] = table.to_pandas().drop(columns="measure")
        if self._cache[key].empty:
            raise NotAvailable(f"the arm '{arm}' has no measure '{measure}'")
        return self._cache[key]


def _with_seed(table: pd.DataFrame, name: str) -> pd.DataFrame:
    digits = name.removeprefix("seed")
    return table.assign(seed=int(digits)) if digits != name and digits.isdigit() else table
