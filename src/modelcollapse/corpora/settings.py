"""What can be set about human text and images, and about tokenizers. Every field is a key of the config files."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from modelcollapse.corpora.sources import find_source, has_prompts
from modelcollapse.runtime.settings import Reference, Settings

Share = Annotated[float, Field(gt=0, lt=1)]


class SplitShares(Settings):
    """How the documents of one's own files are divided; the shares sum to 1."""

    train: Share
    """Share of the training split."""
    validation: Share
    """Share of the validation split."""
    test: Share
    """Share of the test split."""

    @model_validator(mode="after")
    def _sum_to_one(self) -> SplitShares:
        total = self.train + self.validation + self.test
        if not math.isclose(total, 1, abs_tol=1e-9):
            raise ValueError(f"the shares of train, validation and test sum to {total:g}, but they must sum to 1")
        return self


class SplitFiles(Settings):
    """Which of one's own files holds which split: names below `path`, each a file or a folder."""

    train: str
    """File or folder of the training split."""
    validation: str
    """File or folder of the validation split."""
    test: str
    """File or folder of the test split."""

    @model_validator(mode="after")
    def _differ(self) -> SplitFiles:
        if len({self.train, self.validation, self.test}) < 3:
            raise ValueError("train, validation and test must be three different files or folders")
        return self


class CorpusSettings(Settings):
    """One prepared corpus of human text or images."""

    source: str
    """Where it comes from: `pydocs`, `storyworld` and `digits` need no network; `wikitext`, `tinystories` and `mnist`
    are fetched; `files` are your own."""
    packages: list[str] | None = None
    """`pydocs`: installed packages whose docstrings are harvested; null means the source's own list."""
    pairs: bool = False
    """`pydocs`: prompts and texts instead of paragraphs: qualified name and summary, then the extended description."""
    path: str | None = None
    """`files`: file, or folder read with its subfolders: `.txt`, `.jsonl` and `.csv` (also `.gz`), `.parquet`."""
    text_column: str | None = None
    """`files`: column (key of JSONL) with the text; text files need none."""
    prompt_column: str | None = None
    """`files`: column with the prompt that the text continues; null means that there are no prompts."""
    document: Literal["file", "paragraph", "line"] = "file"
    """`files`: what one document is in a `.txt` file; paragraphs are set apart by blank lines."""
    licence: str | None = None
    """`files`: licence of the texts, as it is to be recorded; required."""
    shares: SplitShares | None = None
    """`files`: shares of the splits; null means 0.8, 0.1 and 0.1, unless there are `split_files`."""
    split_files: SplitFiles | None = None
    """`files`: the file or folder of each split, where the texts are already divided."""
    prompt_tokens: Annotated[int | None, Field(ge=3)] = None
    """Corpora with prompts: most tokens of a prompt, the begin token and the separator included; null means all."""
    train: Annotated[int | None, Field(ge=1)] = None
    """Training documents (images), from the start; null means all (`storyworld`: 10,000)."""
    validation: Annotated[int | None, Field(ge=1)] = None
    """Validation documents; null means all (`storyworld`: 1,000). Images have none."""
    test: Annotated[int | None, Field(ge=1)] = None
    """Test documents (images); null means all (`storyworld`: 1,000)."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the splits (`pydocs`, `digits`, `files`) or of the draw (`storyworld`); published splits have none."""

    @field_validator("source")
    @classmethod
    def _exists(cls, name: str) -> str:
        find_source(name)
        return name

    @model_validator(mode="after")
    def _suits_the_source(self) -> CorpusSettings:
        source = find_source(self.source)
        for name, field in type(self).model_fields.items():
            if name != "source" and name not in source.OPTIONS and getattr(self, name) != field.default:
                raise ValueError(
                    f"'{name}' has no effect with the source '{self.source}', which reads {', '.join(source.OPTIONS)}"
                )
        for split, most in getattr(source, "DOCUMENTS", {}).items():
            wanted = getattr(self, split)
            if wanted is not None and wanted > most:
                raise ValueError(
                    f"'{split}' asks for {wanted} documents, but '{self.source}' has {most}: lower it, or set it to "
                    "null for all"
                )
        if hasattr(source, "check"):
            source.check(self)
        if self.prompt_tokens is not None and not has_prompts(self):
            raise ValueError("'prompt_tokens' has no effect, because this corpus has no prompts")
        return self


class TokenizerSettings(Settings):
    """One tokenizer."""

    kind: Literal["bpe", "words", "pretrained"] = "bpe"
    """Byte-level BPE trained here, closed word list (for `storyworld`), or a published tokenizer."""
    corpora: Annotated[list[str], Reference("text corpus")] = []
    """Corpora on whose training split a `bpe` or `words` tokenizer is trained."""
    vocabulary: Annotated[int, Field(ge=260)] = 2048
    """Number of tokens of a `bpe` tokenizer, special tokens included."""
    pretrained: str | None = None
    """Hub name, local folder (`tokenizer.json`, or `vocab.json` and `merges.txt`) or local `.gguf` file."""
    revision: str | None = None
    """Commit of the hub repository, 40 hex digits; required with a hub name."""
    sha256: str | None = None
    """SHA-256 of the `.gguf` file, 64 hex digits; required with one, and read for nothing else."""
