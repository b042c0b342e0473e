"""Rows of the strong-collapse tables: one design's mean error by source beside the theory's, or one plain value."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from modelcollapse.papers.dohmatob.settings import StrongCollapseSettings
from modelcollapse.regression.ridge.designs import UnitParts
from modelcollapse.regression.strong_collapse import ErrorParts
from modelcollapse.runtime.parquet import write_parquet

PARTS = ("bias", "variance", "zeta")
PARTS_SCHEMA = pa.schema(
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
VALUES_SCHEMA = pa.schema(
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
UNKNOWN = ErrorParts(math.nan, math.nan, math.nan)


@dataclass
class PartRows:
    """Error by source, at unit signal, noise variance and quality: other values are multiples, paired by design."""

    rows: list[dict[str, object]] = field(default_factory=list)

    def add(
        self,
        setting: str,
        replicate: int,
        found: UnitParts,
        theory: ErrorParts,
        exact: ErrorParts = UNKNOWN,
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
        """One design; ``width`` 0 means the classical model, NaN in ``exact`` that no exact mean is known.

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
            row[f"exact_{part}"] = getattr(exact, part)
        self.rows.append(row)

    def write(self, path: Path, experiment: str, settings: StrongCollapseSettings) -> None:
        """Write the table."""
        _write(pa.Table.from_pylist(self.rows, schema=PARTS_SCHEMA), path, experiment, settings)


@dataclass
class ValueRows:
    """Single numbers, one per replicate."""

    rows: list[dict[str, object]] = field(default_factory=list)

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

    def write(self, path: Path, experiment: str, settings: StrongCollapseSettings) -> None:
        """Write the table."""
        _write(pa.Table.from_pylist(self.rows, schema=VALUES_SCHEMA), path, experiment, settings)


def _write(table: pa.Table, path: Path, experiment: str, settings: StrongCollapseSettings) -> None:
    facts = {"paper": "dohmatob", "experiment": experiment, "settings": settings.model_dump()}
    write_parquet(table, path, facts)
