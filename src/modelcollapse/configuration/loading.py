"""From YAML to a validated config, with errors a reader can act on."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from modelcollapse.configuration.checks import warnings_of
from modelcollapse.configuration.schema import Config
from modelcollapse.runtime.nearest import nearest
from modelcollapse.runtime.progress import say
from modelcollapse.runtime.yaml_files import ConfigError as ConfigError
from modelcollapse.runtime.yaml_files import Key, key_lines, read_yaml

COMMAND_LINE = "--config"
NOT_KEPT = ("corpus_mirror", "device", "published_text")
"""Keys that belong to one machine, or that were merged into the others."""
HARMLESS = ("text", "arms", "run", *NOT_KEPT)
"""Keys that a command line may change without making other results of the same name."""
HEADER = "# made from: "


def load_config(merged: Mapping[str, Any], files: Sequence[str | Path] = ()) -> Config:
    """Validate a merged config.

    Args:
        merged: what Snakemake (or ``read_files``) merged from config files and ``--config``.
        files: the config files, to say in which one, and in which line, a problem lies.

    Raises:
        ConfigError: unknown keys, wrong types, impossible values, all of them in one message.
    """
    from_files = read_files(files)
    raw = with_numbers(merged)
    given = _overrides(raw, from_files) if files else raw
    published = raw.get("published_text")
    if raw.get("text") == "published" and isinstance(published, Mapping):
        raw = merge(raw, published)
    sources = _fill_arms(raw)
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        places = _Places(files, given)
        problems = [_sentence(problem, places, sources) for problem in error.errors()]
        lines = dict.fromkeys(problems)
        raise ConfigError("The config cannot be used:\n" + "\n".join(f"  - {line}" for line in lines)) from None
    for warning in warnings_of(config):
        say(f"note: {warning}")
    return config


def read_files(files: Iterable[str | Path]) -> dict[str, Any]:
    """Merge config files as Snakemake does: dictionaries deeply, lists and values replaced, the last one wins.

    Raises:
        ConfigError: a file cannot be read.
    """
    merged: dict[str, Any] = {}
    for file in files:
        merged = merge(merged, read_yaml(file))
    return merged


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with the keys of ``over`` put on top, dictionaries deeply."""
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = merge(merged[key], value) if both else copy.deepcopy(value)
    return merged


def with_numbers(value: Any) -> Any:
    """A copy in which text such as ``1e-3``, which YAML 1.1 does not take for a number, is one."""
    if isinstance(value, Mapping):
        return {str(key): with_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_numbers(item) for item in value]
    if isinstance(value, str) and value[:1] in "-+.0123456789" and "e" in value.lower():
        try:
            return float(value)
        except ValueError:
            return value
    return value


def dump(config: BaseModel, files: Sequence[str | Path], command_line: Mapping[str, Any]) -> str:
    """The merged config as YAML, with the files and keys it was made from in its first line."""
    text = yaml.safe_dump(config.model_dump(exclude=set(NOT_KEPT)), sort_keys=False, allow_unicode=True)
    return f"{HEADER}{_made_from(files, command_line)}\n{text}"


def check_overwrite(
    results: Path, config: BaseModel, files: Sequence[str | Path], command_line: Mapping[str, Any]
) -> None:
    """Refuse to put a run's results over those of another config.

    Raises:
        ConfigError: the scale was changed on the command line, or the folder's results were made from other files.
    """
    if "scale" in command_line and read_files(files).get("scale") not in (None, config.scale):
        raise ConfigError(
            f"--config scale={config.scale} would put results of {' and '.join(map(str, files))} into {results}. "
            f"Take the file of that scale, or give the run a name: --config run=NAME"
        )
    kept = results / "config.yaml"
    if not kept.is_file():
        return
    first = kept.read_text(encoding="utf-8", errors="replace").partition("\n")[0]
    made_from = _made_from(files, command_line)
    if first.startswith(HEADER) and first.removeprefix(HEADER) != made_from:
        raise ConfigError(
            f"The results in {results} were made from {first.removeprefix(HEADER)}, but this run is made from {made_from}. "
            f"Give it a name, so that they stay as they are: --config run=NAME (or 'run: NAME' in the file). "
            f"If it shall replace them, delete {kept} first."
        )


