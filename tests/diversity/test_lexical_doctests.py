"""The examples in the docstrings run."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = {
    "compression": 1,
    "contrasts": 3,
    "lexical_per_text": 5,
    "lexical_pooled": 3,
    "lexical_repetition": 1,
    "lexical_self_bleu": 1,
    "measurement": 2,
    "tokenisation": 3,
    "vendi": 3,
}


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    failed, attempted = doctest.testmod(importlib.import_module(f"modelcollapse.diversity.{name}"))
    assert failed == 0 and attempted == MODULES[name]
