"""Random streams named by what they are for, so that no two steps share one and every one can be drawn again."""

from __future__ import annotations

import hashlib

import numpy as np


def integer_seed(*parts: object) -> int:
    """A seed in [0, 2**63) that is the same on every machine for the same parts.

    Parts are compared by ``repr``: use integers, strings, floats and tuples of them.

    Raises:
        ValueError: no part was given.
    """
    if not parts:
        raise ValueError("A random stream needs a name: give at least one part, such as the seed and the step.")
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def generator(*parts: object) -> np.random.Generator:
    """NumPy's PCG64 stream named by the parts."""
    return np.random.Generator(np.random.PCG64(integer_seed(*parts)))
