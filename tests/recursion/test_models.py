"""Building, saving and loading models."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file

from modelcollapse.recursion.models.model_files import build_model, load_model, save_model, shape_from
from modelcollapse.recursion.models.network import LanguageModel, Shape, initialise
from modelcollapse.recursion.settings import ModelSettings, RopeScaling

SMALL = {"width": 16, "layers": 1, "heads": 2, "positions": 16}
# OPT: Zhang et al. 2022; the others: counts that Gerstgrasser et al.'s runs logged, from which the sizes are recovered
PUBLISHED = {
    "opt-125m": (Shape("opt", 50272, 768, 12, 12, 3072, 2048), 125_239_296),
    "opt-350m": (
        Shape("opt", 50272, 1024, 24, 16, 4096, 2048, embedding_width=512, norm_first=False),
        331_196_416,
    ),
    "gpt2-9m": (Shape("gpt2", 8000, 256, 8, 16, 1024, 2048), 8_890_880),
    "llama-12m": (Shape("llama", 8000, 256, 8, 16, 1024, 2048), 12_488_960),
    "llama-42m": (Shape("llama", 8000, 512, 8, 16, 2048, 2048), 41_755_136),
    "llama-126m": (Shape("llama", 8000, 768, 12, 12, 3072, 2048), 125_553_408),
}
# parameter counts of the weights on the hub
SMALL_MODELS = {
    "SmolLM2-135M": (
        {"architecture": "llama", "width": 576, "layers": 30, "heads": 9, "key_value_heads": 3, "feed_forward": 1536},
        {"vocabulary": 49_152, "parameters": 134_515_008},
    ),
    "Qwen2.5-0.5B": (
        {"architecture": "qwen2", "width": 896, "layers": 24, "heads": 14, "key_value_heads": 2, "feed_forward": 4864},
        {"vocabulary": 151_936, "parameters": 494_032_768},
    ),
    "Qwen3-0.6B": (
        {
            "architecture": "qwen3",
            "width": 1024,
            "layers": 28,
            "heads": 16,
            "key_value_heads": 8,
            "head_width": 128,
            "feed_forward": 3072,
        },
        {"vocabulary": 151_936, "parameters": 596_049_920},
    ),
    "Llama-3.2-1B": (
        {
            "architecture": "llama",
            "width": 2048,
            "layers": 16,
            "heads": 32,
            "key_value_heads": 8,
            "feed_forward": 8192,
            "rope_theta": 500_000.0,
            "rope_scaling": RopeScaling(factor=32.0),
        },
        {"vocabulary": 128_256, "parameters": 1_235_814_400},
    ),
}


def parameters_of(shape):
    with torch.device("meta"):
        model = LanguageModel(shape)
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize("name", PUBLISHED)
def test_sizes_of_the_papers_have_the_published_parameter_counts(name):
    shape, parameters = PUBLISHED[name]
    assert parameters_of(shape) == parameters


@pytest.mark.parametrize("name", SMALL_MODELS)
def test_settings_describe_the_small_models_of_today(name):
    options, published = SMALL_MODELS[name]
    settings = ModelSettings(**options, tied_embeddings=True)
    assert parameters_of(shape_from(settings, published["vocabulary"])) == published["parameters"]


def test_weights_depend_on_the_seed_and_not_on_the_global_generator():
    torch.manual_seed(0)
    first = build_model(ModelSettings(**SMALL), 30, seed=1)
    torch.manual_seed(1)
    again, other = build_model(ModelSettings(**SMALL), 30, seed=1), build_model(ModelSettings(**SMALL), 30, seed=2)
    assert torch.equal(first.embedding.weight, again.embedding.weight)
    assert not torch.equal(first.embedding.weight, other.embedding.weight)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"heads": 3}, "width 16 is not a multiple of heads 3"),
        ({"heads": 4, "key_value_heads": 3}, "heads 4 is not a multiple of key_value_heads 3"),
        ({"architecture": "llama", "heads": 16}, "heads of width 1 cannot be rotated"),
    ],
)
def test_heads_that_do_not_fit_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        ModelSettings(**SMALL | options)


@pytest.mark.parametrize(
    "shape",
    [
        Shape("opt", 30, 16, 1, 2, 32, 16, embedding_width=8, norm_first=False),
        Shape("gpt2", 30, 16, 1, 2, 32, 16, dropout=0.1),
        Shape("llama", 30, 16, 1, 2, 32, 16),
        Shape("llama", 30, 16, 1, 4, 32, 16, key_value_heads=2, rope_scaling=RopeScaling(factor=4.0)),
        Shape("qwen2", 30, 16, 1, 4, 32, 16, key_value_heads=2, tied_embeddings=True, rope_theta=1e6),
        Shape("qwen3", 30, 16, 1, 2, 32, 16, head_width=12, norm_epsilon=1e-3),
    ],
)
def test_what_is_saved_is_what_is_loaded(shape, tmp_path):
    model = LanguageModel(shape).eval()
    initialise(model, torch.Generator().manual_seed(0))
    model.tokenizer = "a fingerprint"
    save_model(model, tmp_path / "model.safetensors")
    loaded = load_model(tmp_path / "model.safetensors").eval()
    assert (loaded.shape, loaded.tokenizer) == (shape, "a fingerprint")
    ids = torch.arange(12).view(2, 6)
    with torch.no_grad():
        assert torch.equal(model(ids), loaded(ids))


def test_saving_twice_gives_the_same_bytes(tmp_path):
    model = build_model(ModelSettings(**SMALL), 30, seed=0)
    for name in ("a", "b"):
        save_model(model, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_damaged_and_foreign_files_are_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    save_model(build_model(ModelSettings(**SMALL), 30, seed=0), path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"model\.safetensors .*Delete it and run the same command again"):
        load_model(path)
    save_file({"weight": torch.zeros(2)}, path)
    with pytest.raises(ValueError, match="not a readable model of this package"):
        load_model(path)
