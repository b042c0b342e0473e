"""A hash of what a step's code does: its modules and every module of this package that they import.

What does not count: comments, docstrings and formatting, so that explaining code better reruns nothing; fields and
validators of settings, whose values are in the step's key; the modules in ``NOT_IN_KEY``, each for the reason given there.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from functools import cache
from importlib import metadata
from pathlib import Path

PACKAGE = "modelcollapse"
NOT_IN_KEY = {
    "cli": "it only finds the command",
    "configuration": "it only turns config files into settings, whose values are in the key",
    "workflow": "it only says which files, settings and modules belong to a step, and these are in the key",
    "papers.registry": "it only finds the parts of a paper",
    "steps.code_hash": "it makes the key",
    "steps.costs": "it only reads the ledger",
    "steps.key": "it makes the key",
    "steps.ledger": "it only records what was done",
    "steps.lineage": "it only reads what was recorded",
    "steps.runner": "it looks a step up, runs it by steps.execution, and records it",
    "steps.snakemake_records": "it only carries Snakemake's records",
    "steps.store": "it only copies files, and checks their SHA-256",
}
"""Modules (and all below them) whose code decides no number of a step, with the reason."""
NUMERIC_LIBRARIES = {
    "numpy": "numpy",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
    "spacy": "spacy",
    "tokenizers": "tokenizers",
    "torch": "torch",
    "transformers": "transformers",
}
"""Import name -> distribution of the libraries whose version may move the last digits of a result."""
SETTINGS_SUFFIX = "Settings"
VALIDATORS = ("field_validator", "model_validator")
TYPE_FORMS = ("Annotated", "Literal", "Optional", "Union")


def code_hash(*modules: str) -> str:
    """Hash of the given modules and all package modules they import, directly or not.

    Args:
        modules: names below ``modelcollapse``, such as ``"recursion.generation"``.

    Returns:
        16 hex digits.

    Raises:
        ValueError: there is no such module.
    """
    return _code_hash(tuple(sorted(set(modules))))


def modules_behind(*modules: str) -> list[str]:
    """Full names of the modules whose change may change ``code_hash(*modules)``, sorted."""
    return list(_reached(tuple(sorted(set(modules)))))


def source_files(*modules: str) -> list[Path]:
    """Files of ``modules_behind(*modules)``, sorted by module."""
    return [_existing_file(name) for name in modules_behind(*modules)]


def libraries_behind(*modules: str) -> dict[str, str]:
    """Version of every numeric library that the modules or what they import mention, by name of its distribution."""
    mentioned = {library for name in modules_behind(*modules) for library in _libraries_of(name)}
    return {library: _version(library) for library in sorted(mentioned)}


@cache
def _version(library: str) -> str:
    try:
        # builds for CPU and CUDA have the same number; the device is in the key of steps that use it
        return metadata.version(library).partition("+")[0]
    except metadata.PackageNotFoundError:
        return "not installed"


@cache
def _code_hash(modules: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for name in _reached(modules):
        digest.update(f"{name}\0{_behaviour(name)}\0".encode())
    return digest.hexdigest()[:16]


@cache
def _reached(modules: tuple[str, ...]) -> tuple[str, ...]:
    reached: set[str] = set()
    waiting = [f"{PACKAGE}.{module}" for module in modules]
    while waiting:
        name = waiting.pop()
        if name not in reached and not _is_excluded(name):
            reached.add(name)
            waiting.extend(_imported(name))
            # importing a module runs the code of the packages above it
            waiting.extend(_packages_above(name))
    return tuple(sorted(reached))


def _is_excluded(name: str) -> bool:
    below = name.removeprefix(f"{PACKAGE}.")
    return any(below == excluded or below.startswith(f"{excluded}.") for excluded in NOT_IN_KEY)


def _packages_above(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


@cache
def _source_file(name: str) -> Path | None:
    root = Path(__file__).resolve().parents[1]
    path = root.joinpath(*name.split(".")[1:])
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file() and candidate != root.with_suffix(".py"):
            return candidate
    return None


def _existing_file(name: str) -> Path:
    path = _source_file(name)
    if path is None:
        raise ValueError(f"There is no module {name}: code_hash takes names such as 'recursion.generation'.")
    return path


def _parse(name: str) -> ast.Module:
    path = _existing_file(name)
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def _behaviour(name: str) -> str:
    return ast.dump(_Behaviour().visit(_parse(name)))


class _Behaviour(ast.NodeTransformer):
    """Drops what decides nothing: docstrings and notes below fields, aliases of types, fields and validators of settings."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return None
        return self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        return None if _is_type_alias(node.value) else self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST | None:
        if any(_name_of(base).endswith(SETTINGS_SUFFIX) for base in node.bases):
            node.body = [part for part in node.body if not _is_field(part) and not _is_validator(part)]
            node = self.generic_visit(node)
            return node if [part for part in node.body if not isinstance(part, ast.Pass)] else None
        return self.generic_visit(node)


