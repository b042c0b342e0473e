"""From YAML to a validated config, with errors a reader can act on."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from modelcollapse.configuration.checks import ConfigProblems, Problem, idle_options, problems_here
from modelcollapse.configuration.messages import COMMAND_LINE, KeyPlaces, existing_key, has_key, sentences, shown
from modelcollapse.configuration.schema import Config
from modelcollapse.runtime.yaml_files import EXPONENT, Key, read_yaml
from modelcollapse.runtime.yaml_files import ConfigError as ConfigError

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
    if not isinstance(merged, Mapping):
        raise ConfigError(f"The config must hold keys at its top level, such as scale: laptop, but is {merged!r}.")
    from_files = read_files(files)
    raw = _with_text_keys(merged)
    command_line = _overrides(raw, from_files) if files else raw
    published = raw.get("published_text")
    if raw.get("text") == "published" and isinstance(published, Mapping):
        raw = merge(raw, published)
    inherited = _fill_arms(raw)
    problems: Sequence[Mapping[str, Any]] = ()
    try:
        config = _validated(raw)
        problems = [_as_error(problem) for problem in (*_idle(config, inherited), *problems_here(config))]
    except ValidationError as error:
        problems = error.errors()
    if problems:
        places = KeyPlaces(files, command_line, inherited, raw.get("text"))
        lines = sentences(problems, raw, Config, places)
        raise ConfigError("The config cannot be used:\n" + "\n".join(f"  - {line}" for line in lines))
    return config


def check_files(files: Sequence[str | Path]) -> Config:
    """Validate config files before Snakemake reads them, which says neither file nor line of what is no YAML.

    Raises:
        ConfigError: see ``load_config``.
    """
    return load_config(read_files(files), files)


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
    if "scale" in command_line and config.run is None and read_files(files).get("scale") not in (None, config.scale):
        raise ConfigError(
            f"--config scale={config.scale} would put results of {' and '.join(map(shown, files))} into {results}. "
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
    return " ".join(", ".join([*map(shown, files), *changed]).split())


def _overrides(merged: Mapping[str, Any], from_files: Mapping[str, Any]) -> dict[str, Any]:
    """What the command line put over the files."""
    found: dict[str, Any] = {}
    for key, value in merged.items():
        there = from_files.get(key)
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            below = _overrides(value, there)
            if below:
                found[key] = below
        elif key not in from_files or repr(_with_numbers(value)) != repr(_with_numbers(there)):
            found[key] = value
    return found


def _with_numbers(value: Any) -> Any:
    """With numbers for text such as ``1e-3``, as which Snakemake reads them."""
    if isinstance(value, Mapping):
        return {key: _with_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_numbers(item) for item in value]
    return float(value) if isinstance(value, str) and EXPONENT.fullmatch(value) else value


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
                if not has_key(given, inherited):
                    place = (name, "language_model", "arms", arm, *inherited)
                    sources[place] = (name, "language_model", "arm_defaults", *inherited)
        models["arms"] = arms
    return sources


def _leaves(value: Any) -> list[Key]:
    if not isinstance(value, Mapping):
        return [()]
    return [(str(key), *below) for key, item in value.items() for below in [*_leaves(item), ()]]


def _with_text_keys(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _with_text_keys(item) for key, item in value.items()}
    return [_with_text_keys(item) for item in value] if isinstance(value, list) else value


def _validated(raw: dict[str, Any]) -> Config:
    """The config; text such as ``1e-3``, which YAML 1.1 does not take for a number, is one where a number is wanted."""
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        wanted = [tuple(problem["loc"]) for problem in error.errors() if problem["type"] in ("float_type", "int_type")]
        if not any([_set_number(raw, existing_key(raw, key)) for key in wanted]):
            raise
        return Config.model_validate(raw)


def _set_number(raw: dict[str, Any], key: Key) -> bool:
    """Replace text with exponent by its number."""
    node: Any = raw
    for part in key[:-1]:
        node = node[part]
    text = node[key[-1]] if key else None
    if not isinstance(text, str) or not EXPONENT.fullmatch(text):
        return False
    node[key[-1]] = float(text)
    return True


def _idle(config: Config, inherited: Mapping[Key, Key]) -> list[Problem]:
    """Options without effect that an arm sets itself, or that ``arm_defaults`` sets and no arm that inherits it reads."""
    idle = dict(idle_options(config))
    useful = {source for key, source in inherited.items() if key not in idle}
    return [(key, sentence) for key, sentence in idle.items() if inherited.get(key) not in useful]


def _as_error(problem: Problem) -> Mapping[str, Any]:
    """In the form of a mistake that the schema found."""
    return {"loc": problem[0], "type": "value_error", "ctx": {"error": ConfigProblems([problem])}}
