"""What is wrong with a config, as sentences: file and line, key, what was expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from modelcollapse.configuration.checks import ConfigProblems
from modelcollapse.runtime.nearest import nearest
from modelcollapse.runtime.yaml_files import Key, key_places

COMMAND_LINE = "--config"
WANTS_KEYS = ("model_type", "model_attributes_type", "dict_type")
Spot = tuple[str, int, int]
"""File (or the command line), line and column; zeros where there is none."""


REPOSITORY = Path(__file__).resolve().parents[3]
"""The clone that this package is installed from."""


def shown(file: str | Path) -> str:
    """A file as a message names it: below the repository or the working folder if it lies there."""
    path = Path(file).resolve()
    for root in (REPOSITORY, Path.cwd()):
        if path.is_relative_to(root):
            return str(path.relative_to(root))
    return str(path)


class KeyPlaces:
    """Where each key of a merged config was written."""

    def __init__(
        self, files: Sequence[str | Path], command_line: Mapping[str, Any], inherited: Mapping[Key, Key], text: Any
    ) -> None:
        """Reads the files.

        Args:
            files: config files; the last one wins.
            command_line: what ``--config`` put over them.
            inherited: key of an arm -> key of ``arm_defaults`` from which it came.
            text: ``published`` if ``published_text`` was merged into the others.
        """
        self.files = list(files)
        self.written = {file: key_places(file) for file in files}
        self.command_line = command_line
        self.inherited = inherited
        self.starts: list[Key] = [("published_text",), ()] if text == "published" else [()]

    def source(self, key: Key) -> Key:
        """The key itself, or the key of ``arm_defaults`` that gave it its value."""
        for length in range(len(key), 0, -1):
            if key[:length] in self.inherited:
                return self.inherited[key[:length]] + key[length:]
        return key

    def spot(self, key: Key) -> Spot:
        """Where a reader should look: the key, or the nearest group above it that is written somewhere."""
        if has_key(self.command_line, key) or not self.files:
            return COMMAND_LINE, 0, 0
        for length in range(len(key), 0, -1):
            for start in self.starts:
                for file in reversed(self.files):
                    if (*start, *key[:length]) in self.written[file]:
                        return (shown(file), *self.written[file][*start, *key[:length]])
        return shown(self.files[-1]), 0, 0


def sentences(
    errors: Iterable[Mapping[str, Any]], raw: Mapping[str, Any], schema: type[BaseModel], places: KeyPlaces
) -> list[str]:
    """One line for every mistake; what ``arm_defaults`` and anchors repeat stands once, at its source.

    Args:
        errors: ``ValidationError.errors()`` of the schema.
        raw: what was validated.
        schema: whose keys are proposed.
        places: where its keys were written.
    """
    found: dict[tuple[Spot, str], Key] = {}
    for key, sentence in _problems(errors, raw, schema):
        source = places.source(key)
        found.setdefault((places.spot(source), sentence), source)
    return [
        f"{file}{f', line {line}' if line else ''}: {_dotted(key)} {sentence}"
        for ((file, line, _), sentence), key in found.items()
    ]


def has_key(node: Any, key: Key) -> bool:
    """Whether a key exists below a mapping."""
    for part in key:
        in_list = isinstance(node, list) and isinstance(part, int) and part < len(node)
        if in_list or (isinstance(node, Mapping) and part in node):
            node = node[part]
        else:
            return False
    return True


def existing_key(raw: Any, location: Key) -> Key:
    """The part of a location that is a key of the config; behind it stand kinds of a union."""
    length = next((n for n in range(len(location), 0, -1) if has_key(raw, location[:n])), 0)
    return location[:length]


def _problems(
    errors: Iterable[Mapping[str, Any]], raw: Mapping[str, Any], schema: type[BaseModel]
) -> Iterator[tuple[Key, str]]:
    kinds: dict[Key, list[Mapping[str, Any]]] = {}
    for error in errors:
        location: Key = tuple(part for part in error["loc"] if part != "[key]")
        cause = error.get("ctx", {}).get("error")
        if isinstance(cause, ConfigProblems):
            yield from cause.problems
        elif error["type"] == "extra_forbidden":
            hint = nearest(str(location[-1]), _valid_keys(schema, location[:-1]))
            yield location, f"is no key of the schema; {hint}"
        elif error["type"] == "missing":
            yield location, "is required and missing; see config/README.md"
        elif error["type"] == "value_error":
            yield location, f"cannot be used: {cause}"
        else:
            kinds.setdefault(existing_key(raw, location), []).append(error)
    for key, same in kinds.items():
        yield key, _wrong_kind(key, same, schema)


def _wrong_kind(key: Key, errors: Sequence[Mapping[str, Any]], schema: type[BaseModel]) -> str:
    value = errors[0]["input"]
    if errors[0]["type"] in WANTS_KEYS:
        return f"is {_short(value)}, but takes keys below it{_example(key, value, schema)}"
    wanted = dict.fromkeys(f"{error['msg'][0].lower()}{error['msg'][1:]}" for error in errors)
    hint = f", such as {int(value)}" if errors[0]["type"] == "int_type" and _is_whole(value) else ""
    return f"is {_short(value)}: {', or '.join(wanted)}{hint}"


def _dotted(key: Key) -> str:
    parts = (part if isinstance(part, str) and part.isprintable() else repr(part) for part in key)
    return ".".join(parts) or "the config"


def _is_whole(value: Any) -> bool:
    return isinstance(value, float) and value.is_integer()


def _example(key: Key, value: Any, schema: type[BaseModel]) -> str:
    if key and key[-1] == "regime" and isinstance(value, str):
        return f": write regime: {{name: {value}}}"
    valid = _valid_keys(schema, key)
    return f", such as {valid[0]}" if valid else ""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _valid_keys(model: type[BaseModel], key: Key) -> list[str]:
    """Names of the fields at a place of the schema."""
    for part in key:
        field = model.model_fields.get(str(part))
        if field is not None:
            model = _settings_class(field.annotation) or model
    return list(model.model_fields)


def _settings_class(annotation: Any) -> type[BaseModel] | None:
    """The settings class inside ``X``, ``X | None`` or ``dict[str, X]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _settings_class(part))), None)
