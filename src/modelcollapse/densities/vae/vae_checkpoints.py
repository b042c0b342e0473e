"""Checkpoints of a VAE chain: finished generations in a work folder that survives a kill."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from modelcollapse.runtime.files import sha256, write_atomically
from modelcollapse.runtime.progress import say


@dataclass(frozen=True)
class Checkpoint:
    """A finished generation (or the classifier): tensors by name, and what was measured."""

    tensors: dict[str, Tensor]
    measured: dict[str, Any]


def write_checkpoint(work: Path, name: str, identity: str, checkpoint: Checkpoint) -> None:
    """Writes ``<name>.safetensors``, then ``<name>.json``, whose hash of the first file completes the pair."""
    tensors = _tensor_file(work, name)
    with write_atomically(tensors) as temporary:
        save_file({key: value.detach().cpu().contiguous() for key, value in checkpoint.tensors.items()}, temporary)
    record = {"identity": identity, "sha256": sha256(tensors), "measured": checkpoint.measured}
    with write_atomically(_record_file(work, name)) as temporary:
        temporary.write_text(json.dumps(record, indent=1))


def read_checkpoint(work: Path, name: str, identity: str) -> Checkpoint | None:
    """The checkpoint, or None where there is none that can be used.

    A damaged checkpoint, and one of other settings, seed or images (another ``identity``), is said aloud and not used.
    """
    record_file = _record_file(work, name)
    if not record_file.exists():
        return None
    try:
        record = json.loads(record_file.read_text())
        if record["identity"] != identity:
            say(f"Warning: checkpoint {record_file} belongs to other settings or data; it is not used.")
            return None
        if record["sha256"] != sha256(_tensor_file(work, name)):
            raise ValueError("its content does not have the recorded sha256")
        return Checkpoint(load_file(_tensor_file(work, name)), record["measured"])
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        say(f"Warning: checkpoint {name} in {work} is damaged ({error}); it is discarded and computed again.")
        return None


def _tensor_file(work: Path, name: str) -> Path:
    return work / f"{name}.safetensors"


def _record_file(work: Path, name: str) -> Path:
    return work / f"{name}.json"
