"""Peers that the environment does not hold, because they pin other versions of what it holds: installed beside it."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).resolve().parents[1] / "build" / "peers"
PEERS = {"fast_bleu": "fast-bleu==0.0.90", "vendi_score": "vendi-score==0.0.3", "diversity": "diversity==0.3.1"}


def install() -> list[str]:
    """Install the peers into ``FOLDER`` without their dependencies, which are in the environment; the missing ones."""
    missing = [requirement for name, requirement in PEERS.items() if not (FOLDER / name).is_dir()]
    for requirement in missing:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(FOLDER), requirement]
        subprocess.run(command, check=False, capture_output=True)
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    return [requirement for name, requirement in PEERS.items() if not (FOLDER / name).is_dir()]


def load(name: str) -> ModuleType | None:
    """A peer's module; None if it could not be installed or imported.

    ``diversity.self_repetition`` and the like are loaded alone: importing the package asks for several models' libraries.
    """
    install()
    try:
        if "." not in name or name.split(".")[0] != "diversity":
            return importlib.import_module(name)
        path = FOLDER.joinpath(*name.split(".")).with_suffix(".py")
        specification = importlib.util.spec_from_file_location(name.replace(".", "_"), path)
        if specification is None or specification.loader is None or not path.is_file():
            return None
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
        return module
    except ImportError:
        return None


def main() -> None:
    """Print which peers are there."""
    missing = install()
    for requirement in PEERS.values():
        print(f"{requirement:20s} {'could not be installed' if requirement in missing else 'installed'}")


if __name__ == "__main__":
    main()
