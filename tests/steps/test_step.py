"""The step runner: store, ledger, atomic outputs, work folders."""

from __future__ import annotations

import errno
import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from modelcollapse.steps import ledger
from modelcollapse.steps.runner import run_step
from modelcollapse.steps.step import Step
from modelcollapse.steps.store import object_path


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODELCOLLAPSE_STORE", str(tmp_path / "store"))
    Path("input.txt").write_text("human text")
    return tmp_path


def make_step(output: str = "data/smoke/x/out.txt", **parameters) -> Step:
    return Step(
        name="test-step",
        command="runtime.seeds",
        module="runtime.seeds",
        inputs={"text": Path("input.txt")},
        arguments={"seed": 0} | parameters,
        outputs={"out": Path(output)},
    )


class Action:
    """Writes its text and counts how often it ran."""

    def __init__(self, text: str = "result") -> None:
        self.text = text
        self.runs = 0

    def __call__(self, outputs: dict[str, Path], work: Path) -> None:
        self.runs += 1
        outputs["out"].write_text(self.text)


def test_a_second_run_elsewhere_is_taken_from_the_store(capsys):
    action = Action()
    run_step(make_step(), action)
    run_step(make_step("data/smoke/y/out.txt"), action)
    assert action.runs == 1
    assert Path("data/smoke/y/out.txt").read_text() == "result"
    assert "taken from the store" in capsys.readouterr().err


def test_another_parameter_or_input_is_another_key():
    action = Action()
    run_step(make_step(), action)
    run_step(make_step(batch_size=2), action)
    Path("input.txt").write_text("other text")
    run_step(make_step(), action)
    assert action.runs == 3


def test_a_corrupt_object_is_said_and_recomputed(capsys):
    action = Action()
    run_step(make_step(), action)
    record = ledger.read_ledger("results/smoke/ledger.jsonl")[0]
    stored = object_path(Path("store"), record["outputs"]["out"]["md5"])
    stored.chmod(0o644)
    stored.write_text("tampered")
    run_step(make_step(), action)
    assert action.runs == 2
    assert "corrupt" in capsys.readouterr().err


def test_the_ledger_alone_finds_an_object_in_the_store():
    action = Action()
    run_step(make_step(), action)
    for entry in Path("store/steps").iterdir():
        entry.unlink()
    run_step(make_step("data/smoke/z/out.txt"), action)
    assert action.runs == 1


def test_the_ledger_says_what_was_made_from_what():
    run_step(make_step(), Action())
    (record,) = ledger.read_ledger("results/smoke/ledger.jsonl")
    assert record["parameters"] == {"seed": 0}
    assert record["outputs"]["out"]["path"] == "data/smoke/x/out.txt"
    assert len(record["inputs"]["text"]["sha256"]) == 64
    assert record["peak_memory_mb"] > 0
    assert "libraries" in record["environment"]


def test_a_failing_step_leaves_no_output_but_its_work(tmp_path):
    def action(outputs, work):
        (work / "checkpoint").write_text("half way")
        outputs["out"].write_text("half")
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        run_step(make_step(), action)
    assert not list(Path("data/smoke/x").iterdir())
    assert [path.read_text() for path in Path("data/work").glob("*/checkpoint")] == ["half way"]

    def resumed(outputs, work):
        outputs["out"].write_text((work / "checkpoint").read_text())

    run_step(make_step(), resumed)
    assert Path("data/smoke/x/out.txt").read_text() == "half way"
    assert not list(Path("data/work").iterdir())


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), RuntimeError("I/O: No space left on device")]
)
def test_a_full_disk_is_a_sentence(error):
    def action(outputs, work):
        raise error

    with pytest.raises(RuntimeError, match=r"is full.*type the same command again"):
        run_step(make_step(), action)


