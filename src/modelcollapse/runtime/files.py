"""Files that are whole or absent: atomic writes and content hashes."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def write_atomically(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it to ``path`` on success, remove it on failure.

    Raises:
        RuntimeError: the disk is full; the message names the folder.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        flush_to_disk(temporary)
        # mkstemp makes private files; a result is as readable as any other file of its owner
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise RuntimeError(disk_full_message(path.parent)) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def disk_full_message(folder: Path) -> str:
    """The sentence shown when nothing more can be written into ``folder``."""
    return (
        f"The disk that holds {folder} is full, so nothing was written there. "
        "Finished results are untouched: free some space and type the same command again."
    )


def flush_to_disk(path: Path) -> None:
    """Make sure that the content of ``path`` survives a power cut before it gets its final name."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256(path: str | Path) -> str:
    """SHA-256 of the file's content, in hex."""
    return _digest(path, "sha256")


def md5(path: str | Path) -> str:
    """MD5 of the file's content, in hex: the name under which DVC keeps a file (not a protection)."""
    return _digest(path, "md5")


def _digest(path: str | Path, algorithm: str) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
