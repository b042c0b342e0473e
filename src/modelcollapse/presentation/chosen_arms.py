"""Which arms figures and tables show, by what the config says of them. Cheap to import: rules ask before anything is run."""

from __future__ import annotations

from typing import Literal

from modelcollapse.recursion.settings import LanguageModelSettings

Role = Literal["main", "control", "ablation"]


def arms_of_role(settings: LanguageModelSettings, role: Role) -> list[str]:
    """Arms with this role, in the order of the config."""
    return [name for name, arm in settings.arms.items() if arm.role == role]


def label_of(settings: LanguageModelSettings, arm: str) -> str:
    """What figures call an arm: its label, or its name in words."""
    return settings.arms[arm].label or arm.replace("_", " ")


def continuing_arm(settings: LanguageModelSettings) -> str | None:
    """The first main arm whose samples continue blocks of human text; its texts are shown."""
    names = arms_of_role(settings, "main")
    return next((name for name in names if settings.arms[name].prompts == "corpus_blocks"), None)
