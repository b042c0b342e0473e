"""The state of an unfinished fit in one safetensors file: weights, optimiser, best weights so far, position."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from modelcollapse.runtime.files import write_atomically
from modelcollapse.runtime.progress import say

FILE = "checkpoint.safetensors"


def save_checkpoint(
    folder: Path,
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    best: Mapping[str, Tensor] | None,
    position: Mapping[str, Any],
) -> None:
    """Write everything that a resumed fit needs; the previous checkpoint stays until the new one is whole."""
    tensors = {f"model/{name}": tensor.detach() for name, tensor in model.state_dict().items()}
    for name, parameter in model.named_parameters():
        for key, value in optimizer.state.get(parameter, {}).items():
            tensors[f"optimizer/{key}/{name}"] = torch.as_tensor(value)
    tensors |= {f"best/{name}": tensor for name, tensor in (best or {}).items()}
    cpu = {name: tensor.to("cpu").contiguous().clone() for name, tensor in tensors.items()}
    with write_atomically(folder / FILE) as temporary:
        facts = {"position": json.dumps(position), "checksum": str(_checksum(cpu))}
        save_file(cpu, temporary, metadata=facts)


def load_checkpoint(
    folder: Path, model: torch.nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[dict[str, Any], dict[str, Tensor] | None] | None:
    """Put a checkpoint's state into model and optimiser.

    Returns:
        the position and the best weights so far; None if there is no usable checkpoint (a damaged one is said aloud).
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as stored:
            facts = stored.metadata()
            position = json.loads(facts["position"])
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
        if str(_checksum(tensors)) != facts["checksum"]:
            raise KeyError("its checksum does not fit")
        own = {name: tensors[f"model/{name}"] for name in model.state_dict()}
    except (SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
        say(f"The checkpoint {path} is damaged ({error}); this fit starts from its beginning.")
        return None
    model.load_state_dict(own)
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
    return position, best or None


def _checksum(tensors: Mapping[str, Tensor]) -> int:
    """CRC-32 of all values; safetensors itself does not notice a changed bit."""
    total = 0
    for name in sorted(tensors):
        total = zlib.crc32(tensors[name].numpy(), total)
    return total
