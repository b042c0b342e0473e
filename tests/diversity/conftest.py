"""Fixtures of the diversity tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from treebanks import write_treebank

from modelcollapse.diversity.parser.settings import ParserSettings


@pytest.fixture(scope="session")
def tiny_parser(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A parser trained for seconds on the tiny treebank."""
    from modelcollapse.diversity.parser.training import train_parser

    folder = tmp_path_factory.mktemp("parser")
    path = folder / "tiny.safetensors"
    settings = ParserSettings(updates=60, learning_rate=0.003, first_batch_words=120, last_batch_words=200)
    train_parser(settings, write_treebank(folder), path)
    return path
