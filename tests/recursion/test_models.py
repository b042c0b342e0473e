"""Building, saving and loading models."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file

from modelcollapse.recursion.models.model_files import SIZES, build_from_shape, build_model, load_model, save_model
from modelcollapse.recursion.models.network import LanguageModel, Shape
from modelcollapse.recursion.settings import ModelSettings

SMALL = {"width": 16, "layers": 1, "heads": 2, "positions": 16}
# OPT: Zhang et al. 2022; the others: counts that Gerstgrasser et al.'s runs logged
PUBLISHED_PARAMETERS = {
    "opt-125m": 125_239_296,
    "opt-350m": 331_196_416,
    "gpt2-9m": 8_890_880,
    "llama-12m": 12_488_960,
    "llama-42m": 41_755_136,
    "llama-126m": 125_553_408,
}


def test_named_sizes_have_the_published_parameter_counts():
    assert SIZES.keys() == PUBLISHED_PARAMETERS.keys()
    for name, shape in SIZES.items():
        with torch.device("meta"):
            model = LanguageModel(shape)
        assert sum(parameter.numel() for parameter in model.parameters()) == PUBLISHED_PARAMETERS[name], name


def test_weights_depend_on_the_seed_and_not_on_the_global_generator():
    torch.manual_seed(0)
    first = build_model(ModelSettings(**SMALL), 30, seed=1)
    torch.manual_seed(1)
    again, other = build_model(ModelSettings(**SMALL), 30, seed=1), build_model(ModelSettings(**SMALL), 30, seed=2)
    assert torch.equal(first.embedding.weight, again.embedding.weight)
    assert not torch.equal(first.embedding.weight, other.embedding.weight)


def test_a_width_that_the_heads_do_not_divide_is_refused():
    with pytest.raises(ValueError, match="16 is not a multiple of the 3 heads"):
        build_model(ModelSettings(**SMALL | {"heads": 3}), 30, seed=0)


@pytest.mark.parametrize(
    "shape",
    [
        Shape("opt", 30, 16, 1, 2, 32, 16, embedding_width=8, norm_first=False),
        Shape("gpt2", 30, 16, 1, 2, 32, 16, dropout=0.1),
        Shape("llama", 30, 16, 1, 2, 32, 16),
    ],
)
def test_what_is_saved_is_what_is_loaded(shape, tmp_path):
    model = build_from_shape(shape, seed=0).eval()
    save_model(model, tmp_path / "model.safetensors")
    loaded = load_model(tmp_path / "model.safetensors").eval()
    assert loaded.shape == shape
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
