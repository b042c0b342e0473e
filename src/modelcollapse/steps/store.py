"""The step store: what a step made, found again by what it was made from.

Objects lie in the layout of DVC's cache (``files/md5/ab/cdef...``), whose folder is the default store, so that
``dvc commit`` finds them there and nothing is stored twice. An entry ``steps/<key>.json`` names the objects of a step.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path
from typing import Any

from modelcollapse.runtime.files import md5, sha256, write_atomically

STORE_VARIABLE = "MODELCOLLAPSE_STORE"
Record = dict[str, Any]


def store_folder(root: Path = Path()) -> Path:
    """``MODELCOLLAPSE_STORE`` if set (shared between clones, people, jobs), else DVC's cache in this repository."""
    return Path(os.environ.get(STORE_VARIABLE) or root / ".dvc" / "cache")


def object_path(store: Path, digest: str) -> Path:
    """Where the object with this MD5 lies."""
    return store / "files" / "md5" / digest[:2] / digest[2:]


def entry_path(store: Path, key: str) -> Path:
    """Where the entry of this step key lies."""
    return store / "steps" / f"{key}.json"


def read_entry(store: Path, key: str) -> Record | None:
    """The ledger record of the step with this key, or None (also if the entry is unreadable)."""
    try:
        return json.loads(entry_path(store, key).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return None


def publish(store: Path, record: Record, files: dict[str, Path]) -> None:
    """Copy the outputs into the store and then write the entry, so that an entry never precedes its objects.

    A store that cannot be written to is said aloud by the caller, never a reason to lose a result.
    """
    for role, path in files.items():
        target = object_path(store, record["outputs"][role]["md5"])
        if not target.exists():
            with write_atomically(target) as temporary:
                shutil.copyfile(path, temporary)
            # as DVC does: an object is never written to again
            target.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
    with write_atomically(entry_path(store, record["key"])) as temporary:
        temporary.write_text(json.dumps(record, sort_keys=True), encoding="utf-8")


def restore(store: Path, record: Record, targets: dict[str, Path]) -> str | None:
    """Copy the objects of a record to the targets, after checking their hashes.

    Returns:
        None on success, else a sentence that says why nothing was restored.
    """
    for role in targets:
        stored = record["outputs"].get(role)
        if stored is None:
            return f"its record names no output {role!r}"
        source = object_path(store, stored["md5"])
        if not source.exists():
            return f"the object {stored['md5']} is not in {store}"
        if sha256(source) != stored["sha256"]:
            return f"the object {source} is corrupt (its SHA-256 is not the recorded one); delete it"
    for role, target in targets.items():
        with write_atomically(target) as temporary:
            shutil.copyfile(object_path(store, record["outputs"][role]["md5"]), temporary)
    return None


def describe_file(path: Path, name: str) -> Record:
    """What the ledger says of one file: its path, size and hashes."""
    return {"path": name, "bytes": path.stat().st_size, "sha256": sha256(path), "md5": md5(path)}
