"""The part of running a step that its result depends on: an action writes temporary names, whole outputs are renamed."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from modelcollapse.runtime.files import disk_full_message

Action = Callable[[dict[str, Path], Path], None]
"""Takes the temporary path of every output, by role, and the work folder, which outlives a kill."""


@contextlib.contextmanager
def whole_outputs(outputs: Mapping[str, Path], action: Action, work: Path) -> Iterator[dict[str, Path]]:
    """Run an action, yield its finished outputs under their temporary names, then give them their own.

    Raises:
        RuntimeError: the disk is full.
    """
    temporary = {role: path.with_name(f".{path.stem}.unfinished{path.suffix}") for role, path in outputs.items()}
    for path in temporary.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        action(dict(temporary), work)
        yield temporary
        for role, path in temporary.items():
            path.replace(outputs[role])
    except Exception as error:
        if _is_disk_full(error):
            raise RuntimeError(disk_full_message(work.parent)) from error
        raise
    finally:
        for path in temporary.values():
            path.unlink(missing_ok=True)


def _is_disk_full(error: Exception) -> bool:
    """Libraries written in other languages report a full disk by message only."""
    return getattr(error, "errno", None) == errno.ENOSPC or "No space left on device" in str(error)
