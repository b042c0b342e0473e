"""The ledger: one line of JSON per job, in Git, saying what was made from what, how, where and at what cost."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from modelcollapse.runtime.files import write_atomically

Record = dict[str, Any]


def ledger_path(output: str | Path) -> Path | None:
    """``results/<scale>/ledger.jsonl`` for an output below ``data/<scale>/`` or ``results/<scale>/``, else None."""
    parts = Path(output).parts
    for index, part in enumerate(parts[:-2]):
        if part in ("data", "results"):
            return Path(*parts[:index], "results", parts[index + 1], "ledger.jsonl")
    return None


def read_ledger(path: str | Path) -> list[Record]:
    """All records of a ledger, oldest first; none if there is no file.

    Raises:
        ValueError: a line is not JSON; the message names it.
    """
    path = Path(path)
    if not path.exists():
        return []
    records = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError as error:
            raise ValueError(
                f"Line {number} of {path} is not valid JSON ({error.msg}). "
                "Restore the file with 'git checkout', or delete that line."
            ) from error
    return records


def append_record(path: str | Path, record: Record) -> None:
    """Add one line, safely beside other processes that do the same."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(record, sort_keys=True) + "\n"
    with _locked(path), open(path, "a", encoding="utf-8") as stream:
        stream.write(line)
        stream.flush()
        os.fsync(stream.fileno())


def rewrite_ledger(path: str | Path, records: list[Record]) -> None:
    """Replace the whole ledger; records are sorted by their first output, so that diffs stay small."""
    lines = [json.dumps(record, sort_keys=True) + "\n" for record in sorted(records, key=first_output)]
    path = Path(path)
    with _locked(path):
        if path.exists() and path.read_text(encoding="utf-8") == "".join(lines):
            return
        with write_atomically(path) as temporary:
            temporary.write_text("".join(lines), encoding="utf-8")


def latest_records(records: list[Record]) -> list[Record]:
    """The last record of every job; one that wrote an output which another has written since is superseded."""
    latest: dict[str, Record] = {}
    owner: dict[str, str] = {}
    for record in sorted(records, key=lambda record: record.get("finished", "")):
        for output in record["outputs"].values():
            latest.pop(owner.get(output["path"], ""), None)
        job = first_output(record)
        latest[job] = record
        owner |= {output["path"]: job for output in record["outputs"].values()}
    return list(latest.values())


def first_output(record: Record) -> str:
    """Path of the first output, by which a job is known."""
    return min(output["path"] for output in record["outputs"].values())


def find_record(records: list[Record], key: str) -> Record | None:
    """The newest record with this step key, or None."""
    for record in reversed(records):
        if record.get("key") == key:
            return record
    return None


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One writer at a time, across processes; the lock lies beside the ledger and is not in Git."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_name(f".{path.name}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
