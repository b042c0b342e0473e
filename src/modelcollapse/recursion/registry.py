"""Regimes and decoding methods by name, and what rules must know of them before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING

from modelcollapse.runtime.entries import entry_constant, entry_module, entry_names, load_entry

if TYPE_CHECKING:
    from modelcollapse.recursion.settings import ArmSettings, RegimeSettings

REGIMES = "recursion.regimes"
METHODS = "recursion.writing.methods"


def regime_names() -> list[str]:
    """Names of the regimes."""
    return entry_names(REGIMES)


def method_names() -> list[str]:
    """Names of the decoding methods."""
    return entry_names(METHODS)


def options_of(package: str, name: str) -> Sequence[str]:
    """Settings that an entry of ``REGIMES`` or ``METHODS`` reads besides its name; others have no effect on it."""
    return entry_constant(package, name, "OPTIONS", ())


def modules_of(arm: ArmSettings) -> tuple[str, ...]:
    """Modules of the regime and the decoding method of an arm."""
    return entry_module(REGIMES, arm.regime.name), entry_module(METHODS, arm.decoding.method)


def is_human_ceiling(settings: RegimeSettings) -> bool:
    """Whether the regime trains on human rows alone."""
    return entry_constant(REGIMES, settings.name, "READS", "last") == "none"


def required_generations(settings: RegimeSettings, generation: int) -> list[int]:
    """Earlier generations whose samples the regime reads when it trains this generation (>= 1)."""
    reads = entry_constant(REGIMES, settings.name, "READS", "last")
    return {"none": [], "last": [generation - 1], "all": list(range(generation))}[reads]


def rows_to_write(settings: RegimeSettings, generation: int, human_count: int) -> int:
    """Rows that model ``generation`` must write so that the regime can train the next one."""
    regime = load_entry(REGIMES, settings.name)
    count = getattr(regime, "rows_to_write", None)
    return human_count if count is None else count(settings, generation, human_count)


def load_regime(name: str) -> ModuleType:
    """The module of a regime: ``choose(context) -> TrainingSet``."""
    return load_entry(REGIMES, name)


def load_method(name: str) -> ModuleType:
    """The module of a decoding method: ``write(...)``, and whether it ``STORES_LOG_Q``."""
    return load_entry(METHODS, name)
