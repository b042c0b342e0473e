"""Docstrings of an installed package, read without importing it."""

from __future__ import annotations

import ast
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PRUNED = frozenset(
    {
        "__pycache__",
        "_vendor",
        "_vendored_packages",
        "_vendored_meson",
        "externals",
        "extern",
        "_extern",
        "node_modules",
        "site-packages",
        "include",
        "bin",
        "share",
        "test",
        "tests",
        "testing",
        # the compiler inside torch: more than half of its source, and notes to its own authors
        "_inductor",
        "_dynamo",
        "_export",
        "_functorch",
        "_higher_order_ops",
        "_decomp",
        "_refs",
        "_numpy",
    }
)
"""Folders that are not walked: tests, vendored packages, compiled parts."""

WITHOUT_PROSE = ("convert_", "modeling_", "modular_")
"""Beginnings of file names in `transformers` that stand for thousands of long files with next to no prose."""

GENERATED = "automatically generated from"
"""Marks source files that repeat another file's docstrings."""

_DOCUMENTING_CALLS = ("add_docstr", "add_newdoc")


@dataclass(frozen=True)
class Docstring:
    """A docstring and the qualified name of what it documents."""

    name: str
    text: str


def python_files(root: Path) -> Iterator[Path]:
    """The package's Python files, folders and files in sorted order, without the ``PRUNED`` folders.

    Model code and scripts that convert checkpoints (``WITHOUT_PROSE``) are left out.
    """
    for folder, subfolders, files in os.walk(root):
        # pruning works only by changing the walk's own list, in place
        subfolders[:] = sorted(name for name in subfolders if name not in PRUNED)
        for name in sorted(files):
            if name.endswith(".py") and not name.startswith(WITHOUT_PROSE):
                yield Path(folder, name)


def docstrings(package: str, root: Path) -> Iterator[Docstring]:
    """Every docstring of the package in ``root``, in the order of the sorted files and of their lines.

    Also what is assigned by calls such as ``add_docstr(torch.abs, "...")``. Files that Python cannot parse are passed
    over.
    """
    with _no_garbage_collection():
        yield from _read_all(package, root)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Syntax trees hold no cycles, and looking for some in millions of nodes takes a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _read_all(package: str, root: Path) -> Iterator[Docstring]:
    for path in python_files(root):
        source = path.read_text(encoding="utf-8", errors="ignore")
        if ('"""' not in source and "'''" not in source) or GENERATED in source[:1000]:
            continue
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError):
            continue
        parts = [part for part in path.relative_to(root).with_suffix("").parts if part != "__init__"]
        yield from _documented(tree, ".".join((package, *parts)))


def _documented(
    node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, name: str
) -> Iterator[Docstring]:
    text = _own_docstring(node)
    if text:
        yield Docstring(name, text)
    if not isinstance(node, (ast.Module, ast.ClassDef)):
        return
    for statement in _statements(node.body):
        if isinstance(statement, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _documented(statement, f"{name}.{statement.name}")
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            yield from _assigned(statement.value, name)


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body, those under ``if`` and ``try`` included."""
    for statement in body:
        if isinstance(statement, (ast.If, ast.Try)):
            yield from _statements(statement.body)
            yield from _statements(statement.orelse)
        else:
            yield statement


def _own_docstring(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    if node.body and isinstance(node.body[0], ast.Expr):
        return _string(node.body[0].value)
    return None


def _assigned(call: ast.Call, module: str) -> Iterator[Docstring]:
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if not called.endswith(_DOCUMENTING_CALLS) or len(call.args) < 2:
        return
    text = next((found for argument in reversed(call.args) if (found := _documenting_string(argument))), None)
    if text:
        target = call.args[0]
        names = [argument.value for argument in call.args[:-1] if isinstance(argument, ast.Constant)]
        name = ".".join(map(str, names)) if names else ast.unparse(target)
        yield Docstring(name if "." in name else f"{module}.{name}", text)


def _documenting_string(node: ast.expr) -> str | None:
    """A string, formatted or joined with others; `(name, "...")` pairs are read too."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return _documenting_string(node.func.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [_documenting_string(node.left), _documenting_string(node.right)]
        return "".join(part for part in parts if part) or None
    if isinstance(node, ast.Tuple) and node.elts:
        return _documenting_string(node.elts[-1])
    return _string(node)


def _string(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
