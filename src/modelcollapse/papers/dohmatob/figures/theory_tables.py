"""Tables of strong collapse: simulated beside theory, setting by setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from modelcollapse.measures.paper_data import PaperData
from modelcollapse.papers.dohmatob.figures.points import read_parts, read_values, summarised
from modelcollapse.presentation.tables import write_table
from modelcollapse.simulation.rows import PARTS


def tabulate_experiments(experiments: Sequence[str], data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Mean over replicates, its 95 % interval and the formulas, for every setting of some experiments.

    Errors by source are those at unit signal, noise variance and quality; multiply for others.

    Args:
        experiments: their names.
        data: result files of the paper.
        outputs: ``csv``, ``markdown``.

    Raises:
        NotAvailable: an experiment was not run.
    """
    frames = []
    for experiment in experiments:
        has_parts = "bias" in data.table("strong_collapse", experiment).columns
        made = _of_parts(read_parts(data, experiment)) if has_parts else _of_values(read_values(data, experiment))
        made.insert(0, "experiment", experiment)
        frames.append(made.dropna(axis=1, how="all"))
    write_table(pd.concat(frames, ignore_index=True), outputs)


def _of_parts(rows: pd.DataFrame) -> pd.DataFrame:
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


def _of_values(rows: pd.DataFrame) -> pd.DataFrame:
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