def differences(kept: Mapping[str, Any], new: Mapping[str, Any], key: str = "") -> list[str]:
    """Dotted keys whose values differ between two merged configs."""
    found = []
    for name in sorted({*kept, *new}, key=str):
        place = f"{key}.{name}".lstrip(".")
        old, now = kept.get(name), new.get(name)
        if isinstance(old, Mapping) and isinstance(now, Mapping):
            found += differences(old, now, place)
        elif old != now:
            found.append(place)
    return found


def _made_from(files: Sequence[str | Path], command_line: Mapping[str, Any]) -> str:
    changed = [f"{COMMAND_LINE} {key}={value}" for key, value in sorted(command_line.items()) if key not in HARMLESS]
    return ", ".join([*map(str, files), *changed])


def _overrides(merged: Mapping[str, Any], from_files: Mapping[str, Any]) -> dict[str, Any]:
    """What the command line put over the files."""
    found: dict[str, Any] = {}
    for key, value in merged.items():
        there = from_files.get(key)
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            below = _overrides(value, there)
            if below:
                found[key] = below
        elif key not in from_files or value != there:
            found[key] = value
    return found


def _fill_arms(raw: dict[str, Any]) -> dict[Key, Key]:
    """Every arm starts from its paper's ``arm_defaults``; returns inherited key -> where it was written."""
    sources: dict[Key, Key] = {}
    for name, paper in raw.items():
        models = paper.get("language_model") if isinstance(paper, Mapping) else None
        if not isinstance(models, dict) or not isinstance(models.get("arms"), Mapping):
            continue
        defaults = models.get("arm_defaults") or {}
        if not isinstance(defaults, Mapping):
            continue
        arms = {}
        for arm, given in models["arms"].items():
            given = {} if given is None else given
            if not isinstance(given, Mapping):
                arms[arm] = given
                continue
            arms[arm] = merge(defaults, given)
            for inherited in _leaves(defaults):
                if not _has(given, inherited):
                    place = (name, "language_model", "arms", arm, *inherited)
                    sources[place] = (name, "language_model", "arm_defaults", *inherited)
        models["arms"] = arms
    return sources


def _leaves(value: Any) -> list[Key]:
    if not isinstance(value, Mapping):
        return [()]
    return [(str(key), *below) for key, item in value.items() for below in [*_leaves(item), ()]]


class _Places:
    """Where a key was written: a file and its line, or the command line."""

    def __init__(self, files: Sequence[str | Path], command_line: Mapping[str, Any]) -> None:
        self.files = list(files)
        self.lines = {file: key_lines(file) for file in files}
        self.command_line = command_line

    def of(self, key: Key) -> str:
        """The file and line that a reader should look at."""
        if _has(self.command_line, key) or not self.files:
            return COMMAND_LINE
        for length in range(len(key), 0, -1):
            for file in reversed(self.files):
                for place in ((*("published_text",), *key[:length]), key[:length]):
                    if place in self.lines[file]:
                        return f"{file}, line {self.lines[file][place]}"
        return str(self.files[-1])


def _sentence(problem: Mapping[str, Any], places: _Places, sources: Mapping[Key, Key]) -> str:
    written: Key = tuple(part for part in problem["loc"] if part != "[key]")
    key = next(
        (sources[written[:n]] + written[n:] for n in range(len(written), 0, -1) if written[:n] in sources), written
    )
    where = f"{places.of(key)}: {'.'.join(str(part) for part in key) or 'the config'}"
    message = problem["msg"].removeprefix("Value error, ")
    kind = problem["type"]
    if kind == "extra_forbidden":
        return f"{where} is no key of the schema; {nearest(str(written[-1]), _valid_keys(Config, written[:-1]))}"
    if kind == "missing":
        return f"{where} is required and missing; see config/README.md"
    if kind == "value_error":
        return f"{where}: {message}"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return f"{where} is {_short(problem['input'])}, but takes keys below it{_example(written, problem['input'])}"
    return f"{where} is {_short(problem['input'])}: {message[0].lower()}{message[1:]}"


def _example(key: Key, value: Any) -> str:
    if key and key[-1] == "regime" and isinstance(value, str):
        return f": write regime: {{name: {value}}}"
    valid = _valid_keys(Config, key)
    return f", such as {valid[0]}" if valid else ""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _has(node: Any, key: Key) -> bool:
    for part in key:
        if not isinstance(node, Mapping) or part not in node:
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
