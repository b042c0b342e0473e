"""The key table of ``config/README.md``, made from the schema."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from modelcollapse.configuration.schema import Config

BEGIN, END = "<!-- keys:begin -->", "<!-- keys:end -->"
REPAIR = "modelcollapse document-config"


def key_table() -> str:
    """Markdown table of every key: type, default, meaning."""
    lines = ["| key | type | default | meaning |", "|---|---|---|---|"]
    for key, field in _walk(Config, ""):
        default = "required" if field.is_required() else _show(field.get_default(call_default_factory=True))
        meaning = (field.description or "").replace("\n", " ").replace("|", "\\|")
        lines.append(f"| `{key}` | {_type_name(field)} | {default} | {meaning} |")
    return "\n".join(lines) + "\n"


def write_reference(readme: Path) -> None:
    """Put the key table between the two marks of ``config/README.md``.

    Raises:
        ValueError: the marks are missing.
    """
    text = readme.read_text(encoding="utf-8")
    readme.write_text(_with_table(text, readme), encoding="utf-8")


def is_current(readme: Path) -> bool:
    """Whether the table in the file is the schema's."""
    text = readme.read_text(encoding="utf-8")
    return _with_table(text, readme) == text


def _with_table(text: str, readme: Path) -> str:
    if BEGIN not in text or END not in text:
        raise ValueError(f"{readme} has lost its marks {BEGIN} and {END}: restore them, then run '{REPAIR}'.")
    pattern = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    return pattern.sub(lambda _: f"{BEGIN}\n{key_table()}{END}", text)


def _walk(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        key = f"{prefix}{name}"
        nested, is_mapping = _nested(field.annotation)
        yield key, field
        if nested is not None:
            yield from _walk(nested, f"{key}.<name>." if is_mapping else f"{key}.")


def _nested(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The settings class inside ``X``, ``X | None`` or ``dict[str, X]``, and whether it has names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    if get_origin(annotation) is dict:
        return _nested(get_args(annotation)[1])[0], True
    if get_origin(annotation) in (Union, types.UnionType):
        return next((found for part in get_args(annotation) if (found := _nested(part))[0]), (None, False))
    return None, False


def _type_name(field: FieldInfo) -> str:
    limits = " ".join(_limit(mark) for mark in field.metadata if _limit(mark))
    return f"{_name(field.annotation)} {limits}".strip().replace("|", "\\|")


def _limit(mark: Any) -> str:
    signs = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
    limits = ((sign, getattr(mark, name, None)) for name, sign in signs.items())
    return " ".join(f"{sign} {limit}" for sign, limit in limits if limit is not None)


def _name(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is Literal:
        return " / ".join(f"`{value}`" for value in get_args(annotation))
    if origin in (Union, types.UnionType):
        return " or ".join("null" if part is type(None) else _name(part) for part in get_args(annotation))
    if origin is dict:
        return f"name: {_name(get_args(annotation)[1])}"
    if origin is list:
        return f"list of {_name(get_args(annotation)[0])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "group"
    return {"str": "text", "int": "integer", "float": "number", "bool": "true / false"}.get(
        getattr(annotation, "__name__", ""), "anything"
    )


def _show(value: Any) -> str:
    return "see below" if isinstance(value, BaseModel) else f"`{_plain(value)}`"


def _plain(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
