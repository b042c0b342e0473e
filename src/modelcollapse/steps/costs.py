"""What a run cost, from its ledger."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from modelcollapse.steps.ledger import Record, latest_records, read_ledger


@dataclass(frozen=True)
class Cost:
    """What a set of jobs cost."""

    jobs: int
    cpu_seconds: float
    """Start-up included."""
    peak_memory_mb: float
    """Of the largest job."""


def total_cost(path: str | Path) -> Cost | None:
    """Cost of the latest record of every job of a ledger; None if there is none."""
    records = latest_records(read_ledger(path))
    if not records:
        return None
    return Cost(
        len(records),
        _total(records, "cpu_seconds") + _total(records, "start_up_cpu_seconds"),
        max(record["peak_memory_mb"] for record in records),
    )


def cost_lines(path: str | Path) -> list[str]:
    """A Markdown table: per kind of step jobs, wall and CPU seconds, start-up share of the CPU time, peak memory.

    Raises:
        ValueError: there is no such ledger, or it is empty.
    """
    by_step: dict[str, list[Record]] = defaultdict(list)
    for record in latest_records(read_ledger(path)):
        by_step[record["step"]].append(record)
    if not by_step:
        raise ValueError(f"{path} holds no records: run something first, or give results/<scale>/ledger.jsonl.")
    lines = ["| step | jobs | wall s | CPU s | start-up | peak MB |", "|---|--:|--:|--:|--:|--:|"]
    for step, records in sorted(by_step.items(), key=lambda item: -_total(item[1], "cpu_seconds")):
        lines.append(_line(step, records))
    lines.append(_line("all", [record for records in by_step.values() for record in records]))
    return lines


def _line(step: str, records: list[Record]) -> str:
    start, work = _total(records, "start_up_cpu_seconds"), _total(records, "cpu_seconds")
    peak = max(record["peak_memory_mb"] for record in records)
    share = start / (start + work) if start + work else 0.0
    return f"| {step} | {len(records)} | {_total(records, 'seconds'):.0f} | {work:.0f} | {share:.0%} | {peak:.0f} |"


def _total(records: list[Record], column: str) -> float:
    return sum(record[column] for record in records)
