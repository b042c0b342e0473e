"""Checkpoints: what is written is what is read, or nothing."""

from __future__ import annotations

import numpy as np
import pytest

from modelcollapse.runtime.checkpoints import Checkpoint, read_checkpoint, write_checkpoint

CONTENT = Checkpoint(
    {
        "weights": np.arange(6, dtype=np.float32).reshape(2, 3).T,
        "step": np.asarray(3.0, dtype=np.float32),
        "seen": np.array([True, False]),
        "none": np.zeros((2, 0)),
    },
    {"loss": 0.1, "steps": [1, 2], "worst": float("inf")},
)


@pytest.fixture
def path(tmp_path):
    write_checkpoint(tmp_path / "work" / "fit.safetensors", "seed 1", CONTENT)
    return tmp_path / "work" / "fit.safetensors"


def test_what_is_written_is_what_is_read(path):
    found = read_checkpoint(path, "seed 1")
    assert found.facts == CONTENT.facts
    assert found.arrays.keys() == CONTENT.arrays.keys()
    for name, array in CONTENT.arrays.items():
        assert found.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(found.arrays[name], array, strict=True)


def test_no_file_is_no_checkpoint(tmp_path, capsys):
    assert read_checkpoint(tmp_path / "fit.safetensors", "seed 1") is None
    assert capsys.readouterr().err == ""


def test_a_changed_bit_is_noticed_wherever_it_stands(path, capsys):
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert read_checkpoint(path, "seed 1") is None, place
    assert capsys.readouterr().err.count("is damaged") == len(content)


@pytest.mark.parametrize("kept", [0, 7, 100, -1])
def test_a_cut_file_is_said_and_not_used(path, kept, capsys):
    path.write_bytes(path.read_bytes()[:kept])
    assert read_checkpoint(path, "seed 1") is None
    assert f"The checkpoint {path} is damaged" in capsys.readouterr().err


def test_a_checkpoint_of_something_else_is_said_and_not_used(path, capsys):
    assert read_checkpoint(path, "seed 2") is None
    assert "belongs to other settings or data" in capsys.readouterr().err
