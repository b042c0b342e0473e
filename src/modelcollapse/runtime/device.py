"""Where tensors live, and how many threads a step may use."""

from __future__ import annotations

import os

import torch

THREADS_VARIABLE = "MODELCOLLAPSE_THREADS"
DEVICE_VARIABLE = "MODELCOLLAPSE_DEVICE"


def pick_device(name: str | None = None) -> torch.device:
    """The device to compute on: ``name``, or ``MODELCOLLAPSE_DEVICE``, or CUDA where there is one, or the CPU.

    Raises:
        RuntimeError: CUDA was asked for by name and there is none.
    """
    name = name or os.environ.get(DEVICE_VARIABLE, "auto")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise RuntimeError(
            f"The device {name!r} was asked for, but PyTorch sees no CUDA device here. "
            f"Unset {DEVICE_VARIABLE}, set it to 'cpu', or run on a machine with a GPU."
        )
    return torch.device(name)


def single_thread() -> int:
    """Use the threads the step was given (default 1) and deterministic algorithms; return the number of threads.

    Results depend on the number of threads, so it is part of a step's parameters.
    """
    threads = int(os.environ.get(THREADS_VARIABLE, "1"))
    torch.set_num_threads(threads)
    if torch.cuda.is_available():
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
    torch.use_deterministic_algorithms(True, warn_only=True)
    return threads
