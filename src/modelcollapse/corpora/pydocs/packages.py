"""Installed packages, found without importing them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MODULES = {"scikit-learn": "sklearn"}
"""Import names that differ from the distribution's name."""


@dataclass(frozen=True)
class Package:
    """An installed package.

    Attributes:
        name: name of the distribution.
        module: name under which it is imported.
        version: public version (`2.13.0` for `2.13.0+cpu`: builds carry the same text).
        licence: as its metadata state it.
        root: its folder.
    """

    name: str
    module: str
    version: str
    licence: str
    root: Path


def locate(packages: Sequence[str], lock: Path | None = None) -> tuple[Package, ...]:
    """Find installed packages without importing them.

    Raises:
        ValueError: no package is named, or one is missing or not of the locked version.
    """
    if not packages:
        raise ValueError("`packages` is empty: name at least one installed package, or null for the default list.")
    expected = {} if lock is None else locked_versions(lock)
    return tuple(_locate(name, expected) for name in packages)


def _locate(name: str, expected: dict[str, str]) -> Package:
    module = MODULES.get(name, name.replace("-", "_"))
    try:
        distribution = importlib.metadata.distribution(name)
        specification = importlib.util.find_spec(module)
    except (importlib.metadata.PackageNotFoundError, ModuleNotFoundError, ValueError):
        specification = None
    if specification is None or not specification.submodule_search_locations:
        raise ValueError(
            f"The corpus `pydocs` is made of the docstrings of installed packages, and {name!r} is not installed. "
            "Type `make setup`, or leave it out of `packages`."
        )
    version = distribution.version.split("+")[0]
    wanted = expected.get(_normalised(name))
    if wanted is not None and wanted != version:
        raise ValueError(
            f"The corpus `pydocs` needs {name} {wanted}, as locked, but {distribution.version} is installed: its text "
            "would differ. Type `make setup`."
        )
    return Package(
        name, module, version, licence(distribution.metadata), Path(specification.submodule_search_locations[0])
    )


def locked_versions(lock: Path) -> dict[str, str]:
    """Public versions by normalised name from a pip constraints file (lines such as ``numpy==2.4.6``)."""
    versions = {}
    for line in Path(lock).read_text(encoding="utf-8").splitlines():
        name, pinned, rest = line.split("#")[0].partition("==")
        if pinned:
            versions[_normalised(name.strip())] = re.split(r"[+;\s]", rest.strip())[0]
    return versions


def licence(metadata: importlib.metadata.PackageMetadata) -> str:
    """The licence that a distribution's metadata state."""
    expression = metadata.get("License-Expression")
    if expression:
        return expression
    classifiers = [entry for entry in metadata.get_all("Classifier") or [] if entry.startswith("License ::")]
    if classifiers:
        return classifiers[0].rsplit(" :: ", 1)[-1]
    stated = (metadata.get("License") or "").strip().splitlines()
    return stated[0] if stated else "not stated"


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
