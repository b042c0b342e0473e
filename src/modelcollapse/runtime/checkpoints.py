"""Checkpoints: what an unfinished step has computed so far, in one file that is whole or not used."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from modelcollapse.runtime.files import write_atomically
from modelcollapse.runtime.progress import say


@dataclass(frozen=True)
class Checkpoint:
    """Arrays by name, and facts that JSON can hold."""

    arrays: dict[str, np.ndarray]
    facts: dict[str, Any] = field(default_factory=dict)


def write_checkpoint(path: Path, identity: str, checkpoint: Checkpoint) -> None:
    """Write one safetensors file; the previous checkpoint of that name stays until the new one is whole.

    Args:
        path: the file.
        identity: what the checkpoint depends on (settings, seed, data), as any text.
        checkpoint: the content.
    """
    arrays = {name: np.asarray(array, order="C") for name, array in checkpoint.arrays.items()}
    facts = json.dumps(checkpoint.facts)
    metadata = {"identity": identity, "facts": facts, "sha256": _digest(identity, facts, arrays)}
    with write_atomically(path) as temporary:
        save_file(arrays, temporary, metadata=metadata)


def read_checkpoint(path: Path, identity: str) -> Checkpoint | None:
    """The checkpoint, or None where there is none that can be used.

    A damaged checkpoint, and one of another ``identity``, is said aloud and not used.
    """
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="np") as stored:
            metadata = stored.metadata() or {}
            arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
        if metadata["sha256"] != _digest(metadata["identity"], metadata["facts"], arrays):
            raise ValueError("its content does not have the recorded sha256")
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        say(f"The checkpoint {path} is damaged ({error}); it is not used, and its work is done again.")
        return None
    if metadata["identity"] != identity:
        say(f"The checkpoint {path} belongs to other settings or data; it is not used.")
        return None
    return Checkpoint(arrays, json.loads(metadata["facts"]))


def _digest(identity: str, facts: str, arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 of everything; safetensors itself does not notice a changed bit."""
    names = sorted(arrays)
    described = [(name, arrays[name].dtype.str, arrays[name].shape) for name in names]
    digest = hashlib.sha256(json.dumps([identity, facts, described]).encode())
    for name in names:
        digest.update(arrays[name].reshape(-1).data)
    return digest.hexdigest()