def _is_type_alias(value: ast.expr) -> bool:
    return isinstance(value, ast.Subscript) and _name_of(value.value) in TYPE_FORMS


def _is_field(node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign)


def _is_validator(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and any(_name_of(mark) in VALIDATORS for mark in node.decorator_list)


def _name_of(node: ast.expr) -> str:
    """``name`` of ``name``, ``module.name``, ``name(...)`` and ``name[...]``."""
    if isinstance(node, ast.Call):
        return _name_of(node.func)
    if isinstance(node, ast.Subscript):
        return _name_of(node.value)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


@cache
def _imports(name: str) -> tuple[ast.Import | ast.ImportFrom, ...]:
    """Import statements anywhere in a module, also inside functions, but not those for type checkers alone."""
    found: list[ast.Import | ast.ImportFrom] = []
    waiting: list[ast.AST] = [_parse(name)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and _name_of(node.test) == "TYPE_CHECKING":
            waiting.extend(node.orelse)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found.append(node)
        else:
            waiting.extend(ast.iter_child_nodes(node))
    return tuple(found)


@cache
def _libraries_of(name: str) -> frozenset[str]:
    roots: set[str] = set()
    for node in _imports(name):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif not node.level:
            roots.add((node.module or "").split(".")[0])
    return frozenset(NUMERIC_LIBRARIES[root] for root in roots if root in NUMERIC_LIBRARIES)


@cache
def _imported(name: str) -> tuple[str, ...]:
    """Package modules that ``name`` imports."""
    found: list[str] = []
    for node in _imports(name):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE]
        else:
            found += _imported_from(name, node)
    return tuple(dict.fromkeys(found))


def _imported_from(name: str, node: ast.ImportFrom) -> list[str]:
    base = node.module or ""
    if node.level:
        package = name if _is_package(name) else name.rpartition(".")[0]
        base = importlib.util.resolve_name("." * node.level + base, package)
    if base.split(".")[0] != PACKAGE:
        return []
    lazily = _lazy_exports(base)
    found = [base]
    for alias in node.names:
        if _source_file(f"{base}.{alias.name}"):
            found.append(f"{base}.{alias.name}")
        elif alias.name in lazily:
            found.append(f"{base}.{lazily[alias.name]}")
    return found


@cache
def _lazy_exports(name: str) -> dict[str, str]:
    """Name -> submodule of a package that imports its names when they are asked for, by a table ``_MODULES``."""
    if not _is_package(name):
        return {}
    for node in _parse(name).body:
        if isinstance(node, ast.Assign) and [_name_of(target) for target in node.targets] == ["_MODULES"]:
            return ast.literal_eval(node.value)
    return {}


def _is_package(name: str) -> bool:
    path = _source_file(name)
    return path is not None and path.name == "__init__.py"
