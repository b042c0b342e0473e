"""The examples in the docstrings run, and the page speaks of every public name."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import modelcollapse.diversity as diversity

MODULES = {
    "lexical.measures.compression_ratio": 1,
    "contrasts": 3,
    "lexical.per_text": 5,
    "lexical.pooled": 3,
    "lexical.measures.self_repetition": 1,
    "lexical.measures.self_bleu": 1,
    "measurement": 2,
    "lexical.tokenisation": 3,
    "vendi": 3,
}


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    failed, attempted = doctest.testmod(importlib.import_module(f"modelcollapse.diversity.{name}"))
    assert failed == 0 and attempted == MODULES[name]


def test_every_public_name_is_on_the_page():
    page = (Path(__file__).parents[2] / "docs" / "diversity.md").read_text()
    assert [name for name in diversity.__all__ if name not in page] == []
