"""Atomic writes and hashes."""

from __future__ import annotations

import errno
import hashlib

import pytest

from modelcollapse.runtime.files import md5, sha256, write_atomically


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path):
    target = tmp_path / "result.csv"
    target.write_text("old")
    with pytest.raises(KeyError), write_atomically(target) as temporary:
        temporary.write_text("half")
        raise KeyError
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["result.csv"]


def test_the_folder_is_made_and_the_file_is_readable_by_others(tmp_path):
    target = tmp_path / "a" / "b.txt"
    with write_atomically(target) as temporary:
        temporary.write_text("x")
    assert target.stat().st_mode & 0o444


def test_a_full_disk_is_one_sentence_that_names_the_folder(tmp_path):
    with pytest.raises(RuntimeError, match=f"disk that holds {tmp_path} is full"), write_atomically(tmp_path / "x"):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_hashes_are_those_of_hashlib(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"model collapse" * 1000)
    assert sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    assert md5(path) == hashlib.md5(path.read_bytes()).hexdigest()
