"""From YAML to a validated config, with errors a reader can act on."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from modelcollapse.configuration.schema import Config

Key = tuple[str | int, ...]


class ConfigError(ValueError):
    """The config cannot be used; the message lists every problem with its key and file."""


def load_config(merged: Mapping[str, Any], files: Iterable[str | Path] = ()) -> Config:
    """Validate a merged config.

    Args:
        merged: what Snakemake (or ``read_files``) merged from config files and ``--config``.
        files: the config files, to say in which one a problem lies.

    Raises:
        ConfigError: unknown keys, wrong types, impossible values, all of them in one message.
    """
    raw = copy.deepcopy(dict(merged))
    if raw.get("text") == "published":
        raw = merge(raw, raw.get("published_text") or {})
    _fill_arms(raw)
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        lines = [_sentence(problem, list(files)) for problem in error.errors()]
        raise ConfigError("The config cannot be used:\n" + "\n".join(f"  - {line}" for line in lines)) from None


def read_files(files: Iterable[str | Path]) -> dict[str, Any]:
    """Merge config files as Snakemake does: dictionaries deeply, lists and values replaced, the last one wins."""
    merged: dict[str, Any] = {}
    for file in files:
        merged = merge(merged, yaml.safe_load(Path(file).read_text(encoding="utf-8")) or {})
    return merged


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with the keys of ``over`` put on top, dictionaries deeply."""
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = merge(merged[key], value) if both else copy.deepcopy(value)
    return merged


def _fill_arms(raw: dict[str, Any]) -> None:
    """Every arm starts from its paper's ``arm_defaults``."""
    for paper in raw.values():
        language_model = paper.get("language_model") if isinstance(paper, dict) else None
        if not isinstance(language_model, dict) or not isinstance(language_model.get("arms"), dict):
            continue
        defaults = language_model.get("arm_defaults") or {}
        for name, arm in language_model["arms"].items():
            language_model["arms"][name] = merge(defaults, arm or {})


def _sentence(problem: Mapping[str, Any], files: list[str | Path]) -> str:
    key: Key = tuple(problem["loc"])
    where = f"{_place(key, files)}: {'.'.join(str(part) for part in key) or 'the config'}"
    if problem["type"] == "extra_forbidden":
        valid = _valid_keys(Config, key[:-1])
        near = difflib.get_close_matches(str(key[-1]), valid, n=1, cutoff=0.5)
        hint = f"did you mean '{near[0]}'?" if near else f"valid keys there: {', '.join(sorted(valid))}"
        return f"{where} is no key of the schema; {hint}"
    if problem["type"] == "missing":
        return f"{where} is required and missing; see config/README.md"
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "value_error":
        return f"{where}: {message}"
    return f"{where} is {problem['input']!r}: {message[0].lower()}{message[1:]}"


def _place(key: Key, files: list[str | Path]) -> str:
    """The last config file that has this key, else the command line."""
    for file in reversed(files):
        node: Any = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
        for start in (node, (node or {}).get("published_text")):
            if _has(start, key):
                return str(file)
    return "--config" if key and not files else (str(files[-1]) if files else "--config")


def _has(node: Any, key: Key) -> bool:
    for part in key:
        if not isinstance(node, dict) or part not in node:
            return False
        node = node[part]
    return True


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
