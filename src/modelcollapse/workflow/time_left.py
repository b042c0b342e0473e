"""How long a run will still take, from what its jobs took in earlier runs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from modelcollapse.steps.ledger import first_output, latest_records, read_ledger
from modelcollapse.steps.snakemake_records import read_records

UNKNOWN_SHARE = 0.1
"""Nothing is estimated when more than this share of the jobs belongs to rules without a record."""
PRIOR_SHARE = 0.05
"""The recorded times count as much as having watched this share of the run."""


@dataclass(frozen=True)
class Timing:
    """What one job took in an earlier run."""

    rule: str
    outputs: tuple[str, ...]
    work: float
    """Seconds on one core: wall time, start-up included, times threads."""


def read_timings(path: Path) -> list[Timing]:
    """The latest timing of every recorded job; none if there is no ledger.

    Args:
        path: the ledger. Snakemake's records beside it say which rule a job belongs to.
    """
    kept = read_records(path)
    return [
        Timing(
            kept[first_output(record)]["rule"],
            tuple(output["path"] for output in record["outputs"].values()),
            (record["seconds"] + record["start_up_cpu_seconds"]) * record["environment"]["threads"],
        )
        for record in latest_records(read_ledger(path))
        if first_output(record) in kept
    ]


class TimeLeft:
    """Work done and work left while jobs start and finish.

    A job that has not started is taken to need the mean of its rule's recorded jobs that have not started either, because
    Snakemake tells a logger how many jobs of each rule will run, not which. What was watched so far corrects the recorded
    times, which may come from another machine.
    """

    def __init__(self, timings: Iterable[Timing], counts: Mapping[str, int], cores: int, now: float) -> None:
        """Args:
        timings: see ``read_timings``.
        counts: number of jobs to run, by rule.
        cores: how many the run may use, at least 1.
        now: time in seconds, of any zero, as in all methods.
        """
        self._timing_of = {output: timing for timing in timings for output in timing.outputs}
        self._not_started: dict[str, set[Timing]] = defaultdict(set)
        for timing in self._timing_of.values():
            self._not_started[timing.rule].add(timing)
        self._means = {rule: fmean(one.work for one in recorded) for rule, recorded in self._not_started.items()}
        unknown = sum(count for rule, count in counts.items() if rule not in self._means)
        jobs = sum(counts.values())
        # one job asks for all others and does nothing
        self._known = unknown < jobs and unknown <= max(1, UNKNOWN_SHARE * jobs)
        self._waiting = Counter(counts)
        self._running: dict[int, tuple[float, float, int]] = {}
        self._cores, self._begun, self._done = cores, now, 0.0
        self._total = self._work_waiting()

    def left(self, now: float) -> float | None:
        """Seconds left; None if too little is recorded."""
        if not self._known:
            return None
        running = under_way = 0.0
        for work, since, threads in self._running.values():
            done = min(work, (now - since) * threads)
            running += work - done
            under_way += done
        seen, spent = self._done + under_way, (now - self._begun) * self._cores
        # a ratio, so that a machine twice as fast and one half as fast are learnt alike
        weight = seen / (seen + PRIOR_SHARE * self._total) if seen else 0.0
        pace = (spent / seen) ** weight if seen and spent > 0 else 1.0
        return (self._work_waiting() + running) / self._cores * pace

    def start(self, job: int, rule: str, outputs: Iterable[str], threads: int, now: float) -> None:
        """A job has started."""
        self._waiting[rule] -= 1
        timing = next((self._timing_of[output] for output in outputs if output in self._timing_of), None)
        self._not_started[rule].discard(timing)
        self._running[job] = (timing.work if timing is not None else self._means.get(rule, 0.0), now, max(1, threads))

    def finish(self, job: int) -> None:
        """A job has finished or failed."""
        if job in self._running:
            self._done += self._running.pop(job)[0]

    def _work_waiting(self) -> float:
        """Seconds on one core of the jobs that have not started."""
        work = 0.0
        for rule, count in self._waiting.items():
            recorded = self._not_started.get(rule)
            mean = fmean(one.work for one in recorded) if recorded else self._means.get(rule, 0.0)
            work += max(0, count) * mean
        return work
