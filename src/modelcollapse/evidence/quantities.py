"""Quantities that claims name: functions from a paper's result files to estimates, found by name."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from modelcollapse.evidence.estimates import Estimate


@dataclass(frozen=True)
class Quantity:
    """A named quantity."""

    name: str
    function: Callable[..., list[Estimate]]
    """Takes ``PaperData`` and the claim's arguments; gives one estimate per arm, setting or generation asked for."""
    description: str
    """In words, with ``{argument}`` for the arguments."""
    unit: str
    """``nat``, ``diversity``, ``theory`` (these have default margins) or another."""

    @property
    def arguments(self) -> dict[str, inspect.Parameter]:
        """The arguments a claim may give."""
        parameters = list(inspect.signature(self.function).parameters.values())
        return {parameter.name: parameter for parameter in parameters[1:]}

    def check(self, given: Mapping[str, Any]) -> None:
        """Raise ``ValueError`` for an argument that does not exist, or one that is missing."""
        for name in given:
            if name not in self.arguments:
                hint = nearest(name, self.arguments)
                raise ValueError(f"the quantity '{self.name}' has no argument '{name}'; {hint}")
        for name, parameter in self.arguments.items():
            if parameter.default is inspect.Parameter.empty and name not in given:
                raise ValueError(f"the quantity '{self.name}' needs the argument '{name}'")

    def describe(self, given: Mapping[str, Any]) -> str:
        """The quantity in words, with the given arguments and the defaults of the others."""
        words = {name: parameter.default for name, parameter in self.arguments.items()} | dict(given)
        return self.description.format(**{name: _in_words(value) for name, value in words.items()})


class Registry(dict[str, Quantity]):
    """Quantities by name."""

    def register(self, description: str, unit: str) -> Callable[[Callable[..., list[Estimate]]], Callable]:
        """Decorator that adds a function under its own name."""

        def add(function: Callable[..., list[Estimate]]) -> Callable[..., list[Estimate]]:
            name = function.__name__
            self[name] = Quantity(name, function, description, unit)
            return function

        return add

    def find(self, name: str) -> Quantity:
        """The quantity of that name; ``ValueError`` with the nearest one if there is none."""
        if name not in self:
            raise ValueError(f"there is no quantity '{name}'; {nearest(name, self)}")
        return self[name]


def nearest(name: str, valid: Any) -> str:
    """``did you mean '...'?`` or the list of what exists."""
    near = difflib.get_close_matches(name, list(valid), n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(sorted(valid))}"


def at_scale(arguments: Mapping[str, Any], scale: str) -> dict[str, Any]:
    """Arguments at one scale: ``{default: x, laptop: y}`` gives y at the laptop's and x elsewhere."""
    return {
        name: value.get(scale, value["default"]) if isinstance(value, Mapping) else value
        for name, value in arguments.items()
    }


def _in_words(value: Any) -> str:
    if isinstance(value, Mapping):
        others = ", ".join(f"{scale}: {there}" for scale, there in value.items() if scale != "default")
        return f"{value['default']} ({others})"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
