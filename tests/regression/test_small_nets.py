"""Networks trained side by side against networks trained one by one with plain torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from modelcollapse.regression.images import small_nets
from modelcollapse.regression.images.settings import NetworkTrainingSettings
from modelcollapse.regression.images.small_nets import new_networks, train_networks
from modelcollapse.runtime.seeds import generator

DIMENSION, WIDTH, OUTPUTS, SEED = 6, 9, 3, 11
TRAINING = NetworkTrainingSettings(steps=40, batch_size=8, learning_rate=1e-2)


@pytest.fixture
def inputs() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((50, DIMENSION)).astype(np.float32)


@pytest.fixture
def fits() -> list[tuple[np.ndarray, np.ndarray]]:
    random = np.random.default_rng(1)
    rows = [np.arange(50), np.arange(12), np.array([3, 8, 9, 40]), np.arange(50)]
    return [(chosen, random.standard_normal((len(chosen), OUTPUTS))) for chosen in rows]


def plain_loop(inputs: np.ndarray, rows: np.ndarray, targets: np.ndarray) -> nn.Module:
    """The textbook loop for one network, from the same first weights and the same batches."""
    first = new_networks(1, DIMENSION, WIDTH, OUTPUTS, SEED).parameters
    model = nn.Sequential(nn.Linear(DIMENSION, WIDTH), nn.ReLU(), nn.Linear(WIDTH, OUTPUTS))
    with torch.no_grad():
        for layer, weight, bias in ((model[0], *first[:2]), (model[2], *first[2:])):
            layer.weight.copy_(weight[0].T)
            layer.bias.copy_(bias[0, 0])
    optimiser = torch.optim.Adam(model.parameters(), lr=TRAINING.learning_rate, fused=False, foreach=False)
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, total_iters=TRAINING.steps)
    random = generator(SEED, "batches of two-layer networks")
    x, y = torch.from_numpy(inputs[rows]), torch.from_numpy(targets.astype(np.float32))
    for _ in range(TRAINING.steps):
        batch = torch.from_numpy((random.random(TRAINING.batch_size) * len(rows)).astype(np.int64))
        # the mean over all outputs too, so times their number
        loss = OUTPUTS * nn.functional.mse_loss(model(x[batch]), y[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return model


def test_networks_side_by_side_are_those_of_the_plain_loop(inputs: np.ndarray, fits: list):
    (networks,) = train_networks(TRAINING, WIDTH, inputs, fits, SEED)
    together = networks.predict(inputs)
    assert together.shape == (4, 50, OUTPUTS)
    for (rows, targets), predicted in zip(fits, together, strict=True):
        alone = plain_loop(inputs, rows, targets)(torch.from_numpy(inputs)).detach().numpy()
        np.testing.assert_allclose(predicted, alone, atol=2e-4)
        assert np.abs(alone).max() > 0.1


def test_rounds_change_nothing(inputs: np.ndarray, fits: list, monkeypatch: pytest.MonkeyPatch):
    (whole,) = train_networks(TRAINING, WIDTH, inputs, fits, SEED)
    monkeypatch.setattr(small_nets, "MOST_PARAMETERS", 200)
    rounds = train_networks(TRAINING, WIDTH, inputs, fits, SEED)
    assert len(rounds) == 2
    np.testing.assert_allclose(
        np.concatenate([networks.predict(inputs) for networks in rounds]), whole.predict(inputs), atol=1e-5
    )


def test_training_is_repeatable_and_depends_on_the_seed(inputs: np.ndarray, fits: list):
    first, again, other = (
        train_networks(TRAINING, WIDTH, inputs, fits, seed)[0].predict(inputs) for seed in (SEED, SEED, SEED + 1)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3


def test_new_networks_are_equal_and_zero(inputs: np.ndarray):
    networks = new_networks(3, DIMENSION, WIDTH, OUTPUTS, SEED)
    assert np.all(networks.predict(inputs) == 0)
    hidden = networks.parameters[0]
    assert torch.equal(hidden[0], hidden[2])
    wide = new_networks(1, DIMENSION, 20_000, OUTPUTS, SEED).parameters[0]
    assert wide.var().item() == pytest.approx(2 / DIMENSION, rel=0.03)


def test_a_network_learns_a_function_it_can_represent():
    random = np.random.default_rng(3)
    inputs = random.standard_normal((2000, DIMENSION)).astype(np.float32)
    targets = np.maximum(inputs @ random.standard_normal((DIMENSION, 2)), 0)
    training = NetworkTrainingSettings(steps=1500, batch_size=64, learning_rate=1e-2)
    (networks,) = train_networks(training, 64, inputs, [(np.arange(1500), targets[:1500])], SEED)
    errors = np.square(networks.predict(inputs[1500:])[0] - targets[1500:]).mean()
    assert errors < 0.02 * targets.var()


def test_divergence_is_an_error(inputs: np.ndarray, fits: list):
    training = NetworkTrainingSettings(steps=5, batch_size=8, learning_rate=1e30)
    with pytest.raises(RuntimeError, match="lower learning_rate"):
        train_networks(training, WIDTH, inputs, fits, SEED)
