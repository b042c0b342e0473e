"""Where tensors live, and how many threads a step may use."""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch

Device = Literal["auto", "cpu", "cuda"]


class _Chosen:
    """What this process was told to use."""

    device: str = "auto"
    threads: int = 1


def use(device: Device = "auto", threads: int = 1) -> None:
    """Set the device and the number of threads of this process, before it computes anything."""
    _Chosen.device, _Chosen.threads = device, threads


def resolve_device(device: Device) -> str:
    """``cpu`` or ``cuda``: what ``auto`` means on this machine, found without importing PyTorch."""
    if device != "auto":
        return device
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    has_gpu = Path("/dev/nvidia0").exists() or Path("/dev/nvidiactl").exists()
    return "cuda" if has_gpu and visible not in ("", "-1") and "+cpu" not in metadata.version("torch") else "cpu"


def pick_device() -> torch.device:
    """The device to compute on, as told by ``use``.

    Raises:
        RuntimeError: CUDA was asked for, and PyTorch sees none.
    """
    import torch

    name = resolve_device(_Chosen.device)
    if name == "cuda" and not torch.cuda.is_available():
        raise RuntimeError(
            "The device 'cuda' was asked for, but PyTorch sees no CUDA device here. "
            "Give --device cpu (for Snakemake: --config device=cpu), or run on a machine with a GPU."
        )
    return torch.device(name)


def single_thread() -> int:
    """Use the threads the step was given (default 1) and deterministic algorithms; return the number of threads.

    Results depend on the number of threads, so it is part of a step's parameters.
    """
    import torch

    torch.set_num_threads(_Chosen.threads)
    if torch.cuda.is_available():
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
    torch.use_deterministic_algorithms(True, warn_only=True)
    return _Chosen.threads
