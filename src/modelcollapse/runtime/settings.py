"""The base of every settings class: strict, immutable, and described by the docstring under each field."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A group of config keys. Unknown keys, wrong types and changes after construction are errors.

    The meaning of a key is the string below the field, which ``code_hash`` ignores: rewording it reruns nothing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)
