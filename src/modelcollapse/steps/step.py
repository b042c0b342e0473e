"""What a step is: the files it reads and writes, the values it is told, the code it runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelcollapse.steps.code_hash import code_hash, libraries_behind
from modelcollapse.steps.key import parameters_of, step_key

EVERY_STEP = "steps.execution"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step. Rules and commands build it by the same function, so that both see the same dependencies."""

    name: str
    """The command's name."""
    command: str
    """Module below ``modelcollapse`` with the command."""
    module: str
    """Module below ``modelcollapse`` that does the work."""
    entries: tuple[str, ...] = ()
    """Modules that are found by name, such as a regime's, and that this step uses."""
    inputs: Mapping[str, Path] = field(default_factory=dict)
    """Files by role; their content is part of the key, their place is not."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Everything else that the result depends on, by name: settings, names, seeds."""
    unused: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Argument -> fields of its settings that the step does not depend on."""
    outputs: Mapping[str, Path]
    """Files by role."""

    @property
    def modules(self) -> tuple[str, ...]:
        """Every module whose code, with all it imports, is part of the key."""
        return (EVERY_STEP, self.command, self.module, *self.entries)

    @property
    def parameters(self) -> dict[str, Any]:
        """The arguments as JSON-serialisable data, without first defaults."""
        return {name: parameters_of(value, self.unused.get(name, ())) for name, value in self.arguments.items()}

    @property
    def code(self) -> str:
        """Hash of the code."""
        return code_hash(*self.modules)

    @property
    def libraries(self) -> dict[str, str]:
        """Versions of the libraries that decide numbers."""
        return libraries_behind(*self.modules)

    def key(self, input_hashes: Mapping[str, str]) -> str:
        """The step's key, given the SHA-256 of every input."""
        return step_key(
            {
                "step": self.name,
                "inputs": dict(input_hashes),
                "parameters": self.parameters,
                "code": self.code,
                "libraries": self.libraries,
                "outputs": sorted(self.outputs),
            }
        )

    def missing_input(self) -> Path | None:
        """The first input that does not exist."""
        return next((path for path in self.inputs.values() if not path.is_file()), None)
