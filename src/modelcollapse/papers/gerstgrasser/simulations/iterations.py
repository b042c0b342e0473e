"""Which iterations the experiments with replaced and accumulated data record."""

from __future__ import annotations

ITERATIONS = (1, 2, 3, 5, 10, 25, 50, 100)
"""Iterations that are recorded, as far as they are run; n, n/2 and n/4 are among them, from which limits are seen."""


def recorded(iterations: int) -> list[int]:
    """The recorded iterations up to the last one, which is always recorded."""
    return sorted({number for number in ITERATIONS if number <= iterations} | {iterations})
