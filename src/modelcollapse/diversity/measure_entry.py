"""Measures found by name: each is one module ``<kind>/measures/<name>.py`` with its declaration ``MEASURE``.

A module is imported when its measure is asked for, so that a new measure is one new file that touches nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modelcollapse.runtime.entries import entry_names, load_entry

if TYPE_CHECKING:
    # names and modules are looked up without importing numpy
    from modelcollapse.diversity.statistic import Statistic

KINDS = ("lexical", "semantic", "syntactic")


@dataclass(frozen=True)
class MeasureEntry:
    """What a measure's module declares as ``MEASURE``.

    Attributes:
        prepare: the function ``prepare(collection, **options) -> Statistic``; lexical ones take ``tokenizer`` and
            ``tokens_per_text`` too.
        unit: what the value counts, such as ``share`` or ``texts``.
        bounds: smallest and largest value that texts can have.
        more_diverse: ``higher`` or ``lower``: which values mean more diversity.
        options: options that this name of the measure fixes, such as n=2 for ``distinct_2``.
        sampled: whether ``prepare`` takes ``n_tokens`` and ``seed``: a fixed number of tokens is drawn from the pool.
        needs: an option without which it cannot be measured.
    """

    prepare: Callable[..., Statistic]
    unit: str
    bounds: tuple[float, float]
    more_diverse: str
    options: Mapping[str, Any] = field(default_factory=dict)
    sampled: bool = False
    needs: str | None = None


def names_of_kind(kind: str) -> list[str]:
    """The measures of one of ``KINDS``, in alphabetical order."""
    return entry_names(f"diversity.{kind}.measures")


def known_measures() -> list[str]:
    """All measures by kind, in alphabetical order within each."""
    return [name for kind in KINDS for name in names_of_kind(kind)]


def kind_of(name: str) -> str:
    """``lexical``, ``semantic`` or ``syntactic``.

    Raises:
        ValueError: no measure has this name.
    """
    for kind in KINDS:
        if name in names_of_kind(kind):
            return kind
    raise ValueError(f"There is no measure called {name!r}. Choose from: {', '.join(known_measures())}.")


def module_of(name: str) -> str:
    """The module of a measure below ``modelcollapse``, such as ``diversity.lexical.measures.self_bleu``.

    Raises:
        ValueError: no measure has this name.
    """
    return f"diversity.{kind_of(name)}.measures.{name}"


def find_measure(name: str) -> MeasureEntry:
    """The declaration of a measure; imports its module and no other measure's.

    Raises:
        ValueError: no measure has this name.
    """
    return load_entry(f"diversity.{kind_of(name)}.measures", name).MEASURE
