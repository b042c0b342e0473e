"""Run one step: look it up, or do it resumably, then publish whole outputs and a ledger line."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import importlib
import json
import os
import platform
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from modelcollapse.runtime.files import disk_full_message, sha256
from modelcollapse.runtime.progress import say
from modelcollapse.steps import ledger, store
from modelcollapse.steps.code_hash import code_hash

LIBRARIES = ("datasets", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "tokenizers", "torch", "transformers")
Paths = Mapping[str, Path]
Action = Callable[[dict[str, Path], Path], None]


@dataclass(frozen=True)
class Step:
    """One step: what it is called, what it reads, what it is told, what it writes.

    Args:
        name: the command's name.
        module: the module below ``modelcollapse`` whose code it runs.
        inputs: files by role; their content is part of the key, their place is not.
        parameters: JSON-serialisable settings, seeds and threads included.
        outputs: files by role.
    """

    name: str
    module: str
    inputs: Paths
    parameters: Mapping[str, Any]
    outputs: Paths
    seeds: Mapping[str, int] = field(default_factory=dict)

    def missing_input(self) -> Path | None:
        """The first input that does not exist."""
        return next((path for path in self.inputs.values() if not path.is_file()), None)


def run_step(step: Step, action: Action) -> None:
    """Make the step's outputs, from the store if it has them.

    Args:
        step: the step.
        action: called on a miss with the temporary path of every output and the work folder, which outlives a kill.

    Raises:
        ValueError: an input is missing.
        RuntimeError: the disk is full, or the action failed.
    """
    if (missing := step.missing_input()) is not None:
        raise ValueError(
            f"The input {missing} of '{step.name}' does not exist. Make it first: snakemake --cores all {missing}"
        )
    inputs = {role: {"path": str(path), "sha256": sha256(path)} for role, path in step.inputs.items()}
    code = code_hash(step.module)
    key = step_key(step, {role: entry["sha256"] for role, entry in inputs.items()}, code)
    ledger_file = ledger.ledger_path(next(iter(step.outputs.values())))
    with _work_folder(step, key) as work:
        if _found_in_store(step, key, ledger_file, inputs):
            return
        # start-up (imports) is over before the step's own time begins
        importlib.import_module(f"modelcollapse.{step.module}")
        record = _perform(step, action, work, {"key": key, "code": code, "inputs": inputs})
        _publish(record, step.outputs)
        if ledger_file is not None:
            ledger.append_record(ledger_file, record)


def step_key(step: Step, input_hashes: Mapping[str, str], code: str) -> str:
    """SHA-256 over name, input contents, parameters and code: the same step has the same key on every machine."""
    parts = {"step": step.name, "inputs": dict(input_hashes), "parameters": dict(step.parameters), "code": code}
    parts["outputs"] = sorted(step.outputs)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


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


def _found_in_store(step: Step, key: str, ledger_file: Path | None, inputs: dict[str, Any]) -> bool:
    """Copy the outputs from the store if it has this key, verified; say so, and write the ledger line of this place."""
    folder = store.store_folder()
    records = ledger.read_ledger(ledger_file) if ledger_file is not None else []
    record = store.read_entry(folder, key) or ledger.find_record(records, key)
    if record is None:
        return False
    problem = store.restore(folder, record, step.outputs)
    if problem is not None:
        say(f"{step.name}: known under key {key[:12]}, but {problem}; it is run again.")
        return False
    say(f"{step.name}: taken from the store {folder} (key {key[:12]}), nothing was computed.")
    here = record | {"inputs": inputs, "outputs": _placed(record["outputs"], step.outputs)}
    if ledger_file is not None and ledger.find_record(records, key) != here:
        ledger.append_record(ledger_file, here)
    return True


def _placed(stored: dict[str, Any], outputs: Paths) -> dict[str, Any]:
    return {role: stored[role] | {"path": str(path)} for role, path in outputs.items()}


def _perform(step: Step, action: Action, work: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """Run the action into temporary names, rename all outputs, and return the ledger record."""
    started = time.monotonic()
    cpu = os.times()
    temporary = {role: path.with_name(f".{path.stem}.unfinished{path.suffix}") for role, path in step.outputs.items()}
    for path in temporary.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        action(dict(temporary), work)
        described = {role: store.describe_file(path, str(step.outputs[role])) for role, path in temporary.items()}
        for role, path in temporary.items():
            path.replace(step.outputs[role])
    except Exception as error:
        if _is_disk_full(error):
            raise RuntimeError(disk_full_message(work.parent)) from error
        raise
    finally:
        for path in temporary.values():
            path.unlink(missing_ok=True)
    used = os.times()
    return {
        **facts,
        "step": step.name,
        "module": step.module,
        "parameters": dict(step.parameters),
        "seeds": dict(step.seeds),
        "outputs": described,
        "environment": environment(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - started, 2),
        "cpu_seconds": round(used.user + used.system - cpu.user - cpu.system, 2),
        "start_up_cpu_seconds": round(cpu.user + cpu.system, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def _is_disk_full(error: Exception) -> bool:
    """Libraries written in other languages report a full disk by message only."""
    return getattr(error, "errno", None) == errno.ENOSPC or "No space left on device" in str(error)


def environment() -> dict[str, Any]:
    """Versions and device of this process: what a number may hang on besides code, data and seeds."""
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


def _publish(record: dict[str, Any], outputs: Paths) -> None:
    folder = store.store_folder()
    try:
        store.publish(folder, record, dict(outputs))
    except (OSError, RuntimeError) as error:
        say(f"{record['step']}: done, but not kept in the store {folder}: {error}")
