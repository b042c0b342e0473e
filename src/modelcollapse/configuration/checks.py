"""Options that have no effect: what a config says and no step reads."""

from __future__ import annotations

from pydantic import BaseModel

from modelcollapse.recursion.registry import METHODS, REGIMES, options_of


def warnings_of(config: BaseModel) -> list[str]:
    """A sentence for every setting of an arm that its regime or decoding method does not read."""
    found = []
    for paper in type(config).model_fields:
        models = getattr(getattr(config, paper), "language_model", None)
        for name, arm in (models.arms if models is not None else {}).items():
            where = f"{paper}.language_model.arms.{name}"
            for part, package, chosen in (
                ("regime", REGIMES, arm.regime.name),
                ("decoding", METHODS, arm.decoding.method),
            ):
                group = getattr(arm, part)
                known = {option for entry in _names(package) for option in options_of(package, entry)}
                idle = sorted((known & group.model_fields_set) - set(options_of(package, chosen)))
                default = type(group)()
                found += [
                    f"{where}.{part}.{option} has no effect: '{chosen}' does not read it"
                    for option in idle
                    if getattr(group, option) != getattr(default, option)
                ]
    return found


def _names(package: str) -> list[str]:
    from modelcollapse.runtime.entries import entry_names

    return entry_names(package)
