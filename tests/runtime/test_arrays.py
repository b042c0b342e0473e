"""Arrays in one file: the same bytes for the same arrays, and no half-written file."""

from __future__ import annotations

import numpy as np
import pytest

from modelcollapse.runtime.arrays import write_arrays


def test_the_same_arrays_give_the_same_bytes_under_any_name(tmp_path):
    arrays = {"x": np.arange(6, dtype=np.float32).reshape(2, 3), "generation": np.array([-1, 0], dtype=np.int32)}
    for name in ("a.npz", "b", "folder/c.npz"):
        write_arrays(tmp_path / name, arrays)
        assert (tmp_path / name).read_bytes() == (tmp_path / "a.npz").read_bytes()
    with np.load(tmp_path / "b", allow_pickle=False) as stored:
        assert stored.files == ["x", "generation"]
        for name, values in arrays.items():
            assert stored[name].dtype == values.dtype
            np.testing.assert_array_equal(stored[name], values)


def test_a_failure_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.npz"
    write_arrays(path, {"x": np.zeros(3)})
    before = path.read_bytes()

    def fail(*arguments, **arrays):
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez_compressed", fail)
    with pytest.raises(KeyboardInterrupt):
        write_arrays(path, {"x": np.ones(3)})
    assert path.read_bytes() == before and [found.name for found in tmp_path.iterdir()] == ["a.npz"]
