"""What a run prints: one short line when a job starts and one when it ends, with the time left; a failure once.

Snakemake's own messages, which name every file, are in ``.snakemake/log``. ``--printshellcmds`` prints them here too.
"""

from __future__ import annotations

import logging
import os
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

if TYPE_CHECKING:
    from modelcollapse.workflow.time_left import TimeLeft

WIDTH = 120
SHOWN_LOG_LINES = 15
LONGEST_LOG_LINE = 2000
LISTED_JOBS = 20
"""A dry run names each of its jobs, with the reason, up to this number."""
FEWEST_GROUPED = 3
"""So many rules whose names begin with the same two words are counted together at the start of a run."""
SILENT_EVENTS = {
    LogEvent.JOB_STARTED,
    LogEvent.RESOURCES_INFO,
    LogEvent.RULEGRAPH,
    LogEvent.SHELLCMD,
    LogEvent.GROUP_INFO,
    LogEvent.WORKFLOW_STARTED,
}
SILENT_MESSAGES = (
    "Assuming unrestricted shared filesystem usage",
    "Building DAG of jobs",
    "Group jobs: inactive",
    "Rules with provenance triggered jobs",
    "Select jobs to execute",
    "Some jobs were triggered by provenance information",
    "Using shell:",
)
"""How those of Snakemake's messages begin that tell a user of this workflow nothing."""
STOPPED = "Terminating processes on user request"
FAILED_COMMAND = ("CalledProcessError", "RuleException:\nCalledProcessError")
LAST_ERRORS = ("Exiting because a job execution failed", "WorkflowError:\nAt least one job did not complete")
"""How Snakemake's last messages begin after a failure; the failed jobs are named in their place."""


@dataclass(frozen=True)
class Job:
    """A job that has started."""

    label: str
    logs: tuple[str, ...]
    begun: float


