"""What a message proposes for a name that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, valid: Iterable[str]) -> str:
    """``did you mean '...'?``, or the list of what exists."""
    there = sorted(valid)
    near = difflib.get_close_matches(name, there, n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(there) or 'none'}"
