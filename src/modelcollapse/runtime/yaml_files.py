"""YAML files with the line of every key, so that a message can point at it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

Key = tuple[str | int, ...]
EXPONENT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")


class ConfigError(ValueError):
    """A config or another YAML file cannot be used; the message lists every problem with its file, line and key."""


class _Loader(yaml.SafeLoader):
    """Numbers such as 1e-3 are numbers (YAML 1.1 takes them for text), and a key must not stand twice."""


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", EXPONENT, list("-+0123456789."))


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: dict[Any, int] = {}
    for key_node, _ in node.value:
        if key_node.tag == "tag:yaml.org,2002:merge":
            continue
        key = loader.construct_object(key_node, deep=True)
        line = key_node.start_mark.line + 1
        if isinstance(key, list | dict):
            raise yaml.constructor.ConstructorError(None, None, "a key must be a name", key_node.start_mark)
        if key in seen:
            problem = f"the key '{key}' stands twice here, first in line {seen[key]}: the second would win in silence"
            raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
        seen[key] = line
    loader.flatten_mapping(node)
    return {loader.construct_object(k, deep=True): loader.construct_object(v, deep=True) for k, v in node.value}


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_yaml(file: str | Path) -> dict[str, Any]:
    """The mapping that a YAML file holds.

    Raises:
        ConfigError: the file is absent, is no UTF-8 text or no YAML, holds no mapping, or a key twice.
    """
    node, loader = _compose(file)
    if node is None:
        return {}
    try:
        content = loader.construct_document(node)
    except yaml.YAMLError as error:
        raise ConfigError(_yaml_sentence(file, error)) from None
    except (ValueError, OverflowError, RecursionError) as error:
        raise ConfigError(f"{file} holds a value that cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{file} must hold keys at its top level (such as name: value), but holds {_kind(content)}.")
    return content


def key_lines(file: str | Path) -> dict[Key, int]:
    """Line (counted from 1) of every key of a YAML file, at its own place; what an anchor repeats has its first place."""
    node, _ = _compose(file)
    lines: dict[Key, int] = {}
    if node is not None:
        _collect(node, (), lines, set())
    return lines


def _collect(node: yaml.Node, key: Key, lines: dict[Key, int], above: set[int]) -> None:
    if id(node) in above:
        return
    if isinstance(node, yaml.MappingNode):
        for key_node, value in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                _collect(value, key, lines, above | {id(node)})
                continue
            place = (*key, str(key_node.value))
            lines.setdefault(place, key_node.start_mark.line + 1)
            _collect(value, place, lines, above | {id(node)})
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            lines.setdefault((*key, number), value.start_mark.line + 1)
            _collect(value, (*key, number), lines, above | {id(node)})


def _compose(file: str | Path) -> tuple[yaml.Node | None, _Loader]:
    try:
        text = Path(file).read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise ConfigError(f"There is no file {file}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not a text file in UTF-8 ({error}): save it as UTF-8.") from None
    try:
        loader = _Loader(text)
        return loader.get_single_node(), loader
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError(_yaml_sentence(file, error)) from None


def _yaml_sentence(file: str | Path, error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    if "'\\t'" in problem:
        problem = "a tab stands where YAML wants spaces: indent with spaces"
    elif "expected a single document" in str(error) or "another document" in problem:
        problem = "there is more than one document ('---'): keep one"
    elif isinstance(error, yaml.reader.ReaderError):
        problem = f"there is a character that YAML does not allow ({problem})"
    where = f", line {mark.line + 1}" if mark is not None else ""
    return f"{file}{where}: {problem}."


def _kind(value: Any) -> str:
    if isinstance(value, list):
        return "a list"
    return "nothing but a value" if not isinstance(value, Mapping) else "keys"
