"""Snakemake's own provenance records, carried by the ledger, so that a clone with pulled outputs has nothing to do.

Snakemake keeps one JSON file per output below ``.snakemake/metadata``; those of one job differ in nothing that counts.
``export_records`` copies one per job into a compressed file beside the ledger after a run. ``restore_records`` puts them
back at start-up where the output is the one the ledger knows, or is absent: of a file that nobody kept, such as a model,
Snakemake must know how it was made, or a changed setting of it would pass unseen. The format is Snakemake's and not
promised to anyone, hence the pinned version: a record of another format is not restored, and the caller logs it.
"""

from __future__ import annotations

import json
import lzma
import os
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

from modelcollapse.runtime.files import sha256, write_atomically
from modelcollapse.runtime.progress import say
from modelcollapse.steps import ledger

RECORD_FORMAT = 6
RECORDS_FILE = "snakemake_records.json.xz"
VOLATILE = ("starttime", "endtime", "job_hash", "external_jobid")
"""Parts of a record that differ between two runs of the same job."""
METADATA_FOLDER = Path(".snakemake") / "metadata"


def record_file(output: str, folder: Path = METADATA_FOLDER) -> Path:
    """Where Snakemake keeps the record of an output: its path in URL-safe base 64, cut into folders where too long."""
    longest = os.pathconf(folder if folder.exists() else ".", "PC_NAME_MAX") - 1
    name = urlsafe_b64encode(output.encode()).decode()
    parts = [name[start : start + longest] for start in range(0, len(name), longest)]
    return folder.joinpath(*[f"@{part}" for part in parts[:-1]], parts[-1])


def export_records(path: Path, folder: Path = METADATA_FOLDER) -> int:
    """Write Snakemake's record of every job beside the ledger, drop superseded ledger lines; return the number of records.

    Args:
        path: the ledger.
        folder: where Snakemake keeps its records.
    """
    records = ledger.latest_records(ledger.read_ledger(path))
    kept = read_records(path)
    exported: dict[str, Any] = {}
    for record in records:
        job = ledger.first_output(record)
        for output in record["outputs"].values():
            found = _read(record_file(output["path"], folder))
            if found is not None and not found.get("incomplete") and _is_current(output):
                exported[job] = kept[job] if job in kept and _same(kept[job], found) else found
                break
        else:
            if job in kept:
                exported[job] = kept[job]
    if records:
        ledger.rewrite_ledger(path, records)
        _write_records(path, exported)
    return len(exported)


def restore_records(path: Path, folder: Path = METADATA_FOLDER) -> tuple[int, list[str]]:
    """Give Snakemake the records of outputs that are the ledger's or absent, where it has none or an older one.

    Returns:
        the number of restored records, and the outputs whose record has another format than this Snakemake's.
    """
    restored, foreign = 0, []
    kept = read_records(path)
    for record in ledger.latest_records(ledger.read_ledger(path)):
        stored = kept.get(ledger.first_output(record))
        for output in record["outputs"].values():
            if stored is None:
                continue
            if stored.get("record_format_version") != RECORD_FORMAT:
                foreign.append(output["path"])
                continue
            target = record_file(output["path"], folder)
            if _is_older(_read(target), stored) and not _is_another(output):
                with write_atomically(target) as temporary:
                    temporary.write_text(json.dumps(stored), encoding="utf-8")
                restored += 1
    return restored, foreign


def read_records(path: Path) -> dict[str, Any]:
    """Snakemake's kept records by the first output of their job; none if the file beside the ledger is absent or damaged."""
    try:
        return json.loads(lzma.decompress(path.with_name(RECORDS_FILE).read_bytes()))
    except FileNotFoundError:
        return {}
    except (lzma.LZMAError, ValueError, EOFError) as error:
        say(f"{path.with_name(RECORDS_FILE)} is damaged ({error}): Snakemake may plan too much. Restore it from Git.")
        return {}


def _write_records(path: Path, records: dict[str, Any]) -> None:
    if records == read_records(path):
        return
    with write_atomically(path.with_name(RECORDS_FILE)) as temporary:
        temporary.write_bytes(lzma.compress(json.dumps(records, sort_keys=True).encode(), preset=6))


def _same(kept: dict[str, Any], found: dict[str, Any]) -> bool:
    def lasting(record: dict[str, Any]) -> dict[str, Any]:
        return {part: value for part, value in record.items() if part not in VOLATILE}

    return lasting(kept) == lasting(found)


def recorded_and_absent(path: Path, folder: str) -> int:
    """Number of results below a data folder that the ledger knows, if none of them is here (a clone before a pull), else 0.

    Corpora do not count: every clone rebuilds them.
    """
    rebuilt = tuple(f"{folder}/{name}/" for name in ("raw", "corpora", "tokenizers", "encoded"))
    records = ledger.latest_records(ledger.read_ledger(path))
    outputs = [output["path"] for record in records for output in record["outputs"].values()]
    results = [name for name in outputs if name.startswith(f"{folder}/") and not name.startswith(rebuilt)]
    return 0 if any(Path(name).exists() for name in results) else len(results)


def _is_current(output: dict[str, Any]) -> bool:
    path = Path(output["path"])
    return path.is_file() and path.stat().st_size == output["bytes"] and sha256(path) == output["sha256"]


def _is_another(output: dict[str, Any]) -> bool:
    """Whether a file with other content lies where the ledger's output belongs."""
    return Path(output["path"]).is_file() and not _is_current(output)


def _is_older(local: dict[str, Any] | None, stored: dict[str, Any]) -> bool:
    return local is None or (local.get("endtime") or 0) < (stored.get("endtime") or 0)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return None
