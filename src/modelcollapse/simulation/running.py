"""How a declared simulation is run: with those of its settings that it names, and no others."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelcollapse.runtime.settings import Settings
from modelcollapse.simulation.declaration import Simulation

NEVER_READ = ("seeds", "first_seed")
"""Keys that a job of one seed does not read: they say which jobs there are."""


def group_of(simulation: Simulation, settings: Settings) -> Settings:
    """The group of a paper's settings that a simulation reads.

    Raises:
        ValueError: the settings have no such group.
    """
    group: Any = settings
    for name in simulation.settings.split("."):
        group = group.get(name) if isinstance(group, Mapping) else getattr(group, name, None)
        if group is None:
            raise ValueError(
                f"The simulation '{simulation.topic}/{simulation.name}' reads the settings '{simulation.settings}', "
                f"but there is no '{name}': give it in the config, or do not run this simulation."
            )
    return group


def narrowed_parameters(simulation: Simulation, group: Settings) -> dict[str, Any]:
    """The settings that count for a simulation: field -> value.

    Raises:
        ValueError: the declaration names a field that the group does not have.
    """
    present = type(group).model_fields
    names = simulation.fields
    if names is None:
        names = tuple(name for name in present if name not in NEVER_READ)
    for name in names:
        if name not in present:
            raise ValueError(
                f"The simulation '{simulation.topic}/{simulation.name}' declares the field '{name}', but "
                f"'{simulation.settings}' has only: {', '.join(present)}."
            )
    return {name: getattr(group, name) for name in names}


class NarrowedSettings:
    """A group of settings with the declared fields alone, so that a result cannot depend on any other.

    It is read like the group itself: by attribute, and as a whole by ``model_dump``.
    """

    def __init__(self, experiment: str, fields: Mapping[str, Any]) -> None:
        self._experiment = experiment
        self._fields = dict(fields)

    def __getattr__(self, name: str) -> Any:
        fields = self.__dict__.get("_fields", {})
        if name not in fields:
            raise AttributeError(
                f"the experiment {self.__dict__.get('_experiment')} reads '{name}', which its declaration does not name"
            )
        return fields[name]

    def model_dump(self) -> dict[str, Any]:
        """The fields as plain dictionaries, lists and numbers."""
        return {name: _plain(value) for name, value in self._fields.items()}


def run(
    simulation: Simulation,
    group: Settings,
    images: Mapping[str, Path],
    outputs: Mapping[str, Path],
    work: Path,
) -> None:
    """Call a simulation's function with those keywords of ``Simulation`` that its signature names.

    Args:
        simulation: what is run.
        group: its group of settings, whole.
        images: ``train`` and ``test`` of its image corpus; empty where it has none.
        outputs: ``table``, and ``arrays`` where it writes them.
        work: folder for checkpoints, which survives a kill.

    Raises:
        ValueError: the declaration names a field that the group does not have.
        TypeError: the function asks for something that no simulation is given.
    """
    function = getattr(importlib.import_module(f"modelcollapse.{simulation.module}"), simulation.function)
    given = {
        "settings": NarrowedSettings(simulation.name, narrowed_parameters(simulation, group)),
        "outputs": outputs,
        "name": simulation.name,
        "seed": simulation.seed,
        "images": images,
        "work": work,
    }
    names = list(inspect.signature(function).parameters)
    if unknown := [name for name in names if name not in given]:
        raise TypeError(
            f"modelcollapse.{simulation.module}.{simulation.function} asks for '{unknown[0]}', but a simulation is given "
            f"only: {', '.join(given)}."
        )
    function(**{name: given[name] for name in names})


def _plain(value: Any) -> Any:
    if isinstance(value, Settings):
        return value.model_dump()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
