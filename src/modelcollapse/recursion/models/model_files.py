"""Build, save and load language models."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from modelcollapse.recursion.models.network import LanguageModel, Shape, initialise
from modelcollapse.recursion.settings import ModelSettings
from modelcollapse.runtime.files import write_atomically
from modelcollapse.runtime.seeds import integer_seed


def shape_from(settings: ModelSettings, vocabulary: int) -> Shape:
    """The shape that the settings describe."""
    return Shape(
        architecture=settings.architecture,
        vocabulary=vocabulary,
        width=settings.width,
        layers=settings.layers,
        heads=settings.heads,
        feed_forward=settings.feed_forward or 4 * settings.width,
        positions=settings.positions,
        dropout=settings.dropout,
        norm_epsilon=settings.norm_epsilon,
        key_value_heads=settings.key_value_heads,
        head_width=settings.head_width,
        tied_embeddings=settings.tied_embeddings,
        rope_theta=settings.rope_theta,
        rope_scaling=settings.rope_scaling,
    )


def build_model(settings: ModelSettings, vocabulary: int, seed: int) -> LanguageModel:
    """A model with random weights that depend on the shape and the seed only."""
    model = LanguageModel(shape_from(settings, vocabulary))
    initialise(model, torch.Generator().manual_seed(integer_seed("weights", seed)))
    return model


def save_model(model: LanguageModel, path: str | Path) -> None:
    """Write weights, shape and the tokenizer's fingerprint into one safetensors file."""
    facts = {"modelcollapse": json.dumps(model.shape.facts(), sort_keys=True)}
    if model.tokenizer is not None:
        facts["tokenizer"] = model.tokenizer
    weights = {name: tensor.detach().to("cpu").contiguous() for name, tensor in model.state_dict().items()}
    with write_atomically(path) as temporary:
        save_file(weights, temporary, metadata=facts)


def load_model(path: str | Path, device: torch.device | str = "cpu") -> LanguageModel:
    """The model that ``save_model`` wrote.

    Raises:
        ValueError: the file is damaged or not one of ours.
    """
    try:
        with safe_open(path, framework="pt", device=str(device)) as stored:
            facts = stored.metadata() or {}
            shape = Shape.from_facts(json.loads(facts["modelcollapse"]))
            weights = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except (SafetensorError, KeyError, json.JSONDecodeError) as error:
        raise ValueError(
            f"{path} is not a readable model of this package ({error}). Delete it and run the same command again."
        ) from error
    with torch.device("meta"):
        model = LanguageModel(shape)
    model.load_state_dict(weights, assign=True)
    model.tokenizer = facts.get("tokenizer")
    return model
