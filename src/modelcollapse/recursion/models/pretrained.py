"""Published weights: from a local folder, the hub at a pinned revision or a GGUF file into one file of ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from modelcollapse.corpora import gguf_file, hub
from modelcollapse.corpora.tokenizers import fingerprint
from modelcollapse.corpora.tokenizers import load_pretrained as load_tokenizer
from modelcollapse.recursion.models.conversion import EXPECTED, check_type, convert, shape_of
from modelcollapse.recursion.models.gguf_weights import read_gguf
from modelcollapse.recursion.models.model_files import save_model
from modelcollapse.recursion.models.network import LanguageModel
from modelcollapse.recursion.settings import ModelSettings
from modelcollapse.runtime.files import sha256, write_atomically

# settled names of `transformers`; safetensors first, because they carry no code
WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")
# what the weights of a family are stored under; some checkpoints leave it out
ROOTS = {kind: "transformer." if kind == "gpt2" else "model." for kind in EXPECTED}

Find = Callable[[str], Path | None]


def fetch_weights(settings: ModelSettings, outputs: dict[str, Path]) -> None:
    """Write published weights as one file of ours, in float32.

    Args:
        settings: ``pretrained`` and, for a hub name, ``revision``, for a ``.gguf`` file ``sha256``; the sizes are those
            of the weights.
        outputs: ``model``; ``record``: JSON with origin, the weight files' sha256, sizes, number of
            parameters, the fingerprint of the tokenizer that belongs to them (null where the source has none).

    Raises:
        ValueError: no name, no pinned revision or sha256, a missing or damaged file, or a variant that is not covered.
        RuntimeError: the hub cannot be reached, or a package that reads GGUF files is missing.
    """
    model, files = load_pretrained(settings.pretrained, settings.revision, settings.sha256)
    save_model(model, outputs["model"])
    facts = {
        "pretrained": settings.pretrained,
        "revision": settings.revision,
        "files": {path.name: sha256(path) for path in files},
        "shape": model.shape.facts(),
        "tokenizer": model.tokenizer,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }
    with write_atomically(outputs["record"]) as temporary:
        temporary.write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def load_pretrained(
    name: str | None, revision: str | None = None, sha256: str | None = None
) -> tuple[LanguageModel, list[Path]]:
    """Published weights as our network, and the files they came from. No code of the weights is ever run.

    Args:
        name: local folder with ``config.json`` and ``model.safetensors`` or ``pytorch_model.bin`` (or their shards),
            or a hub repository, or a local ``.gguf`` file.
        revision: commit of the hub repository, 40 hex digits.
        sha256: of the ``.gguf`` file, 64 hex digits.

    Raises:
        ValueError, RuntimeError: as in ``fetch_weights``.
    """
    if name is None:
        raise ValueError("There are no weights to fetch: set `pretrained` to a hub name or a local folder.")
    if gguf_file.is_gguf(name):
        path = gguf_file.verified(name, sha256)
        model = read_gguf(path)
        model.tokenizer = fingerprint(load_tokenizer(name, sha256=sha256))
        return model, [path]
    find = _finder(name, revision)
    config_file = find("config.json")
    if config_file is None:
        raise ValueError(f"{name} has no config.json: it holds no weights in the format of `transformers`.")
    config = json.loads(config_file.read_text(encoding="utf-8"))
    shape = shape_of(_complete(config, name), name)
    files = _weight_files(find, name)
    root = ROOTS[shape.architecture]
    state: dict[str, Tensor] = {}
    for path in files:
        for key, tensor in _read(path).items():
            key = key if key.startswith((root, "lm_head.")) else root + key
            state[key] = tensor.float() if tensor.is_floating_point() else tensor
    model = convert(state, shape)
    if find("tokenizer.json") or (find("vocab.json") and find("merges.txt")):
        model.tokenizer = fingerprint(load_tokenizer(name, revision))
    return model, files


def _finder(name: str, revision: str | None) -> Find:
    folder = Path(name)
    if folder.is_dir():
        return lambda file: folder / file if (folder / file).is_file() else None
    if folder.is_absolute() or name.startswith((".", "~")) or name.count("/") != 1:
        raise ValueError(f"The folder {name} does not exist, and it is no hub name such as facebook/opt-125m.")
    return lambda file: hub.repository_file(name, file, revision)


def _complete(config: dict[str, Any], name: str) -> Any:
    """The config with the defaults of `transformers` for what it does not say."""
    check_type(config.get("model_type"), name)
    from transformers import AutoConfig

    return AutoConfig.for_model(**config)


def _weight_files(find: Find, name: str) -> list[Path]:
    for file in WEIGHT_FILES:
        found = find(file)
        if found is not None:
            return [found]
        index = find(f"{file}.index.json")
        if index is not None:
            shards = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
            found_shards = {shard: find(shard) for shard in shards}
            missing = [shard for shard, path in found_shards.items() if path is None]
            if missing:
                raise ValueError(f"{name} lacks {missing[0]}, which its index names: copy or download it again.")
            return [path for path in found_shards.values() if path is not None]
    raise ValueError(f"{name} has neither {' nor '.join(WEIGHT_FILES)}: it holds no PyTorch weights.")


def _read(path: Path) -> dict[str, Tensor]:
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        # weights_only: a pickle could run any code
        return torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise ValueError(f"{path} is damaged ({error}). Delete it, copy or download it again.") from error
    except Exception as error:  # pickle's own error, raised for anything that is not plain weights
        raise ValueError(f"{path} is no file of plain weights ({type(error).__name__}): it was not loaded.") from error
