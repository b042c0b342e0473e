"""What can be set about human text and images, and about tokenizers. Every field is a key of the config files."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from modelcollapse.runtime.settings import Published, Settings


class CorpusSettings(Settings):
    """One prepared corpus of human text or images."""

    source: Literal["pydocs", "storyworld", "digits", "wikitext", "tinystories", "mnist"]
    """Where it comes from: `pydocs`, `storyworld` and `digits` need no network; the others are published."""
    packages: list[str] | None = None
    """`pydocs`: installed packages whose docstrings are harvested; null means the source's own list."""
    train: Annotated[int | None, Field(ge=1)] = None
    """Training documents (images), from the start; null means all (`storyworld`: 10,000)."""
    validation: Annotated[int | None, Field(ge=1)] = None
    """Validation documents; null means all (`storyworld`: 1,000). Images have none."""
    test: Annotated[int | None, Field(ge=1)] = None
    """Test documents (images); null means all (`storyworld`: 1,000)."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the splits (`pydocs`, `digits`) or of the draw (`storyworld`); published splits do not depend on it."""


class TokenizerSettings(Settings):
    """One tokenizer."""

    kind: Annotated[Literal["bpe", "words", "pretrained"], Published("pretrained")] = "bpe"
    """Byte-level BPE trained here, closed word list (for `storyworld`), or a published tokenizer."""
    corpora: list[str] = []
    """Corpora on whose training split a `bpe` or `words` tokenizer is trained."""
    vocabulary: Annotated[int, Field(ge=260), Published(50265)] = 2048
    """Number of tokens of a `bpe` tokenizer, special tokens included."""
    pretrained: Annotated[str | None, Published("facebook/opt-125m")] = None
    """Hub name, local folder (`tokenizer.json`, or `vocab.json` and `merges.txt`) or local `.gguf` file."""
    revision: str | None = None
    """Commit of the hub repository, 40 hex digits; required with a hub name."""
    sha256: str | None = None
    """SHA-256 of the `.gguf` file, 64 hex digits; required with one, and read for nothing else."""
