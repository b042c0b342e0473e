"""What a prepared corpus depends on besides its settings: answered in milliseconds, while a workflow is parsed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelcollapse.corpora.fetched import mirror as mirrors
from modelcollapse.corpora.settings import CorpusSettings
from modelcollapse.corpora.sources import find_source


def corpus_parameters(settings: CorpusSettings) -> dict[str, Any]:
    """What decides the corpus's content besides settings and input files, such as the versions of harvested packages.

    Raises:
        ValueError: a package is not installed.
    """
    source = find_source(settings.source)
    return source.parameters(settings) if hasattr(source, "parameters") else {}


def input_files(settings: CorpusSettings, root: Path = Path()) -> list[Path]:
    """The user's own files that the corpus is made of, sorted; none for other sources than `files`.

    Args:
        settings: the corpus.
        root: folder from which a relative `path` starts.

    Raises:
        ValueError: there is no such file, or it cannot be read with these settings.
    """
    source = find_source(settings.source)
    return source.input_files(settings, root) if hasattr(source, "input_files") else []


def mirror_files(source: str, mirror: Path) -> list[Path]:
    """The files of a corpus mirror that fetching the source reads.

    Raises:
        ValueError: the source is not fetched, or the mirror, its folder or a file is missing.
    """
    found = find_source(source)
    if not found.FETCHED:
        raise ValueError(f"the source '{source}' needs no mirror: nothing is fetched for it.")
    return mirrors.mirror_files(mirror, found.UPSTREAM)
