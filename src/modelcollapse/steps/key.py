"""What a step's key is made of: the contents of its inputs, its parameters, its code, and the libraries that decide numbers.

Settings enter without the values that equal their first default, the one that a field had when it was introduced. So a new
optional field changes no key, and a changed default changes the key of every step that depends on it. First defaults are
kept in ``first_defaults.json`` beside this file; ``modelcollapse document-config`` adds those of new fields, and a test
demands it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from modelcollapse.runtime.files import write_atomically

FIRST_DEFAULTS = Path(__file__).with_name("first_defaults.json")
BOOKKEEPING = ("role", "label", "samples_in_dvc", "published_as", "gpu", "unverified")
"""Fields that decide no number: how an arm is shown, kept and scheduled."""


def step_key(parts: Mapping[str, Any]) -> str:
    """SHA-256 over everything that a step's result depends on: the same step has the same key on every machine."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def parameters_of(value: Any, exclude: Collection[str] = ()) -> Any:
    """A setting, a group of settings or anything that holds some, as JSON-serialisable data without first defaults.

    Args:
        value: settings, or plain data, mappings and lists of them.
        exclude: fields of the outermost group that the step does not depend on.
    """
    if isinstance(value, BaseModel):
        return {
            name: dumped
            for name in type(value).model_fields
            if name not in exclude and name not in BOOKKEEPING
            for dumped in _beyond_first_default(type(value), name, getattr(value, name))
        }
    if isinstance(value, Mapping):
        return {str(key): parameters_of(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [parameters_of(item) for item in value]
    return value


def new_first_defaults(root: type[BaseModel]) -> dict[str, Any]:
    """First defaults of the fields below a settings class that are not recorded yet."""
    return {
        f"{kind.__name__}.{name}": _default(kind, name)
        for kind in settings_classes(root)
        for name, field in kind.model_fields.items()
        if not field.is_required() and f"{kind.__name__}.{name}" not in _first_defaults()
    }


def record_first_defaults(root: type[BaseModel]) -> list[str]:
    """Add the fields below a settings class to the recorded first defaults; return the names of the new ones."""
    new = new_first_defaults(root)
    if new:
        table = dict(sorted((_first_defaults() | new).items()))
        with write_atomically(FIRST_DEFAULTS) as temporary:
            temporary.write_text(json.dumps(table, indent=0) + "\n", encoding="utf-8")
        _first_defaults.cache_clear()
    return sorted(new)


def settings_classes(root: type[BaseModel]) -> list[type[BaseModel]]:
    """A settings class and all that its fields hold, each once.

    Raises:
        ValueError: two of them have the same name.
    """
    found: dict[type[BaseModel], None] = {}
    waiting = [root]
    while waiting:
        kind = waiting.pop()
        if kind not in found:
            if kind.__name__ in {other.__name__ for other in found}:
                raise ValueError(
                    f"There are two settings classes {kind.__name__}: their first defaults would be confused."
                )
            found[kind] = None
            waiting.extend(inner for field in kind.model_fields.values() for inner in _classes_in(field.annotation))
    return list(found)


def _classes_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _classes_in(part)


def _beyond_first_default(kind: type[BaseModel], name: str, value: Any) -> list[Any]:
    dumped = parameters_of(value)
    field = kind.model_fields[name]
    if field.is_required():
        return [dumped]
    if isinstance(value, BaseModel) and isinstance(field.get_default(call_default_factory=True), BaseModel):
        # the fields of the group have first defaults of their own
        return [dumped] if dumped else []
    table, full_name = _first_defaults(), f"{kind.__name__}.{name}"
    first = table[full_name] if full_name in table else _default(kind, name)
    return [] if dumped == first else [dumped]


def _default(kind: type[BaseModel], name: str) -> Any:
    return parameters_of(kind.model_fields[name].get_default(call_default_factory=True))


@cache
def _first_defaults() -> dict[str, Any]:
    return json.loads(FIRST_DEFAULTS.read_text(encoding="utf-8")) if FIRST_DEFAULTS.exists() else {}
