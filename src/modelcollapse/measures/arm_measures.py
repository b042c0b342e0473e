"""Which measures an arm can ask for by name, and what each needs. Looked up without importing any of them."""

from __future__ import annotations

from collections.abc import Iterable

from modelcollapse.diversity.measure_entry import known_measures, module_of
from modelcollapse.runtime.entries import entry_constant, entry_module, entry_names
from modelcollapse.runtime.nearest import nearest

ENTRIES = "measures.entries"
"""Measures of scores and token ids, one module each; its constant ``READS`` says what it needs."""
TEXT_MODULE = "measures.text_diversity"
"""Runs the measures of ``diversity`` on decoded text."""
READ_BY_TEXT_MEASURES = ("samples", "human_train", "tokenizer")


def check_measures(names: Iterable[str]) -> None:
    """Check that measures exist.

    Raises:
        ValueError: there is no measure of this name; proposes the nearest one.
    """
    known = [*entry_names(ENTRIES), *known_measures()]
    for name in names:
        if name not in known:
            raise ValueError(f"There is no measure '{name}' of an arm; {nearest(name, known)}")


def text_measures(names: Iterable[str]) -> list[str]:
    """Those of the measures that ``diversity`` computes on decoded text."""
    names = list(names)
    check_measures(names)
    of_engine = entry_names(ENTRIES)
    return [name for name in names if name not in of_engine]


def modules_of_measures(names: Iterable[str]) -> tuple[str, ...]:
    """The modules below ``modelcollapse`` that compute these measures: with ``measures.arm`` the code of the step.

    Raises:
        ValueError: there is no measure of one of these names.
    """
    names = list(names)
    on_text = text_measures(names)
    modules = [module_of(name) if name in on_text else entry_module(ENTRIES, name) for name in names]
    return (*modules, *((TEXT_MODULE,) if on_text else ()))


def inputs_of_measures(names: Iterable[str]) -> frozenset[str]:
    """What ``measure_arm`` reads for these measures: some of ``scores``, ``samples``, ``human_train``, ``tokenizer``.

    Raises:
        ValueError: there is no measure of one of these names.
    """
    names = list(names)
    on_text = text_measures(names)
    found = {kind for name in names if name not in on_text for kind in entry_constant(ENTRIES, name, "READS")}
    return frozenset(found | set(READ_BY_TEXT_MEASURES if on_text else ()))
