"""Quantities that claims name: functions from a paper's result files to estimates, found by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelcollapse.runtime.nearest import nearest

if TYPE_CHECKING:
    from modelcollapse.evidence.estimates import Estimate

DEFAULT_MARGINS = {"nat": 0.02, "diversity": 0.05, "theory": 0.02}
"""Margins by unit where a claim gives none: 0.02 nat per token, 5 % of a diversity measure, 2 % between theory and
simulation."""


@dataclass(frozen=True)
class Signature:
    """What a claims file is checked against: a quantity without its function."""

    name: str
    """What claims call it."""
    unit: str
    """``nat``, ``diversity``, ``theory`` (these have default margins) or another."""
    arguments: Mapping[str, bool]
    """Arguments that a claim may give, and whether it must."""

    def check(self, given: Mapping[str, Any]) -> None:
        """Refuse arguments that do not exist, and missing ones.

        Raises:
            ValueError: with the nearest name.
        """
        for name in given:
            if name not in self.arguments:
                raise ValueError(
                    f"the quantity '{self.name}' has no argument '{name}'; {nearest(name, self.arguments)}"
                )
        for name, required in self.arguments.items():
            if required and name not in given:
                raise ValueError(f"the quantity '{self.name}' needs the argument '{name}'")


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
    def signature(self) -> Signature:
        """What a claims file is checked against."""
        required = {name: item.default is inspect.Parameter.empty for name, item in self._parameters().items()}
        return Signature(self.name, self.unit, required)

    def describe(self, given: Mapping[str, Any]) -> str:
        """The quantity in words, with the given arguments and the defaults of the others."""
        words = {name: parameter.default for name, parameter in self._parameters().items()} | dict(given)
        return self.description.format(**{name: _in_words(value) for name, value in words.items()})

    def _parameters(self) -> dict[str, inspect.Parameter]:
        parameters = list(inspect.signature(self.function).parameters.values())
        return {parameter.name: parameter for parameter in parameters[1:]}


class Registry(dict[str, Quantity]):
    """Quantities by name."""

    def register(self, description: str, unit: str) -> Callable[[Callable[..., list[Estimate]]], Callable]:
        """Decorator that adds a function under its own name."""

        def add(function: Callable[..., list[Estimate]]) -> Callable[..., list[Estimate]]:
            name = function.__name__
            self[name] = Quantity(name, function, description, unit)
            return function

        return add

    @property
    def signatures(self) -> dict[str, Signature]:
        """What claims files are checked against, by name."""
        return {name: quantity.signature for name, quantity in self.items()}


def at_scale(arguments: Mapping[str, Any], scale: str) -> dict[str, Any]:
    """Arguments at one scale: ``{default: x, laptop: y}`` gives y at the laptop's and x elsewhere."""
    return {name: value_at(value, scale) for name, value in arguments.items()}


def value_at(value: Any, scale: str) -> Any:
    """A value, or what ``{default: x, laptop: y}`` gives at one scale."""
    return value.get(scale, value["default"]) if isinstance(value, Mapping) else value


def _in_words(value: Any) -> str:
    if isinstance(value, Mapping):
        others = ", ".join(f"{scale}: {there}" for scale, there in value.items() if scale != "default")
        return f"{value['default']} ({others})"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