def test_an_unwritable_store_loses_no_result(monkeypatch, capsys):
    Path("blocked").write_text("a file, not a folder")
    monkeypatch.setenv("MODELCOLLAPSE_STORE", "blocked")
    run_step(make_step(), Action())
    assert Path("data/smoke/x/out.txt").read_text() == "result"
    assert "not kept in the store" in capsys.readouterr().err


def test_a_missing_input_is_named_with_the_command_that_makes_it():
    Path("input.txt").unlink()
    with pytest.raises(ValueError, match=r"snakemake --cores all input\.txt"):
        run_step(make_step(), Action())


def test_the_key_does_not_depend_on_paths_or_order():
    step, other = make_step(), make_step("elsewhere/out.txt")
    assert step.key({"text": "a"}) == other.key({"text": "a"})
    assert step.key({"text": "b"}) != other.key({"text": "a"})


def test_the_key_depends_on_the_versions_of_the_libraries_that_decide_numbers(monkeypatch):
    from modelcollapse.steps import step as step_module

    before = make_step().key({"text": "a"})
    assert set(make_step().libraries) == {"numpy"}
    monkeypatch.setattr(step_module, "libraries_behind", lambda *modules: {"numpy": "0.0"})
    assert make_step().key({"text": "a"}) != before


def test_an_input_that_its_step_did_not_make_is_refused_before_any_work():
    run_step(make_step(), Action())
    made = Path("data/smoke/x/out.txt")
    made.write_text("resulT")
    action = Action()
    consumer = Step(
        name="consumer",
        command="runtime.seeds",
        module="runtime.seeds",
        inputs={"text": made},
        outputs={"out": Path("data/smoke/z/out.txt")},
    )
    with pytest.raises(
        ValueError, match=r"x/out\.txt is not what the step 'test-step' made: .* rm data/smoke/x/out\.txt && "
    ):
        run_step(consumer, action)
    assert action.runs == 0 and not Path("data/smoke/z").exists()


def test_the_same_result_again_leaves_the_ledger_as_it_is():
    run_step(make_step(), Action())
    before = Path("results/smoke/ledger.jsonl").read_bytes()
    Path("data/smoke/x/out.txt").unlink()
    run_step(make_step(), Action())
    assert Path("results/smoke/ledger.jsonl").read_bytes() == before


def test_a_killed_process_leaves_whole_files_only(project):
    script = textwrap.dedent("""
        import os, signal
        from pathlib import Path
        from modelcollapse.steps.runner import run_step
        from modelcollapse.steps.step import Step
        def action(outputs, work):
            (work / "checkpoint").write_text("1")
            outputs["out"].write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)
        run_step(Step(name="test-step", command="runtime.seeds", module="runtime.seeds",
                      inputs={"text": Path("input.txt")}, arguments={"seed": 0},
                      outputs={"out": Path("data/smoke/x/out.txt")}), action)
    """)
    killed = subprocess.run([sys.executable, "-c", script])
    assert killed.returncode == -signal.SIGKILL
    assert not Path("data/smoke/x/out.txt").exists()
    action = Action()
    run_step(make_step(), action)
    assert Path("data/smoke/x/out.txt").read_text() == "result"
    assert [path.name for path in Path("data/smoke/x").iterdir()] == ["out.txt"]


def test_a_broken_ledger_line_is_named():
    Path("ledger.jsonl").write_text(json.dumps({"a": 1}) + "\n{half")
    with pytest.raises(ValueError, match=r"Line 2 of ledger\.jsonl"):
        ledger.read_ledger("ledger.jsonl")


def test_a_record_is_superseded_by_one_that_wrote_any_of_its_outputs_since():
    old = {"outputs": {"a": {"path": "x/b"}, "b": {"path": "x/c"}}, "finished": "2026-01-01"}
    new = {"outputs": {"a": {"path": "x/a"}, "b": {"path": "x/b"}}, "finished": "2026-01-02"}
    assert ledger.latest_records([new, old]) == [new]
