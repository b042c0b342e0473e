"""GGUF files (the format of llama.cpp): one local file that holds weights and their tokenizer, pinned by its sha256."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from modelcollapse.runtime.files import sha256

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PACKAGES = ("gguf", "accelerate")
"""What `transformers` needs to read such a file."""


def is_gguf(name: str) -> bool:
    """Whether the name is that of a GGUF file."""
    return name.endswith(".gguf")


def verified(name: str, expected: str | None) -> Path:
    """The file, if it has the sha256 that is expected of it.

    Raises:
        ValueError: it is missing, no sha256 is given, or it has another one.
        RuntimeError: a package that reads such files is not installed.
    """
    path = Path(name)
    if not path.is_file():
        raise ValueError(f"The GGUF file {name} does not exist: correct `pretrained`, or copy the file there.")
    found = sha256(path)
    if expected is None:
        raise ValueError(f"{name} needs its pinned `sha256`; if you trust this file, set it to {found}.")
    if found != expected:
        raise ValueError(f"{name} has the sha256 {found}, but `sha256` says {expected}: this is another file.")
    missing = [package for package in PACKAGES if find_spec(package) is None]
    if missing:
        raise RuntimeError(f"{name} cannot be read without {missing[0]}: install it with `pip install -e '.[gguf]'`.")
    return path


def read_tokenizer(path: Path) -> Tokenizer:
    """The file's tokenizer, as `transformers` restores it; ``path`` is ``verified``.

    Vocabulary and merges are those of the file. The rule that cuts text into words before merging is not in it, only that
    rule's name: `transformers` takes the one of the model's family.

    Raises:
        ValueError: the file holds no tokenizer that `transformers` can restore.
    """
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name).backend_tokenizer
    except Exception as error:  # the library raises a dozen unrelated types
        raise ValueError(f"{path} holds no tokenizer that `transformers` can restore ({error}).") from error
