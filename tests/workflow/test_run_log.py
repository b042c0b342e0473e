"""What the logger prints for the events that Snakemake sends."""

from __future__ import annotations

import io
import logging
from types import SimpleNamespace

import pytest
from snakemake.logging import DefaultFormatter
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_modelcollapse import LogHandler

ARM = {"arm": "shumailov/replace", "seed": "5", "generation": "1"}
LABEL = "run_generation shumailov/replace seed 5 generation 1"


class Run:
    """A handler, what it has printed, and a way to send it events."""

    def __init__(self, **settings) -> None:
        defaults = {"printshellcmds": False, "verbose": False, "quiet": None, "dryrun": False, "stdout": False}
        self.handler = LogHandler(SimpleNamespace(**defaults | settings), None)
        self.handler.setFormatter(DefaultFormatter(settings.get("quiet")))
        self.stream = self.handler._stream = io.StringIO()

    def send(self, event: LogEvent | None, message: str | None = None, level: int = logging.INFO, **facts) -> None:
        record = {"event": event, "msg": message, "levelno": level, "levelname": logging.getLevelName(level), **facts}
        self.handler.emit(logging.makeLogRecord(record))

    def plan(self, **counts: int) -> None:
        self.send(LogEvent.RUN_INFO, "Job stats:", stats={**counts, "total": sum(counts.values())})

    def start(self, number: int, log: str = "logs/some.log", reason: str = "Forced execution", **facts) -> None:
        job = {"rule_name": "run_generation", "wildcards": ARM, "log": [log], "output": ["a" * 900], "threads": 1}
        hidden = {"rule_msg": None, "local": False, "is_checkpoint": False, "input": ["b" * 900], "resources": {}}
        self.send(LogEvent.JOB_INFO, jobid=number, reason=reason, benchmark=None, priority=0, **job | hidden | facts)

    def fail(self, number: int, log: str) -> None:
        job = {"rule_name": "run_generation", "log": [log], "shellcmd": "c" * 900}
        self.send(LogEvent.JOB_ERROR, "Error in rule", logging.ERROR, jobid=number, **job)

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


def test_a_job_is_two_short_lines_with_a_count():
    run = Run()
    run.plan(run_generation=11, all=1)
    run.start(3)
    run.send(LogEvent.SHELLCMD, "d" * 900)
    run.send(None, "Select jobs to execute...")
    run.send(LogEvent.JOB_FINISHED, job_id=3)
    assert run.lines[-2:] == [f"[ 0/12] start  {LABEL}", f"[ 1/12] done   {LABEL} (0 s)"]
    assert len(run.lines) == 4


def test_rules_of_one_family_are_counted_together():
    run = Run()
    run.plan(draw_figures_a=1, draw_figures_b=1, draw_figures_c=1, write_tables_a=1, write_tables_b=1, fit_base=7)
    assert run.lines == ["12 jobs to run:", "  7 fit_base, 3 draw_figures_*, 1 write_tables_a, 1 write_tables_b"]


def test_a_failure_shows_the_end_of_its_log_once_and_is_named_last(tmp_path):
    log = tmp_path / "step.log"
    log.write_text("".join(f"step {number}\n" for number in range(1000)) + "e" * 900 + "\n")
    run = Run()
    run.plan(run_generation=2)
    run.start(3, log=str(log))
    failed = "CalledProcessError in file rules/recursion.smk, line 3:\nCommand '...' returned non-zero exit status 1."
    run.send(LogEvent.ERROR, failed, logging.ERROR)
    run.fail(3, str(log))
    run.send(None, "Exiting because a job execution failed. Look above for error messages", logging.ERROR)
    run.send(LogEvent.ERROR, "WorkflowError:\nAt least one job did not complete successfully.", logging.ERROR)
    run.handler.close()
    run.handler.close()
    text = run.stream.getvalue()
    assert text.count("step 999") == 1 and "step 900" not in text
    assert text.count(f"FAILED {LABEL}") == 1
    assert run.lines[-2:] == ["1 of 2 jobs failed:", f"  {LABEL}: {log}"]
    assert "CalledProcessError" not in text and "WorkflowError" not in text
    assert max(map(len, run.lines)) <= 200


