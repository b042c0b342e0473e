"""Weights of a GGUF file as our network, through the loader of `transformers`, which restores quantised values."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from modelcollapse.recursion.models.conversion import convert, shape_of
from modelcollapse.recursion.models.network import LanguageModel, Shape, rotary_frequencies
from modelcollapse.recursion.settings import RopeScaling

SCALING_TENSOR = "rope_freqs.weight"
"""By what the frequencies of the rotary positions are divided, [head width / 2]; `transformers` does not read it."""


def read_gguf(path: Path) -> LanguageModel:
    """The network in float32.

    Args:
        path: a file whose content was verified.

    Raises:
        ValueError: the file is damaged, or holds a variant that the network does not cover.
    """
    from gguf import GGUFReader
    from transformers import AutoModelForCausalLM

    try:
        reader = GGUFReader(path)
        theirs, report = AutoModelForCausalLM.from_pretrained(
            path.parent, gguf_file=path.name, dtype=torch.float32, output_loading_info=True
        )
    except Exception as error:  # the libraries raise a dozen unrelated types
        raise ValueError(f"{path} is no GGUF file that `transformers` can read ({error}).") from error
    shape = shape_of(theirs.config, str(path))
    _check_scaling_keys(path, reader)
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    if SCALING_TENSOR in tensors:
        divisors = torch.from_numpy(np.array(tensors.pop(SCALING_TENSOR).data, dtype=np.float32))
        shape = replace(shape, rope_scaling=_scaling_from(divisors, shape, path))
    state = theirs.state_dict()
    if shape.tied_embeddings:
        state.pop("lm_head.weight", None)
    if report["missing_keys"] or len(tensors) != len(state):
        raise ValueError(
            f"{path} holds {len(tensors)} tensors, but {shape.architecture} of {shape.layers} layers has {len(state)}: "
            "this variant is not covered."
        )
    return convert(state, shape)


def _check_scaling_keys(path: Path, reader: Any) -> None:
    """Refuse scalings of the rotary positions that `transformers` would pass over in silence."""
    for key, field in reader.fields.items():
        if key.endswith((".rope.scaling.type", ".rope.scale_linear")) and field.contents() not in ("none", 1.0):
            raise ValueError(f"{path} was made with {key} = {field.contents()!r}, which this engine does not compute.")


def _scaling_from(divisors: torch.Tensor, shape: Shape, path: Path) -> RopeScaling:
    """The scaling of Llama 3.1 and later that gives these divisors; llama.cpp stores them and not its factor."""
    scaling = RopeScaling(factor=max(1.0, float(divisors.max())))
    unscaled = rotary_frequencies(replace(shape, rope_scaling=None))
    expected = unscaled / rotary_frequencies(replace(shape, rope_scaling=scaling))
    if divisors.shape != expected.shape or not torch.allclose(divisors, expected, rtol=1e-4):
        raise ValueError(f"{path} scales its rotary positions in another way than Llama 3, which is not covered.")
    return scaling
