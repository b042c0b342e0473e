"""`pydocs`: human English prose from the docstrings of installed packages, without importing any of them.

With ``pairs`` a text is the extended description of something, and its prompt the qualified name and the summary.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelcollapse.corpora.loaded_corpus import LoadedCorpus
    from modelcollapse.corpora.settings import CorpusSettings

KIND = "text"
SPLITS = ("train", "validation", "test")
LICENCE = "that of each package: see the corpus's record"
FETCHED = False
OPTIONS = ("packages", "pairs", "prompt_tokens", "train", "validation", "test", "seed")

PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn", "torch", "transformers", "matplotlib", "nltk")
"""Distributions that are harvested by default, in this order."""

LOCK = "requirements.lock"
"""Constraints file in the root folder whose versions must be installed, if there is one."""


def check(settings: CorpusSettings) -> None:
    """Refuse an empty list of packages, and packages named twice.

    Raises:
        ValueError: see above.
    """
    packages = settings.packages
    if packages is not None and not packages:
        raise ValueError("'packages' is empty: name at least one installed package, or null for the default list")
    if packages is not None and len(set(packages)) < len(packages):
        raise ValueError("'packages' names a package twice: name each once")


def has_prompts(settings: CorpusSettings) -> bool:
    """Whether pairs are prepared."""
    return settings.pairs


def parameters(settings: CorpusSettings) -> dict[str, Any]:
    """Public version of each harvested package.

    Raises:
        ValueError: a package is not installed.
    """
    from modelcollapse.corpora.pydocs.packages import locate

    return {"packages": {package.name: package.version for package in locate(settings.packages or PACKAGES)}}


def load(settings: CorpusSettings, inputs: Mapping[str, Path], root: Path) -> LoadedCorpus:
    """Paragraphs or pairs, and the packages that they come from."""
    from modelcollapse.corpora.loaded_corpus import LoadedCorpus, text_table
    from modelcollapse.corpora.pydocs.harvest import harvest
    from modelcollapse.corpora.pydocs.packages import locate

    lock = root / LOCK
    found = harvest(locate(settings.packages or PACKAGES, lock if lock.exists() else None), settings.seed)
    if settings.pairs:
        splits = {
            split: text_table([pair.text for pair in pairs], [pair.prompt for pair in pairs])
            for split, pairs in found.pairs.items()
        }
    else:
        splits = {split: text_table(paragraphs) for split, paragraphs in found.paragraphs.items()}
    packages = {found.name: {"version": found.version, "licence": found.licence} for found in found.packages}
    return LoadedCorpus(
        splits=splits,
        licence="; ".join(f"{name}: {facts['licence']}" for name, facts in packages.items()),
        origin={"kind": "installed packages", "packages": packages},
    )
