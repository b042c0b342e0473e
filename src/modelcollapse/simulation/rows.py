"""Rows of simulated tables: summaries over chains, values of single replicates, and test errors split by their source."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pyarrow as pa

from modelcollapse.runtime.parquet import write_parquet
from modelcollapse.simulation.summaries import Simulated

SUMMARY_SCHEMA = pa.schema(
    [
        ("experiment", pa.string()),
        ("setting", pa.string()),
        ("samples", pa.int64()),
        ("generation", pa.int64()),
        ("quantity", pa.string()),
        ("simulated", pa.float64()),
        ("standard_error", pa.float64()),
        ("exact", pa.float64()),
        ("paper_formula", pa.float64()),
        ("replicates", pa.int64()),
    ]
)
REPLICATE_SCHEMA = pa.schema(
    [
        ("setting", pa.string()),
        ("quantity", pa.string()),
        ("at", pa.float64()),
        ("replicate", pa.int64()),
        ("value", pa.float64()),
        ("theory", pa.float64()),
        ("quoted", pa.float64()),
    ]
)
PARTS = ("bias", "variance", "zeta")
"""Sources of a test error: what is lost of the signal, label noise, and wrong synthetic labels."""
ERROR_PART_SCHEMA = pa.schema(
    [
        ("setting", pa.string()),
        ("spectrum", pa.string()),
        ("dimension", pa.int64()),
        ("samples", pa.int64()),
        ("width", pa.int64()),
        ("synthetic_share", pa.float64()),
        ("ridge", pa.float64()),
        ("weight", pa.float64()),
        ("variant", pa.string()),
        ("round", pa.int64()),
        ("replicate", pa.int64()),
        *[(part, pa.float64()) for part in PARTS],
        *[(f"theory_{part}", pa.float64()) for part in PARTS],
        *[(f"exact_{part}", pa.float64()) for part in PARTS],
    ]
)


class Dumped(Protocol):
    """Settings, whole or narrowed to what an experiment reads."""

    def model_dump(self) -> dict[str, Any]:
        """The fields as plain dictionaries, lists and numbers."""


class ErrorBySource(Protocol):
    """A test error in its parts."""

    @property
    def bias(self) -> Any: ...

    @property
    def variance(self) -> Any: ...

    @property
    def zeta(self) -> Any: ...


def write_results(
    table: Any, path: Path, paper: str, experiment: str, settings: Dumped | None = None, note: str = ""
) -> None:
    """Write a table of results; paper, experiment, the settings that were read and the note stand in its metadata.

    Args:
        table: a ``pyarrow.Table`` or a ``pandas.DataFrame``.
        path: the file.
        paper: whose experiment it is.
        experiment: its name.
        settings: what it read; None where it reads nothing.
        note: what a reader of the table has to know.
    """
    facts: dict[str, Any] = {"paper": paper, "experiment": experiment}
    facts["settings"] = {} if settings is None else settings.model_dump()
    write_parquet(table, path, facts | ({"note": note} if note else {}))


@dataclass
class _Rows:
    """The rows of one experiment, in the order in which they are added."""

    schema: ClassVar[pa.Schema]
    paper: str
    experiment: str
    rows: list[Mapping[str, object]] = field(default_factory=list)

    def write(self, path: Path, settings: Dumped | None = None, note: str = "") -> None:
        """Write the table; the other arguments are those of ``write_results``."""
        table = pa.Table.from_pylist(self.rows, schema=self.schema)
        write_results(table, path, self.paper, self.experiment, settings, note)


class SummaryRows(_Rows):
    """A simulated quantity with its standard error beside the exact and the published one."""

    schema = SUMMARY_SCHEMA

    def add(
        self,
        setting: str,
        samples: int,
        generation: int,
        quantity: str,
        simulated: Simulated,
        exact: float = math.nan,
        paper_formula: float = math.nan,
    ) -> None:
        """Append a row; ``generation`` is the number of fits made, NaN stands for a formula that does not exist."""
        self.rows.append(
            {
                "experiment": self.experiment,
                "setting": setting,
                "samples": int(samples),
                "generation": int(generation),
                "quantity": quantity,
                "simulated": float(simulated.value),
                "standard_error": float(simulated.standard_error),
                "exact": float(exact),
                "paper_formula": float(paper_formula),
                "replicates": simulated.replicates,
            }
        )


class ReplicateRows(_Rows):
    """Single numbers, one per replicate."""

    schema = REPLICATE_SCHEMA

    def add(
        self,
        setting: str,
        quantity: str,
        at: float,
        replicate: int,
        value: float,
        theory: float = math.nan,
        quoted: float = math.nan,
    ) -> None:
        """One number; ``at`` is the number of samples, round or generation, ``quoted`` the paper's formula as quoted."""
        row = {"setting": setting, "quantity": quantity, "at": float(at), "replicate": replicate}
        self.rows.append(row | {"value": float(value), "theory": float(theory), "quoted": float(quoted)})


class ErrorPartRows(_Rows):
    """Test error by source, at unit signal, noise variance and quality: other values are multiples, paired by design."""

    schema = ERROR_PART_SCHEMA

    def add(
        self,
        setting: str,
        replicate: int,
        found: ErrorBySource,
        theory: ErrorBySource,
        exact: ErrorBySource | None = None,
        *,
        spectrum: str,
        dimension: int,
        samples: int,
        synthetic_share: float,
        ridge: float = 0.0,
        width: int = 0,
        weight: float = math.nan,
        variant: str = "",
        round: int = 0,
    ) -> None:
        """One design; ``width`` 0 means the classical model, None for ``exact`` that no exact mean is known (NaN).

        ``weight`` is alpha of weighted mixing, ``variant`` and ``round`` belong to iterative mixing.
        """
        row: dict[str, object] = {
            "setting": setting,
            "spectrum": spectrum,
            "dimension": dimension,
            "samples": samples,
            "width": width,
            "synthetic_share": synthetic_share,
            "ridge": ridge,
            "weight": weight,
            "variant": variant,
            "round": round,
            "replicate": replicate,
        }
        for part in PARTS:
            row |= {part: getattr(found, part), f"theory_{part}": getattr(theory, part)}
            row[f"exact_{part}"] = math.nan if exact is None else getattr(exact, part)
        self.rows.append(row)
