"""Draws without replacement from a pool of rows, many chains at once."""

from __future__ import annotations

import numpy as np


def draw_without_replacement(held: int, size: int, chains: int, random: np.random.Generator) -> np.ndarray:
    """``size`` different numbers below ``held`` for each chain, all subsets equally likely, sorted, [chains, size].

    For small pools by ranks of random keys; else repeated numbers are drawn again until none repeats, which treats all
    numbers alike. The cost does not grow with the pool.

    Raises:
        ValueError: more numbers are asked for than there are.
    """
    if not 0 < size <= held:
        raise ValueError(f"{size} of {held} rows cannot be drawn without replacement.")
    if held == size:
        return np.broadcast_to(np.arange(size), (chains, size))
    if held <= 4 * size:
        # float32 keys tie once in 2^24 pairs, and then the order in memory decides: use 64 bits
        keys = random.random((chains, held))
        return np.sort(np.argpartition(keys, size, axis=1)[:, :size], axis=1)
    chosen = np.sort(random.integers(0, held, (chains, size), dtype=np.int32), axis=1)
    while True:
        repeated = chosen[:, 1:] == chosen[:, :-1]
        again = int(np.count_nonzero(repeated))
        if again == 0:
            return chosen
        chosen[:, 1:][repeated] = random.integers(0, held, again, dtype=np.int32)
        chosen.sort(axis=1)
