"""Two-layer ReLU networks, many of one width trained side by side as one batched computation."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from modelcollapse.regression.images.settings import NetworkTrainingSettings
from modelcollapse.runtime.device import pick_device
from modelcollapse.runtime.seeds import generator, integer_seed

MOST_PARAMETERS = 50_000_000
"""Parameters trained side by side; networks beyond that wait for the next round."""
PREDICTED_ROWS = 2000

Fit = tuple[np.ndarray, np.ndarray]
"""Rows [n] of the training inputs, and targets [n, outputs] for them."""


class TwoLayerNetworks:
    """Networks f(x) = V max(0, W x + b) + c of one shape; every tensor has the networks as its first axis.

    Args:
        hidden: W transposed, [networks, dimension, width].
        hidden_bias: b, [networks, 1, width].
        readout: V transposed, [networks, width, outputs].
        readout_bias: c, [networks, 1, outputs].
    """

    def __init__(self, hidden: Tensor, hidden_bias: Tensor, readout: Tensor, readout_bias: Tensor) -> None:
        self.parameters = [hidden, hidden_bias, readout, readout_bias]

    def __call__(self, inputs: Tensor) -> Tensor:
        """Outputs [networks, rows, outputs] of inputs [networks, rows, dimension], or [rows, dimension] for all."""
        hidden, hidden_bias, readout, readout_bias = self.parameters
        inputs = inputs if inputs.dim() == 3 else inputs.expand(len(hidden), *inputs.shape)
        return torch.baddbmm(readout_bias, torch.relu(torch.baddbmm(hidden_bias, inputs, hidden)), readout)

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """Outputs float64 [networks, rows, outputs] of inputs float32 [rows, dimension]."""
        device = self.parameters[0].device
        with torch.no_grad():
            parts = [self(torch.from_numpy(part).to(device)).cpu() for part in _chunks(inputs)]
        return torch.cat(parts, dim=1).numpy().astype(np.float64)


def new_networks(count: int, dimension: int, width: int, outputs: int, seed: int) -> TwoLayerNetworks:
    """Equal networks: W ~ N(0, 2 / dimension) (He et al. 2015), the rest 0.

    For inputs whose entries have mean square 1. All of them begin alike, so that networks differ by their data alone,
    and as f = 0, since a random readout would leave a random function of its own between few training images.
    """
    random = torch.Generator().manual_seed(integer_seed(seed, "two-layer networks", dimension, width))
    hidden = torch.randn(dimension, width, generator=random) * math.sqrt(2 / dimension)
    tensors = (hidden, torch.zeros(1, width), torch.zeros(width, outputs), torch.zeros(1, outputs))
    device = pick_device()
    return TwoLayerNetworks(*(tensor.expand(count, *tensor.shape).clone().to(device) for tensor in tensors))


def train_networks(
    training: NetworkTrainingSettings, width: int, inputs: np.ndarray, fits: Sequence[Fit], seed: int
) -> list[TwoLayerNetworks]:
    """Trains one network per fit on mean_i |f(x_i) - y_i|^2, in rounds of as many as fit into memory.

    All networks begin with the same weights, and step t takes the images at the same relative places of every network's
    list of rows: fits on the same rows with other targets see the same batches.

    Args:
        training: optimiser.
        width: hidden units.
        inputs: float32 [images, dimension], entries of mean square about 1.
        fits: what is fitted; all with the same number of outputs.
        seed: names weights and batches.

    Returns:
        Networks of one round each, in the order of the fits.

    Raises:
        RuntimeError: a loss became NaN or infinite.
    """
    dimension, outputs = inputs.shape[1], fits[0][1].shape[1]
    per_round = max(1, MOST_PARAMETERS // ((dimension + 1) * width + (width + 1) * outputs))
    pool = torch.from_numpy(inputs).to(pick_device())
    rounds = []
    for first in range(0, len(fits), per_round):
        some = fits[first : first + per_round]
        networks = new_networks(len(some), dimension, width, outputs, seed)
        _train(networks, training, pool, some, seed)
        rounds.append(networks)
    return rounds


def _train(
    networks: TwoLayerNetworks, training: NetworkTrainingSettings, pool: Tensor, fits: Sequence[Fit], seed: int
) -> None:
    """Adam on the sum of all networks' losses: their gradients do not mix, and neither do Adam's moments."""
    sizes = np.array([len(rows) for rows, _ in fits])
    padded_rows = np.zeros((len(fits), sizes.max()), dtype=np.int64)
    padded_targets = np.zeros((len(fits), sizes.max(), fits[0][1].shape[1]), dtype=np.float32)
    for index, (rows, targets) in enumerate(fits):
        padded_rows[index, : len(rows)] = rows
        padded_targets[index, : len(rows)] = targets
    rows, targets = (torch.from_numpy(array).to(pool.device) for array in (padded_rows, padded_targets))
    for parameter in networks.parameters:
        parameter.requires_grad_()
    optimiser = torch.optim.Adam(networks.parameters, lr=training.learning_rate, fused=True)
    random = generator(seed, "batches of two-layer networks")
    which = torch.arange(len(fits), device=pool.device)[:, None]
    for step in range(training.steps):
        optimiser.param_groups[0]["lr"] = training.learning_rate * (1 - step / training.steps)
        places = (random.random(training.batch_size) * sizes[:, None]).astype(np.int64)
        batch = torch.from_numpy(places).to(pool.device)
        errors = networks(pool[rows[which, batch]]) - targets[which, batch]
        loss = errors.square().sum() / training.batch_size
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    if not torch.isfinite(loss):
        raise RuntimeError(
            f"The loss of a two-layer network is {loss.item()} after {training.steps} steps: lower learning_rate "
            f"(now {training.learning_rate:g})."
        )
    for parameter in networks.parameters:
        parameter.requires_grad_(False)


def _chunks(inputs: np.ndarray) -> list[np.ndarray]:
    return [inputs[start : start + PREDICTED_ROWS] for start in range(0, len(inputs), PREDICTED_ROWS)]
