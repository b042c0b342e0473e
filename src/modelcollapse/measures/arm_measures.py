"""Which measures an arm can ask for by name, and what each needs. Looked up without importing any of them."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable
from pathlib import Path

from modelcollapse.diversity.measure_entry import known_measures, module_of

TEXT_MODULE = "measures.text_diversity"
"""Runs the measures of ``diversity`` on decoded text."""
READ_BY_TEXT_MEASURES = ("samples", "human_train", "tokenizer")
_ENTRIES = Path(__file__).parent / "entries"


def engine_measures() -> list[str]:
    """Measures of scores and token ids: one module of ``measures.entries`` each."""
    return sorted(path.stem for path in _ENTRIES.glob("*.py") if path.stem != "__init__")


def check_measures(names: Iterable[str]) -> None:
    """Check that measures exist.

    Raises:
        ValueError: there is no measure of this name; says which ones there are.
    """
    known = [*engine_measures(), *known_measures()]
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(known)}."
            raise ValueError(f"There is no measure '{name}' of an arm; {hint}")


def text_measures(names: Iterable[str]) -> list[str]:
    """Those of the measures that ``diversity`` computes on decoded text."""
    names = list(names)
    check_measures(names)
    engine = engine_measures()
    return [name for name in names if name not in engine]


def modules_of_measures(names: Iterable[str]) -> tuple[str, ...]:
    """The modules below ``modelcollapse`` that compute these measures: with ``measures.arm`` the code of the step.

    Raises:
        ValueError: there is no measure of one of these names.
    """
    names = list(names)
    on_text = text_measures(names)
    modules = [module_of(name) if name in on_text else f"measures.entries.{name}" for name in names]
    return (*modules, *((TEXT_MODULE,) if on_text else ()))


def inputs_of_measures(names: Iterable[str]) -> frozenset[str]:
    """What ``measure_arm`` reads for these measures: some of ``scores``, ``samples``, ``human_train``, ``tokenizer``.

    Raises:
        ValueError: there is no measure of one of these names.
    """
    names = list(names)
    on_text = text_measures(names)
    found = {kind for name in names if name not in on_text for kind in _reads(name)}
    return frozenset(found | set(READ_BY_TEXT_MEASURES if on_text else ()))


def _reads(name: str) -> tuple[str, ...]:
    """The constant ``READS`` of an entry, read without importing it."""
    path = _ENTRIES / f"{name}.py"
    for node in ast.parse(path.read_text(encoding="utf-8"), filename=str(path)).body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "READS" for t in node.targets):
            return tuple(ast.literal_eval(node.value))
    raise ValueError(f'{path} declares no READS: add a line such as READS = ("scores",).')
