"""A hash of what a step's code does: its module and every module of this package that it imports.

Comments, docstrings and formatting do not count, so that explaining code better reruns nothing.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from functools import cache
from pathlib import Path

PACKAGE = "modelcollapse"


def code_hash(*modules: str) -> str:
    """Hash of the given modules and all package modules they import, directly or not.

    Args:
        modules: names below ``modelcollapse``, such as ``"recursion.generation"``.

    Returns:
        16 hex digits.

    Raises:
        ValueError: there is no such module.
    """
    digest = hashlib.sha256()
    for name in _reached(*modules):
        digest.update(f"{name}\0{_behaviour(name)}\0".encode())
    return digest.hexdigest()[:16]


def modules_behind(module: str) -> list[str]:
    """Names of the modules whose change would change ``code_hash(module)``, sorted."""
    return _reached(module)


def _reached(*modules: str) -> list[str]:
    reached: set[str] = set()
    waiting = [f"{PACKAGE}.{module}" for module in modules]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(_imported(name))
    return sorted(reached)


@cache
def _source_file(name: str) -> Path | None:
    root = Path(__file__).resolve().parents[1]
    path = root.joinpath(*name.split(".")[1:])
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def _parse(name: str) -> ast.Module:
    path = _source_file(name)
    if path is None:
        raise ValueError(f"There is no module {name}: code_hash takes names such as 'recursion.generation'.")
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def _behaviour(name: str) -> str:
    return ast.dump(_WithoutDocstrings().visit(_parse(name)))


class _WithoutDocstrings(ast.NodeTransformer):
    """Drops every string that stands alone as a statement: docstrings and the notes below fields."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return ast.Pass()
        return self.generic_visit(node)


@cache
def _imported(name: str) -> tuple[str, ...]:
    """Package modules that ``name`` imports anywhere, also inside functions."""
    found: list[str] = []
    for node in ast.walk(_parse(name)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE]
        elif isinstance(node, ast.ImportFrom):
            found += _imported_from(name, node)
    return tuple(module for module in dict.fromkeys(found) if module != PACKAGE)


def _imported_from(name: str, node: ast.ImportFrom) -> list[str]:
    base = node.module or ""
    if node.level:
        package = name if _is_package(name) else name.rpartition(".")[0]
        base = importlib.util.resolve_name("." * node.level + base, package)
    if base.split(".")[0] != PACKAGE:
        return []
    submodules = [f"{base}.{alias.name}" for alias in node.names if _source_file(f"{base}.{alias.name}")]
    return submodules if len(submodules) == len(node.names) else [base, *submodules]


def _is_package(name: str) -> bool:
    path = _source_file(name)
    return path is not None and path.name == "__init__.py"
