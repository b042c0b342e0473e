"""Quantities that claims name: functions from a paper's result files to estimates, found by name."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from modelcollapse.evidence.estimates import Estimate


class NotAvailable(Exception):
    """The data a quantity needs were not made at this scale; the message is the reason, as part of a sentence."""


@dataclass(frozen=True)
class Inputs:
    """Where a paper's results lie. Nothing is read before a quantity asks for it."""

    files: Mapping[str, Mapping[str, Path]]
    """Group -> name -> result file; groups are named in the paper's rules (``measures``, ``mixture``, ``theory`` ...)."""
    _cache: dict[tuple[str, ...], pd.DataFrame] = field(default_factory=dict, repr=False)

    def table(self, group: str, name: str) -> pd.DataFrame:
        """One result file.

        Raises:
            NotAvailable: it was not made.
        """
        if name not in self.files.get(group, {}):
            raise NotAvailable(f"'{name}' of '{group}' was not run")
        if (group, name) not in self._cache:
            self._cache[group, name] = pq.read_table(self.files[group][name]).to_pandas()
        return self._cache[group, name]

    def tables(self, group: str) -> pd.DataFrame:
        """All files of a group below each other; files named ``seed<s>`` give the column ``seed``.

        Raises:
            NotAvailable: the group is empty.
        """
        if not self.files.get(group):
            raise NotAvailable(f"nothing of '{group}' was run")
        if (group,) not in self._cache:
            tables = [_with_seed(self.table(group, name), name) for name in self.files[group]]
            self._cache[group,] = pd.concat(tables, ignore_index=True)
        return self._cache[group,]

    def measure(self, arm: str, measure: str) -> pd.DataFrame:
        """Rows of one measure of one arm: seed, generation, unit, value.

        Raises:
            NotAvailable: the arm was not run, or has no such measure.
        """
        if arm not in self.files.get("measures", {}):
            raise NotAvailable(f"the arm '{arm}' was not run (ablations run with 'arms: all')")
        key = ("measures", arm, measure)
        if key not in self._cache:
            table = pq.read_table(self.files["measures"][arm], filters=[("measure", "=", measure)])
            self._cache[key] = table.to_pandas().drop(columns="measure")
        if self._cache[key].empty:
            raise NotAvailable(f"the arm '{arm}' has no measure '{measure}'")
        return self._cache[key]


@dataclass(frozen=True)
class Quantity:
    """A named quantity."""

    name: str
    function: Callable[..., list[Estimate]]
    """Takes ``Inputs`` and the claim's arguments; gives one estimate per arm, setting or generation asked for."""
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


def _with_seed(table: pd.DataFrame, name: str) -> pd.DataFrame:
    digits = name.removeprefix("seed")
    return table.assign(seed=int(digits)) if digits != name and digits.isdigit() else table
