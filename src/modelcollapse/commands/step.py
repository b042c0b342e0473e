"""What every step command shares: its settings as JSON, its run through the store, and the names of its files."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from modelcollapse.steps.run import Step, run_step

Model = TypeVar("Model", bound=BaseModel)

Input = Annotated[Path, typer.Option(exists=False, dir_okay=False)]
Output = Annotated[Path, typer.Option(dir_okay=False)]
SettingsText = Annotated[str, typer.Option("--settings", help="Settings as JSON; keys: config/README.md")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the whole chain.")]
Table = Annotated[list[Path], typer.Option("--table", help="Result files; repeat the option.")]
Folder = Annotated[Path, typer.Option("--folder", file_okay=False, help="Where the outputs go.")]
Encoded = Annotated[Path, typer.Option("--text", help="Folder of the encoded human text.")]
FamilyText = Annotated[str, typer.Option("--family", help="Family settings as JSON; keys: config/README.md")]


def parse_settings(kind: type[Model], text: str) -> Model:
    """Settings from their JSON text.

    Raises:
        ValueError: no JSON, unknown keys or wrong values, all named.
    """
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'text'}: {e['msg']}" for e in error.errors())
        raise ValueError(f"--settings does not describe {kind.__name__}: {problems}. Keys: config/README.md") from None


def threads() -> int:
    """Number of threads of a training step; part of its key, since results depend on it."""
    return int(os.environ.get("MODELCOLLAPSE_THREADS", "1"))


def perform(
    name: str,
    module: str,
    inputs: Mapping[str, Path],
    parameters: Mapping[str, Any],
    outputs: Mapping[str, Path],
    call: Callable[[Any, dict[str, Path], Path], None],
) -> None:
    """Run one step through the store; its module is imported only on a miss.

    Args:
        name: the command.
        module: module below ``modelcollapse`` that does the work.
        inputs: files by role.
        parameters: everything else that the result depends on.
        outputs: files by role.
        call: given the imported module, temporary output paths and the work folder.
    """

    def action(temporary: dict[str, Path], work: Path) -> None:
        call(importlib.import_module(f"modelcollapse.{module}"), temporary, work)

    seeds = {key: value for key, value in parameters.items() if key in ("seed", "generation")}
    run_step(Step(name, module, inputs, parameters, outputs, seeds), action)


def text_splits(folder: Path) -> dict[str, Path]:
    """The three splits of a text corpus, raw, prepared or encoded, by role."""
    return {split: folder / f"{split}.parquet" for split in ("train", "validation", "test")}


def optional(**paths: Path | None) -> dict[str, Path]:
    """Those of the paths that were given."""
    return {role: path for role, path in paths.items() if path is not None}


def generation_of(path: Path) -> int:
    """g of ``.../gen<g>.parquet``.

    Raises:
        ValueError: another name.
    """
    number = path.stem.removeprefix("gen")
    if not number.isdigit():
        raise ValueError(f"{path} is not named gen<g>.parquet, so its generation is unknown.")
    return int(number)


def seed_of(path: Path) -> int:
    """s of ``.../seed<s>/gen<g>.parquet``.

    Raises:
        ValueError: another name.
    """
    number = path.parent.name.removeprefix("seed")
    if not number.isdigit():
        raise ValueError(f"{path} does not lie in a folder seed<s>, so its seed is unknown.")
    return int(number)


def by_name(paths: list[Path]) -> dict[str, Path]:
    """Paths by their names without ending."""
    return {path.stem: path for path in paths}


def figure_outputs(folder: Path, name: str) -> dict[str, Path]:
    """Both formats of a figure."""
    return {ending: folder / f"{name}.{ending}" for ending in ("svg", "png")}


def table_outputs(folder: Path, name: str) -> dict[str, Path]:
    """Both formats of a table."""
    return {"csv": folder / f"{name}.csv", "markdown": folder / f"{name}.md"}
