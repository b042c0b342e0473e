"""Snakemake's records survive a clone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from snakemake.persistence import RECORD_FORMAT_VERSION
from snakemake.persistence.file import FilePersistence

from modelcollapse.steps import ledger
from modelcollapse.steps.snakemake_records import (
    METADATA_FOLDER,
    RECORD_FORMAT,
    export_records,
    read_records,
    record_file,
    restore_records,
)
from modelcollapse.steps.store import describe_file

OUTPUT = "results/smoke/a/table.csv"
LEDGER = Path("results/smoke/ledger.jsonl")


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    METADATA_FOLDER.mkdir(parents=True)
    Path(OUTPUT).parent.mkdir(parents=True)
    Path(OUTPUT).write_text("value\n1\n")
    ledger.append_record(LEDGER, {"key": "k", "outputs": {"table": describe_file(Path(OUTPUT), OUTPUT)}})


def write_record(endtime: float = 1.0, version: int = RECORD_FORMAT) -> None:
    record_file(OUTPUT).write_text(json.dumps({"rule": "r", "endtime": endtime, "record_format_version": version}))


def test_the_format_and_the_file_names_are_those_of_the_pinned_snakemake():
    assert RECORD_FORMAT == RECORD_FORMAT_VERSION
    persistence = FilePersistence(path=Path(".snakemake").resolve())
    for name in (OUTPUT, "data/" + "long/" * 100 + "x.parquet"):
        assert persistence._record_path(str(METADATA_FOLDER), name) == str(record_file(name))


def test_exported_records_come_back_in_a_clone():
    write_record()
    assert export_records(LEDGER) == 1
    record_file(OUTPUT).unlink()
    assert restore_records(LEDGER) == (1, [])
    assert json.loads(record_file(OUTPUT).read_text())["rule"] == "r"


def test_one_record_serves_all_outputs_of_a_job():
    other = "results/smoke/a/table.md"
    Path(other).write_text("| value |\n")
    outputs = {name: describe_file(Path(path), path) for name, path in {"table": OUTPUT, "page": other}.items()}
    ledger.append_record(LEDGER, {"key": "both", "outputs": outputs})
    write_record()
    record_file(other).write_text(record_file(OUTPUT).read_text())
    assert export_records(LEDGER) == 1
    assert len(read_records(LEDGER)) == 1 and "snakemake" not in LEDGER.read_text()
    record_file(OUTPUT).unlink()
    record_file(other).unlink()
    assert restore_records(LEDGER) == (2, [])


def test_nothing_is_restored_over_a_newer_record_or_for_another_content():
    write_record(endtime=1.0)
    export_records(LEDGER)
    write_record(endtime=2.0)
    assert restore_records(LEDGER) == (0, [])
    record_file(OUTPUT).unlink()
    Path(OUTPUT).write_text("value\n2\n")
    assert restore_records(LEDGER) == (0, [])


def test_an_absent_output_has_its_record_back():
    write_record()
    export_records(LEDGER)
    record_file(OUTPUT).unlink()
    Path(OUTPUT).unlink()
    assert restore_records(LEDGER) == (1, [])
    assert export_records(LEDGER) == 1


def test_another_format_is_reported_and_not_restored():
    write_record(version=RECORD_FORMAT - 1)
    export_records(LEDGER)
    record_file(OUTPUT).unlink()
    assert restore_records(LEDGER) == (0, [OUTPUT])
    assert not record_file(OUTPUT).exists()


def test_superseded_lines_are_dropped():
    ledger.append_record(LEDGER, {"key": "new", "outputs": {"table": describe_file(Path(OUTPUT), OUTPUT)}})
    export_records(LEDGER)
    assert [record["key"] for record in ledger.read_ledger(LEDGER)] == ["new"]
