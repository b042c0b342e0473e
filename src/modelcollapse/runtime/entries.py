"""Entries found by name: one module each in a package that imports none of them.

So a new entry is one new file, and changes the code hash of no step that does not use it. What rules must know of an entry
before anything heavy is imported stands in constants of its module, read from the source.
"""

from __future__ import annotations

import ast
import importlib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from modelcollapse.runtime.nearest import nearest

ROOT = Path(__file__).resolve().parents[1]


def entry_names(package: str) -> list[str]:
    """Names of the entries of a package below ``modelcollapse``, such as ``recursion.regimes``, sorted."""
    folder = ROOT.joinpath(*package.split("."))
    return sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


def entry_module(package: str, name: str) -> str:
    """Name below ``modelcollapse`` of an entry's module.

    Raises:
        ValueError: there is no such entry; the message proposes the nearest one.
    """
    names = entry_names(package)
    if name not in names:
        raise ValueError(f"'{name}' is none of {package}; {nearest(name, names)}")
    return f"{package}.{name}"


def load_entry(package: str, name: str) -> ModuleType:
    """The module of an entry.

    Raises:
        ValueError: there is no such entry.
    """
    return importlib.import_module(f"modelcollapse.{entry_module(package, name)}")


@cache
def entry_constant(package: str, name: str, constant: str, default: Any = None) -> Any:
    """A constant of an entry, read from its source without importing it.

    Raises:
        ValueError: there is no such entry, or the constant is no literal.
    """
    path = ROOT.joinpath(*entry_module(package, name).split(".")).with_suffix(".py")
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and any(getattr(target, "id", "") == constant for target in node.targets):
            return ast.literal_eval(node.value)
    return default