class LogHandler(LogHandlerBase):
    """The logger ``modelcollapse``, as Snakemake's interface for loggers asks for it."""

    writes_to_stream = True
    writes_to_file = False
    # Snakemake's filter obeys --quiet, its formatter knows the events that are not in this file
    has_filter = False
    has_formatter = False
    needs_rulegraph = False

    def __post_init__(self) -> None:
        settings = self.common_settings
        self._stream = sys.stdout if settings.stdout else sys.stderr
        self._detailed = settings.printshellcmds or settings.verbose
        self._rules_are_quiet = any(quiet.name in ("RULES", "ALL") for quiet in settings.quiet or ())
        self._ledger: Path | None = None
        self._cores: int | None = None
        self._time_left: TimeLeft | None = None
        self._jobs: dict[int, Job] = {}
        self._failed: dict[int, Job] = {}
        self._planned: list[str] = []
        self._done = self._total = 0
        self._stopped = False

    def emit(self, record: logging.LogRecord) -> None:
        """Print what a record has to say; an error in here is printed and never ends the run."""
        try:
            self._print(self._lines(record))
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Name the failed jobs once more, last: a run goes on with other jobs after a failure."""
        failed, self._failed = self._failed, {}
        if failed:
            lines = [f"{len(failed)} of {self._total} jobs failed:"]
            lines += [f"  {job.label}: {', '.join(job.logs) or 'no log'}" for job in failed.values()]
            self._print(lines)
        super().close()

    def _print(self, lines: Any) -> None:
        text = "".join(f"{line}\n" for line in lines)
        if text:
            try:
                self._stream.write(text)
                self._stream.flush()
            except BrokenPipeError:
                # the reader, such as `head`, has seen enough
                self._stream = open(os.devnull, "w")  # noqa: SIM115

    def _lines(self, record: logging.LogRecord) -> Iterator[str]:
        facts = record.__dict__
        event = facts.get("event")
        if "ledger" in facts:
            self._ledger = Path(facts["ledger"])
        elif event == LogEvent.RESOURCES_INFO and "cores" in facts:
            self._cores = facts["cores"]
        elif event == LogEvent.RUN_INFO:
            yield from self._run_lines(record)
        elif event == LogEvent.JOB_INFO:
            yield from self._start_lines(record)
        elif event == LogEvent.JOB_FINISHED:
            yield from self._end_lines(facts["job_id"], "done", record.created)
        elif event == LogEvent.JOB_ERROR and self._stopped:
            yield from self._end_lines(facts["jobid"], "stop", record.created)
        elif event == LogEvent.JOB_ERROR:
            self._failed[facts["jobid"]] = self._job(facts, record.created)
            yield from self._end_lines(facts["jobid"], "FAILED", record.created)
            yield from _log_lines(facts["log"])
        elif event == LogEvent.GROUP_ERROR:
            yield f"The group {facts['groupid']} failed; those of its jobs that had not finished follow."
            yield from _log_lines(facts["aux_logs"])
        elif event == LogEvent.PROGRESS:
            self._total = facts["total"]
        elif event == LogEvent.ERROR:
            yield from self._error_lines(record)
        elif event not in SILENT_EVENTS or (self._detailed and event == LogEvent.SHELLCMD):
            yield from self._message_lines(record)

    def _run_lines(self, record: logging.LogRecord) -> Iterator[str]:
        """What will run. A dry run tells it before its jobs and again after them, where it is printed."""
        dry = self.common_settings.dryrun
        first = self._time_left is None
        if first:
            counts = {rule: count for rule, count in record.stats.items() if rule != "total"}
            self._total = sum(counts.values())
            # here, because Snakemake loads every logger that it finds, also where another workflow runs
            from modelcollapse.workflow.time_left import TimeLeft, read_timings

            timings = read_timings(self._ledger) if self._ledger is not None else []
            self._time_left = TimeLeft(timings, counts, self._cores or 1, self._now(record))
        if dry and first:
            return
        if dry:
            if len(self._planned) <= LISTED_JOBS and not self._detailed:
                yield from self._planned
            yield self.format(record).rstrip()
            if len(self._planned) > LISTED_JOBS:
                yield "Every job with its files and its reason: add -p"
        else:
            yield f"{self._total} jobs to run:"
            yield from _grouped_lines(counts)
        if (left := self._time_left.left(self._now(record))) is not None and (self._cores or dry):
            cores = "1 core" if dry or self._cores == 1 else f"{self._cores} cores"
            yield f"About {_in_words(left)} on {cores}, by the times of earlier runs in {self._ledger}"

    def _start_lines(self, record: logging.LogRecord) -> Iterator[str]:
        facts = record.__dict__
        job = self._job(facts, record.created)
        self._jobs[facts["jobid"]] = job
        if self._time_left is not None:
            # Snakemake adds what an output is: "claims.csv (update)"
            outputs = [output.split(" (")[0] for output in facts["output"]]
            self._time_left.start(facts["jobid"], facts["rule_name"], outputs, facts["threads"], self._now(record))
        if self._detailed:
            yield self.format(record)
        elif self.common_settings.dryrun:
            self._planned.append(
                textwrap.shorten(f"{job.label}: {_reason(facts['reason'])}", WIDTH, placeholder=" ...")
            )
        else:
            yield f"{self._counted()} start  {job.label}"

    def _end_lines(self, number: int, ending: str, now: float) -> Iterator[str]:
        job = self._jobs.get(number)
        if self._time_left is not None:
            self._time_left.finish(number)
        if ending == "done":
            self._done += 1
            self._failed.pop(number, None)
        left = self._time_left.left(now) if self._time_left is not None and self._cores else None
        yield (
            f"{self._counted()} {ending.ljust(6)} {job.label if job is not None else f'job {number}'}"
            + (f" ({now - job.begun:.0f} s)" if job is not None else "")
            + (f", about {_in_words(left)} left" if left and ending == "done" else "")
        )

    def _error_lines(self, record: logging.LogRecord) -> Iterator[str]:
        message = record.getMessage()
        # the command and its exit status; the job that failed is named anyway
        if message.startswith(FAILED_COMMAND) and not self._rules_are_quiet and not self._detailed:
            return
        if not (self._failed and message.startswith(LAST_ERRORS)):
            yield message

    def _message_lines(self, record: logging.LogRecord) -> Iterator[str]:
        message = self.format(record).rstrip()
        self._stopped |= message.startswith(STOPPED)
        # the failed jobs are named in place of Snakemake's last message
        silent = SILENT_MESSAGES + (LAST_ERRORS if self._failed else ())
        if message in ("", "None") or message.startswith(silent):
            return
        if self._detailed or record.levelno > logging.INFO:
            yield message
            return
        for line in message.splitlines():
            # what the line speaks of is shown in detail alone
            if "check individual jobs above" not in line:
                yield from _wrapped(line)

    def _job(self, facts: Mapping[str, Any], now: float) -> Job:
        """The job of an event: as it was when it started, if it did."""
        if facts["jobid"] in self._jobs and facts["event"] == LogEvent.JOB_ERROR:
            return self._jobs[facts["jobid"]]
        return Job(_label(facts["rule_name"], facts.get("wildcards") or {}), tuple(facts["log"]), now)

    def _now(self, record: logging.LogRecord) -> float:
        """When something happened, in seconds; in a dry run no time passes."""
        return 0.0 if self.common_settings.dryrun else record.created

    def _counted(self) -> str:
        total = str(self._total)
        return f"[{str(self._done).rjust(len(total))}/{total}]"


def _label(rule: str, wildcards: Mapping[str, str]) -> str:
    """``run_generation shumailov/epochs5_kept0 seed 5 generation 1``: a number is named, a name speaks for itself."""
    return " ".join([rule, *(f"{name} {value}" if value.isdigit() else value for name, value in wildcards.items())])


def _in_words(seconds: float) -> str:
    """``40 s``, ``21 min`` or ``3.2 h``: as exact as an estimate can be."""
    if seconds < 90:
        return f"{max(10, round(seconds / 10) * 10)} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def _grouped_lines(counts: Mapping[str, int]) -> list[str]:
    """``5 run_generation, 4 measure_arm``: the most frequent first; rules that share two words are counted together."""
    families = Counter("_".join(rule.split("_")[:2]) for rule in counts)
    grouped: Counter[str] = Counter()
    for rule, count in counts.items():
        family = "_".join(rule.split("_")[:2])
        grouped[f"{family}_*" if families[family] >= FEWEST_GROUPED else rule] += count
    # a number stays on the line of its rule
    text = ", ".join(f"{count}\N{NO-BREAK SPACE}{rule}" for rule, count in grouped.most_common())
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in _wrapped(f"  {text}")]


def _reason(text: str) -> str:
    """Snakemake's reasons without the files and values that they list."""
    return "; ".join(dict.fromkeys(part.split(":")[0].strip() for part in text.split(";")))


def _log_lines(logs: list[str]) -> Iterator[str]:
    """The last lines of a failed job's logs, each after its path."""
    for log in logs:
        try:
            lines = Path(log).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            lines = []
        yield f"  {log}" + (", its last lines:" if len(lines) > SHOWN_LOG_LINES else ":" if lines else " is empty")
        for line in lines[-SHOWN_LOG_LINES:]:
            yield from _wrapped(f"    {line[:LONGEST_LOG_LINE]}", break_long_words=True)


def _wrapped(line: str, break_long_words: bool = False) -> list[str]:
    """A line, cut between words into lines of equal indent."""
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(
        line, WIDTH, subsequent_indent=indent, break_long_words=break_long_words, break_on_hyphens=False
    ) or [""]
