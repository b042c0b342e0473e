"""The state of an unfinished fit as a checkpoint: weights, optimiser, best weights so far, position."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from modelcollapse.runtime.checkpoints import Checkpoint, read_checkpoint, write_checkpoint

FILE = "checkpoint.safetensors"


def save_state(
    folder: Path,
    identity: str,
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    best: Mapping[str, Tensor] | None,
    position: Mapping[str, Any],
) -> None:
    """Write everything that a resumed fit needs.

    Args:
        folder: where the checkpoint lies.
        identity: what the fit depends on, as any text.
        model: its weights now.
        optimizer: its moments now.
        best: the weights to return if no later epoch is better.
        position: where the fit is, as JSON can hold it.
    """
    tensors = {f"model/{name}": tensor for name, tensor in model.state_dict().items()}
    for name, parameter in model.named_parameters():
        for key, value in optimizer.state.get(parameter, {}).items():
            tensors[f"optimizer/{key}/{name}"] = torch.as_tensor(value)
    tensors |= {f"best/{name}": tensor for name, tensor in (best or {}).items()}
    arrays = {name: tensor.detach().cpu().numpy() for name, tensor in tensors.items()}
    write_checkpoint(folder / FILE, identity, Checkpoint(arrays, dict(position)))


def load_state(
    folder: Path, identity: str, model: torch.nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[dict[str, Any], dict[str, Tensor] | None] | None:
    """Put a checkpoint's state into model and optimiser.

    Returns:
        the position and the best weights so far; None if there is no usable checkpoint.
    """
    checkpoint = read_checkpoint(folder / FILE, identity)
    if checkpoint is None:
        return None
    tensors = {name: torch.from_numpy(array) for name, array in checkpoint.arrays.items()}
    model.load_state_dict({name: tensors[f"model/{name}"] for name in model.state_dict()})
    for name, parameter in model.named_parameters():
        prefix, suffix = "optimizer/", f"/{name}"
        state = {
            key[len(prefix) : -len(suffix)]: value
            for key, value in tensors.items()
            if key.startswith(prefix) and key.endswith(suffix) and key.count("/") == 2
        }
        if state:
            optimizer.state[parameter] = {key: value.to(parameter.device) for key, value in state.items()}
    best = {name.removeprefix("best/"): tensor for name, tensor in tensors.items() if name.startswith("best/")}
    return checkpoint.facts, best or None