def test_a_retry_that_succeeds_is_no_failure():
    run = Run()
    run.plan(run_generation=1)
    run.start(3)
    run.fail(3, "logs/absent.log")
    run.start(3)
    run.send(LogEvent.JOB_FINISHED, job_id=3)
    run.handler.close()
    assert "jobs failed" not in run.stream.getvalue()
    assert run.lines[-1].startswith("[1/1] done")


def test_a_group_names_its_jobs_and_the_logs_of_the_cluster(tmp_path):
    log = tmp_path / "cluster.log"
    log.write_text("slurmstepd: out of memory\n")
    run = Run()
    run.plan(run_generation=1)
    run.start(3)
    run.send(
        LogEvent.GROUP_ERROR, "Error in group", logging.ERROR, groupid="short", aux_logs=[str(log)], job_error_info=[]
    )
    run.fail(3, "logs/absent.log")
    assert "    slurmstepd: out of memory" in run.lines
    assert f"[0/1] FAILED {LABEL} (0 s)" in run.lines


def test_jobs_that_ctrl_c_ends_have_not_failed():
    run = Run()
    run.plan(run_generation=1)
    run.start(3)
    run.send(None, "Terminating processes on user request, this might take some time.")
    run.fail(3, "logs/absent.log")
    run.handler.close()
    assert run.lines[-1] == f"[0/1] stop   {LABEL} (0 s)"


def test_a_short_dry_run_names_each_job_with_its_reason_without_the_files():
    run = Run(dryrun=True, stdout=True)
    run.plan(run_generation=1)
    run.start(3, reason="Missing output files: " + "f" * 900 + "; Code has changed since last execution")
    run.send(LogEvent.SHELLCMD, "g" * 900)
    run.plan(run_generation=1)
    assert run.lines == [f"{LABEL}: Missing output files; Code has changed since last execution", "Job stats:"]


def test_a_long_dry_run_names_the_option_that_lists_its_jobs():
    run = Run(dryrun=True, stdout=True)
    run.plan(run_generation=30)
    for number in range(30):
        run.start(number)
    run.plan(run_generation=30)
    assert run.lines == ["Job stats:", "Every job with its files and its reason: add -p"]


def test_printshellcmds_shows_snakemakes_own_description_of_a_job():
    run = Run(dryrun=True, stdout=True, printshellcmds=True)
    run.plan(run_generation=1)
    run.start(3)
    assert f"    output: {'a' * 900}" in run.lines and "    reason: Forced execution" in run.lines


def test_an_error_of_the_config_stays_as_it_was_written():
    run = Run()
    sentence = "WorkflowError in file rules/common.smk: " + "word " * 60 + "did you mean 'generations'?"
    run.send(LogEvent.ERROR, sentence, logging.ERROR)
    assert run.stream.getvalue() == sentence + "\n"


def test_quiet_about_rules_still_says_which_command_failed():
    run = Run(quiet={Quietness.RULES})
    run.send(LogEvent.ERROR, "RuleException:\nCalledProcessError in file x: modelcollapse fit-base", logging.ERROR)
    assert "modelcollapse fit-base" in run.stream.getvalue()


def test_long_messages_are_wrapped():
    run = Run()
    run.send(
        None, "Reasons:\n    (check individual jobs above for details)\n    forced:\n        " + "some_rule, " * 90
    )
    assert max(map(len, run.lines)) <= 120 and "individual jobs" not in run.stream.getvalue()
    assert all(line.startswith("        some_rule") for line in run.lines[2:])


def test_a_closed_pipe_ends_the_printing_not_the_run(capsys):
    class Closed(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    run = Run()
    run.handler._stream = Closed()
    run.plan(run_generation=1)
    run.start(3)
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("event", list(LogEvent))
def test_an_event_without_its_facts_never_raises(event, monkeypatch):
    monkeypatch.setattr(logging, "raiseExceptions", False)
    Run().send(event)
