"""``python -m benchmarks``: every benchmark beside its peer, one table each."""

from __future__ import annotations

import importlib
import pkgutil

import benchmarks


def main() -> None:
    """Run all benchmarks in this folder, one after the other."""
    for found in sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__)):
        if found != "__main__":
            print(f"\n## {found}\n", flush=True)
            importlib.import_module(f"benchmarks.{found}").main()


if __name__ == "__main__":
    main()
