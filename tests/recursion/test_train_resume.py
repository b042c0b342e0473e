"""A fit that is stopped anywhere and called again ends with the same bits."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from modelcollapse.recursion import train
from modelcollapse.recursion.models.model_files import build_model
from modelcollapse.recursion.packing import rows_from
from modelcollapse.recursion.settings import ModelSettings, TrainingSettings
from modelcollapse.recursion.training_state import FILE
from modelcollapse.runtime.checkpoints import read_checkpoint

VOCABULARY = 12
ROWS = rows_from(list(np.random.default_rng(0).integers(2, VOCABULARY, (11, 6)).astype(np.int32)))
VALIDATION = ROWS.take(np.arange(4))
# 3 epochs of 3 steps, the last one short; dropout, so that random numbers matter
TRAINING = TrainingSettings(epochs=3, batch_size=2, gradient_accumulation=2, learning_rate=1e-2, gradient_clip=1.0)
STEPS = 9


def fit(folder, checkpoint_seconds=0.0, **options):
    """A fit from the start weights, or from its checkpoint; weights and report."""
    model = build_model(
        ModelSettings(width=16, layers=1, heads=2, positions=16, dropout=0.2), vocabulary=VOCABULARY, seed=0
    )
    report = train.fit(
        model,
        ROWS,
        VALIDATION,
        TRAINING.model_copy(update=options),
        (1, 0),
        folder,
        passes=1,
        checkpoint_seconds=checkpoint_seconds,
    )
    return model.state_dict(), report


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return fit(tmp_path_factory.mktemp("undisturbed"), checkpoint_seconds=1e9)


def assert_same(found, expected):
    assert found[1] == expected[1]
    for name, weights in expected[0].items():
        assert torch.equal(found[0][name], weights), name


def stop_before(monkeypatch, step):
    """Let the fit fail when it is about to make this step."""
    original = train.learning_rate

    def stop(training, now, *rest):
        if now == step:
            raise KeyboardInterrupt
        return original(training, now, *rest)

    monkeypatch.setattr(train, "learning_rate", stop)
    return lambda: monkeypatch.setattr(train, "learning_rate", original)


@pytest.mark.parametrize("step", range(STEPS))
def test_stopped_before_any_step(step, monkeypatch, tmp_path, undisturbed):
    go_on = stop_before(monkeypatch, step)
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path)
    go_on()
    assert_same(fit(tmp_path), undisturbed)


def test_stopped_several_times_with_an_old_checkpoint(monkeypatch, tmp_path, undisturbed):
    # a clock that counts looks at it: a checkpoint every third step, so that steps are repeated
    monkeypatch.setattr(train, "time", SimpleNamespace(monotonic=itertools.count().__next__))
    for step in (2, 5, 8):
        go_on = stop_before(monkeypatch, step)
        with pytest.raises(KeyboardInterrupt):
            fit(tmp_path, checkpoint_seconds=2.5)
        go_on()
    assert_same(fit(tmp_path, checkpoint_seconds=2.5), undisturbed)


def test_a_fit_without_checkpoint_starts_from_its_beginning(monkeypatch, tmp_path, undisturbed):
    go_on = stop_before(monkeypatch, 7)
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path, checkpoint_seconds=1e9)
    go_on()
    assert not (tmp_path / FILE).exists()
    assert_same(fit(tmp_path), undisturbed)


def test_a_finished_fit_called_again_gives_the_same(tmp_path, undisturbed):
    assert_same(fit(tmp_path), undisturbed)
    assert_same(fit(tmp_path), undisturbed)


KILLED_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import test_train_resume
from modelcollapse.runtime import checkpoints as checkpoint

save, saved = checkpoint.save_file, []

def torn(tensors, path, metadata):
    saved.append(path)
    save(tensors, path, metadata)
    if len(saved) == 5:
        content = Path(path).read_bytes()
        Path(path).write_bytes(content[: len(content) // 2])
        os.kill(os.getpid(), signal.SIGKILL)

checkpoint.save_file = torn
test_train_resume.fit(Path(sys.argv[1]))
"""


def test_killed_in_the_middle_of_writing_a_checkpoint(tmp_path, undisturbed, request):
    command = [sys.executable, "-c", KILLED_WHILE_WRITING, str(tmp_path), str(request.path.parent)]
    killed = subprocess.run(command, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    with safe_open(tmp_path / FILE, framework="np") as stored:
        identity = stored.metadata()["identity"]
    assert read_checkpoint(tmp_path / FILE, identity).facts["steps"] == 4
    assert_same(fit(tmp_path), undisturbed)


@pytest.mark.parametrize("damage", ["empty", "cut", "noise", "one bit", "foreign"])
def test_a_damaged_checkpoint_is_said_aloud_and_left_behind(damage, monkeypatch, tmp_path, undisturbed, capsys):
    go_on = stop_before(monkeypatch, 6)
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path)
    go_on()
    path = tmp_path / FILE
    content = path.read_bytes()
    if damage == "foreign":
        save_file({"weight": torch.zeros(3)}, path)
    else:
        place = len(content) // 2
        flipped = content[:place] + bytes([content[place] ^ 64]) + content[place + 1 :]
        damaged = {"empty": b"", "cut": content[:-50], "noise": bytes(range(256)) * 40, "one bit": flipped}
        path.write_bytes(damaged[damage])
    assert_same(fit(tmp_path), undisturbed)
    said = capsys.readouterr().err
    assert f"The checkpoint {path} is damaged" in said
    assert "its work is done again" in said


def test_a_checkpoint_of_another_fit_is_not_used(monkeypatch, tmp_path, undisturbed, capsys):
    with monkeypatch.context() as patched:
        stop_before(patched, 6)
        with pytest.raises(KeyboardInterrupt):
            fit(tmp_path, learning_rate=2e-2)
    assert_same(fit(tmp_path), undisturbed)
    assert "belongs to other settings or data" in capsys.readouterr().err
