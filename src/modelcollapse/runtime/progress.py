"""Progress of a long step: a bar in a terminal, plain lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
LINES_PER_STEP = 10


def progress(items: Iterable[Item], total: int | None = None, description: str = "") -> Iterator[Item]:
    """Yield the items and show how far along they are, on standard error.

    Args:
        items: what is iterated over.
        total: number of items, if ``items`` has no length.
        description: what is being done, in a few words.
    """
    if total is None and hasattr(items, "__len__"):
        total = len(items)  # type: ignore[arg-type]
    if sys.stderr.isatty():
        from tqdm import tqdm

        yield from tqdm(items, total=total, desc=description, leave=False)
        return
    yield from _plain_lines(items, total, description)


def say(message: str) -> None:
    """One plain line on standard error, at once."""
    print(message, file=sys.stderr, flush=True)


def _plain_lines(items: Iterable[Item], total: int | None, description: str) -> Iterator[Item]:
    start = time.monotonic()
    said = 0
    for done, item in enumerate(items, 1):
        yield item
        if total and done * LINES_PER_STEP // total > said:
            said = done * LINES_PER_STEP // total
            say(f"{description}: {done} of {total} ({time.monotonic() - start:.1f} s)")
