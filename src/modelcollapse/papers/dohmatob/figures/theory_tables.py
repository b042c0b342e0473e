"""Tables of strong collapse: simulated beside theory, setting by setting."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from modelcollapse.papers.dohmatob.figures.points import PARTS, read_parts, read_values, summarised
from modelcollapse.presentation.tables import write_table


def tabulate_experiments(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Write ``csv`` and ``markdown``: mean over replicates, its 95 % interval and the formulas, for every setting.

    Errors by source are those at unit signal, noise variance and quality; multiply for others.

    Args:
        tables: experiment -> its Parquet file.
        outputs: ``csv``, ``markdown``.
    """
    frames = []
    for experiment, path in tables.items():
        made = _of_parts(path) if "bias" in pq.read_schema(path).names else _of_values(path)
        made.insert(0, "experiment", experiment)
        frames.append(made.dropna(axis=1, how="all"))
    write_table(pd.concat(frames, ignore_index=True), outputs)


def _of_parts(path: Path) -> pd.DataFrame:
    rows = read_parts(path)
    order = {setting: place for place, setting in enumerate(rows["setting"].unique())}
    frames = []
    for part in PARTS:
        points = summarised(rows, "setting", part)
        first = (
            rows.groupby("setting")[[f"theory_{part}", f"exact_{part}"]].first().set_axis(["theory", "exact"], axis=1)
        )
        frames.append(_shown(points.join(first)).assign(part=part))
    table = pd.concat(frames).reset_index()
    table = table.sort_values("setting", key=lambda names: names.map(order), kind="stable")
    return table[["setting", "part", "simulated", "ci_low", "ci_high", "n_designs", "theory", "exact"]]


def _of_values(path: Path) -> pd.DataFrame:
    rows = read_values(path)
    frames = []
    for (setting, name), group in rows.groupby(["setting", "quantity"], sort=False):
        first = group.groupby("at")[["theory", "quoted"]].first()
        frames.append(
            _shown(summarised(group, "at", "value").join(first)).reset_index().assign(setting=setting, part=name)
        )
    table = pd.concat(frames)
    return table[["setting", "part", "at", "simulated", "ci_low", "ci_high", "n_designs", "theory", "quoted"]]


def _shown(points: pd.DataFrame) -> pd.DataFrame:
    points = points.assign(ci_low=points["mean"] - points["half"], ci_high=points["mean"] + points["half"])
    return points.drop(columns="half").rename(columns={"mean": "simulated", "n": "n_designs"})
