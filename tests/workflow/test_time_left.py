"""The time left, against a run whose true remaining time is known."""

from __future__ import annotations

import heapq
import json

import pytest

from modelcollapse.workflow.time_left import TimeLeft, Timing, read_timings

WORKS = [30.0, 10.0, 25.0, 5.0, 40.0, 20.0, 15.0, 35.0, 30.0, 10.0]
TIMINGS = [Timing("fit", (f"data/{number}",), work) for number, work in enumerate(WORKS)]


def left_during_a_run(numbers: list[int], cores: int, slowness: float) -> list[tuple[float, float]]:
    """Estimated and true seconds left whenever a job ends, of one-core jobs that take ``slowness`` times their record."""
    estimate = TimeLeft(TIMINGS, {"fit": len(numbers), "all": 1}, cores, 0.0)
    waiting, running, seen, now = list(numbers), [], [], 0.0
    while waiting or running:
        while waiting and len(running) < cores:
            number = waiting.pop(0)
            estimate.start(number, "fit", [f"data/{number}"], 1, now)
            heapq.heappush(running, (now + WORKS[number] * slowness, number))
        now, number = heapq.heappop(running)
        estimate.finish(number)
        seen.append((estimate.left(now), now))
    return [(left, now - then) for left, then in seen]


@pytest.mark.parametrize("slowness", [1.0, 0.2, 5.0])
def test_the_last_half_of_a_whole_run_is_foreseen_on_any_machine(slowness):
    foreseen = left_during_a_run(list(range(len(WORKS))), 1, slowness)
    for left, true in foreseen[len(foreseen) // 2 :]:
        assert left == pytest.approx(true, rel=0.2, abs=1e-9)


def test_at_the_recorded_pace_one_core_is_foreseen_exactly():
    for left, true in left_during_a_run(list(range(len(WORKS))), 1, 1.0):
        assert left == pytest.approx(true, abs=1e-9)


def test_two_cores_halve_the_time():
    first, second = (TimeLeft(TIMINGS, {"fit": 10}, cores, 0.0).left(0.0) for cores in (1, 2))
    assert (first, second) == (sum(WORKS), sum(WORKS) / 2)


def test_a_job_under_way_counts_with_what_is_left_of_it():
    estimate = TimeLeft(TIMINGS, {"fit": 1}, 1, 0.0)
    estimate.start(7, "fit", ["data/4"], 1, 0.0)
    assert estimate.left(10.0) == pytest.approx(30.0)


@pytest.mark.parametrize("counts", [{"new": 5}, {"fit": 5, "new": 5}, {"all": 1}])
def test_without_records_of_most_rules_nothing_is_estimated(counts):
    assert TimeLeft(TIMINGS, counts, 2, 0.0).left(0.0) is None


def test_no_ledger_means_no_timings(tmp_path):
    assert read_timings(tmp_path / "ledger.jsonl") == []


def test_a_record_that_snakemake_does_not_know_is_left_out(tmp_path):
    record = {"outputs": {"table": {"path": "data/smoke/table"}}, "seconds": 1.0, "finished": "2026"}
    (tmp_path / "ledger.jsonl").write_text(json.dumps(record) + "\n")
    assert read_timings(tmp_path / "ledger.jsonl") == []
