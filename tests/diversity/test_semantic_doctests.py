"""The examples in the docstrings of semantic and syntactic measures run."""

from __future__ import annotations

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["semantic.distance", "syntactic.distance_of_trees"])
def test_examples_in_docstrings_hold(name):
    failed, attempted = doctest.testmod(importlib.import_module(f"modelcollapse.diversity.{name}"))
    assert attempted > 0
    assert failed == 0
