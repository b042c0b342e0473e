"""Sources of corpora, one module each: its name is what a config calls `source`. None is imported before it is named.

A source says in constants what it is, and loads its documents:

- ``KIND``: ``text`` or ``images``; ``SPLITS``: names of its splits; ``LICENCE``: of its data, in words;
- ``FETCHED``: whether a fetch step must bring it first (from a mirror or the hub);
- ``OPTIONS``: keys of ``CorpusSettings`` that it reads besides `source`; any other key is refused;
- ``load(settings, inputs, root)``: a ``corpora.prepare.LoadedCorpus``. ``inputs`` are the files of ``input_files``, or
  what ``fetch`` wrote; ``root`` is the folder from which relative paths start.

And where it applies:

- ``fetch(mirror, outputs)`` and ``UPSTREAM`` (``FETCHED`` sources): bring the raw splits; where they are published;
- ``DOCUMENTS``: most documents per split, where that is known beforehand;
- ``check(settings)``: raises ValueError for settings that contradict each other;
- ``has_prompts(settings)``: whether its texts are continuations of prompts;
- ``parameters(settings)``: what else decides its content, such as versions of packages;
- ``input_files(settings, root)``: files of the user that it reads;
- ``vocabulary()``: every word that its texts can have, if that is known.

Modules here import nothing heavy at their top: a workflow reads the constants of all of them while it is parsed.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import TYPE_CHECKING

from modelcollapse.runtime.nearest import nearest

if TYPE_CHECKING:
    from modelcollapse.corpora.settings import CorpusSettings

DECLARED = ("KIND", "SPLITS", "LICENCE", "FETCHED", "OPTIONS", "load")
"""What every source must define."""


def source_names() -> list[str]:
    """Names of all sources, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def find_source(name: str) -> ModuleType:
    """The module of a source.

    Raises:
        ValueError: there is no such source (the message names the nearest), or its module lacks a declaration.
    """
    names = source_names()
    if name not in names:
        raise ValueError(f"there is no source '{name}'; {nearest(name, names)}")
    source = importlib.import_module(f"{__name__}.{name}")
    missing = [entry for entry in DECLARED if not hasattr(source, entry)]
    if missing:
        raise ValueError(f"the source '{name}' does not define {', '.join(missing)}: see corpora/sources/__init__.py")
    return source


def kind_of(name: str) -> str:
    """``text`` or ``images``.

    Raises:
        ValueError: there is no such source.
    """
    return find_source(name).KIND


def splits_of(name: str) -> tuple[str, ...]:
    """Names of the splits of a source.

    Raises:
        ValueError: there is no such source.
    """
    return find_source(name).SPLITS


def is_fetched(name: str) -> bool:
    """Whether a fetch step must bring the source before it can be prepared.

    Raises:
        ValueError: there is no such source.
    """
    return find_source(name).FETCHED


def has_vocabulary(name: str) -> bool:
    """Whether all words of the source are known, so that a tokenizer of kind `words` can be made for it.

    Raises:
        ValueError: there is no such source.
    """
    return hasattr(find_source(name), "vocabulary")


def has_prompts(settings: CorpusSettings) -> bool:
    """Whether each text of the corpus continues a prompt."""
    source = find_source(settings.source)
    return hasattr(source, "has_prompts") and source.has_prompts(settings)
