"""Signatures of a paper's quantities, read from the source: importing them takes a second, which no start can spare."""

from __future__ import annotations

import ast
import importlib
from functools import cache
from pathlib import Path

from modelcollapse.evidence.quantities import Signature

ROOT = Path(__file__).resolve().parents[1]
REGISTRY, REGISTER = "Registry", "register"


class _Unreadable(Exception):
    """The source says it in a way that this reader does not know."""


def read_signatures(module: str, name: str = "QUANTITIES") -> dict[str, Signature]:
    """The quantities of a registry, by name.

    Two forms are read: ``Registry()`` with functions decorated by its ``register``, and ``Registry({**A, **B})``. A module
    that says it otherwise is imported.

    Args:
        module: its place below ``modelcollapse``, such as ``papers.shumailov.quantities``.
        name: the registry's name in that module.
    """
    try:
        return dict(_read(module, name))
    except _Unreadable:
        return getattr(importlib.import_module(f"modelcollapse.{module}"), name).signatures


@cache
def _read(module: str, name: str) -> dict[str, Signature]:
    tree = ast.parse(_source(module))
    value = next((node.value for node in tree.body if isinstance(node, ast.Assign) and _binds(node, name)), None)
    if value is None:
        return _read(*_imported(tree, name))
    if not (isinstance(value, ast.Call) and _named(value.func) == REGISTRY):
        raise _Unreadable(name)
    if not value.args:
        return _registered(tree, name)
    if not isinstance(value.args[0], ast.Dict) or any(key is not None for key in value.args[0].keys):
        raise _Unreadable(name)
    found: dict[str, Signature] = {}
    for part in value.args[0].values:
        found |= _read(module, _named(part))
    return found


def _registered(tree: ast.Module, registry: str) -> dict[str, Signature]:
    """Signatures of the functions that the registry's ``register``, or a short name for it, decorates."""
    short = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and _is_register(node.value, registry)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found = {}
    for function in tree.body:
        for mark in function.decorator_list if isinstance(function, ast.FunctionDef) else ():
            if isinstance(mark, ast.Call) and (_is_register(mark.func, registry) or _named(mark.func, "") in short):
                found[function.name] = Signature(function.name, _unit(mark), _arguments(function))
    return found


def _arguments(function: ast.FunctionDef) -> dict[str, bool]:
    given = function.args
    names = [argument.arg for argument in (*given.posonlyargs, *given.args)]
    optional = len(names) - len(given.defaults)
    found = {name: place < optional for place, name in enumerate(names)}
    found |= {one.arg: default is None for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)}
    return {name: found[name] for name in list(found)[1:]}


def _unit(mark: ast.Call) -> str:
    given = (
        mark.args[1] if len(mark.args) > 1 else next((key.value for key in mark.keywords if key.arg == "unit"), None)
    )
    if not (isinstance(given, ast.Constant) and isinstance(given.value, str)):
        raise _Unreadable("unit")
    return given.value


def _imported(tree: ast.Module, name: str) -> tuple[str, str]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("modelcollapse.") and not node.level:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return node.module.removeprefix("modelcollapse."), alias.name
    raise _Unreadable(name)


def _source(module: str) -> str:
    place = ROOT.joinpath(*module.split("."))
    path = next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)
    if path is None:
        raise _Unreadable(module)
    return path.read_text(encoding="utf-8")


def _binds(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def _is_register(node: ast.expr, registry: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == REGISTER and _named(node.value, "") == registry


def _named(node: ast.expr, otherwise: str | None = None) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if otherwise is None:
        raise _Unreadable(ast.dump(node))
    return otherwise
