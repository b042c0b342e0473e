"""The base of every settings class: strict, immutable, and described by the docstring under each field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict


@dataclass(frozen=True)
class Reference:
    """Marks a key whose value names something else of the config: ``corpus: Annotated[str, Reference("text corpus")]``."""

    kind: Literal["text corpus", "image corpus", "tokenizer"]


class Settings(BaseModel):
    """A group of config keys. Unknown keys, wrong types, infinities and changes after construction are errors.

    The meaning of a key is the string below the field, which ``code_hash`` ignores: rewording it reruns nothing.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True, allow_inf_nan=False
    )
