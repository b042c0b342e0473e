"""Files of several arrays (NPZ) with reproducible bytes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from modelcollapse.runtime.files import write_atomically


def write_arrays(path: str | Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write compressed arrays by name; the same arrays in the same order give the same bytes.

    Args:
        path: the file; written to a temporary name first.
        arrays: numbers or strings, no objects.
    """
    # a stream, because NumPy would append ".npz" to a temporary name
    with write_atomically(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays)
