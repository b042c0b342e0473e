"""Run one step: look it up, or do it resumably, then publish whole outputs and a ledger line."""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import os
import platform
import resource
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from modelcollapse.runtime.files import sha256
from modelcollapse.runtime.progress import say
from modelcollapse.steps import ledger, store
from modelcollapse.steps.execution import Action, whole_outputs
from modelcollapse.steps.step import Step

LIBRARIES = ("datasets", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "tokenizers", "torch", "transformers")
Paths = Mapping[str, Path]


def run_step(step: Step, action: Action) -> None:
    """Make the step's outputs, from the store if it has them.

    Args:
        step: the step.
        action: called on a miss with the temporary path of every output and the work folder, which outlives a kill.

    Raises:
        ValueError: an input is missing, or is not what its step made.
        RuntimeError: the disk is full, or the action failed.
    """
    if (missing := step.missing_input()) is not None:
        raise ValueError(
            f"The input {missing} of '{step.name}' does not exist. Make it first: snakemake --cores all {missing}"
        )
    inputs = {role: {"path": str(path), "sha256": sha256(path)} for role, path in step.inputs.items()}
    ledger_file = ledger.ledger_path(next(iter(step.outputs.values())))
    records = ledger.read_ledger(ledger_file) if ledger_file is not None else []
    _check_inputs(inputs.values(), records, ledger_file)
    key = step.key({role: entry["sha256"] for role, entry in inputs.items()})
    with _work_folder(step, key) as work:
        if _found_in_store(step, key, ledger_file, records, inputs):
            return
        # start-up (imports) is over before the step's own time begins
        importlib.import_module(f"modelcollapse.{step.module}")
        record = _run(step, action, work, {"key": key, "code": step.code, "inputs": inputs})
        _publish(record, step.outputs)
        _record(ledger_file, records, record)


def _check_inputs(inputs: Any, records: list[ledger.Record], ledger_file: Path | None) -> None:
    """Refuse an input whose content is not what the ledger says its step made."""
    made = {
        output["path"]: (record["step"], output["sha256"])
        for record in ledger.latest_records(records)
        for output in record["outputs"].values()
    }
    for entry in inputs:
        step, expected = made.get(entry["path"], ("", entry["sha256"]))
        if expected != entry["sha256"]:
            path = entry["path"]
            raise ValueError(
                f"{path} is not what the step '{step}' made: its SHA-256 differs from the one in {ledger_file}, so it is "
                f"damaged or was edited. Make it again: rm {path} && snakemake --cores all {path}"
            )


@contextlib.contextmanager
def _work_folder(step: Step, key: str) -> Iterator[Path]:
    """The folder of unfinished work, named by the key; a second process with the same key waits for the first."""
    target = next(iter(step.outputs.values()))
    ledger_file = ledger.ledger_path(target)
    root = ledger_file.parents[2] / "data" if ledger_file is not None else target.parent
    work = root / "work" / key
    work.mkdir(parents=True, exist_ok=True)
    lock_file = work.with_suffix(".lock")
    with open(lock_file, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        work.mkdir(parents=True, exist_ok=True)
        yield work
        # only finished work is cleared away: an exception leaves the folder for the next attempt
        shutil.rmtree(work, ignore_errors=True)
        lock_file.unlink(missing_ok=True)


def _found_in_store(
    step: Step, key: str, ledger_file: Path | None, records: list[ledger.Record], inputs: dict[str, Any]
) -> bool:
    """Copy the outputs from the store if it has this key, verified; log it, and write the ledger line of this place."""
    folder = store.store_folder()
    record = store.read_entry(folder, key) or ledger.find_record(records, key)
    if record is None:
        return False
    problem = store.restore(folder, record, dict(step.outputs))
    if problem is not None:
        say(f"{step.name}: known under key {key[:12]}, but {problem}; it is run again.")
        return False
    say(f"{step.name}: taken from the store {folder} (key {key[:12]}), nothing was computed.")
    _record(ledger_file, records, record | {"inputs": inputs, "outputs": _placed(record["outputs"], step.outputs)})
    return True


def _placed(stored: dict[str, Any], outputs: Paths) -> dict[str, Any]:
    return {role: stored[role] | {"path": str(path)} for role, path in outputs.items()}


def _record(ledger_file: Path | None, records: list[ledger.Record], record: ledger.Record) -> None:
    """Append the record, unless the last one of these outputs says the same but for time and place of the run."""
    if ledger_file is None:
        return
    last = next((old for old in reversed(records) if ledger.first_output(old) == ledger.first_output(record)), None)
    if last is None or any(last.get(part) != record[part] for part in ("key", "inputs", "outputs")):
        ledger.append_record(ledger_file, record)


def _run(step: Step, action: Action, work: Path, facts: dict[str, Any]) -> ledger.Record:
    """Run the action and return the ledger record."""
    started = time.monotonic()
    cpu = os.times()
    with whole_outputs(step.outputs, action, work) as temporary:
        described = {role: store.describe_file(path, str(step.outputs[role])) for role, path in temporary.items()}
    used = os.times()
    parameters = step.parameters
    return {
        **facts,
        "step": step.name,
        "module": step.module,
        "parameters": parameters,
        "seeds": {name: parameters[name] for name in ("seed", "generation") if name in parameters},
        "outputs": described,
        "environment": environment(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - started, 2),
        "cpu_seconds": round(used.user + used.system - cpu.user - cpu.system, 2),
        "start_up_cpu_seconds": round(cpu.user + cpu.system, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def environment() -> dict[str, Any]:
    """Versions and device of this process: what a number may depend on besides code, data and seeds."""
    versions = {}
    for library in LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[library] = metadata.version(library)
    torch = sys.modules.get("torch")
    cuda = torch is not None and torch.cuda.is_available()
    return {
        "python": platform.python_version(),
        "libraries": versions,
        "machine": platform.machine(),
        "device": torch.cuda.get_device_name() if cuda else "cpu",
        "threads": torch.get_num_threads() if torch is not None else 1,
    }


def _publish(record: ledger.Record, outputs: Paths) -> None:
    folder = store.store_folder()
    try:
        store.publish(folder, record, dict(outputs))
    except (OSError, RuntimeError) as error:
        say(f"{record['step']}: done, but not kept in the store {folder}: {error}")
