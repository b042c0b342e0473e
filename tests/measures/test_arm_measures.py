"""Measures of an arm by name: modules and inputs are known before anything is imported."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from modelcollapse.diversity.measure_entry import KINDS, known_measures
from modelcollapse.measures.arm_measures import ENTRIES, inputs_of_measures, modules_of_measures
from modelcollapse.recursion.settings import ArmSettings
from modelcollapse.runtime.entries import entry_names
from modelcollapse.steps.code_hash import modules_behind


def test_every_arm_has_the_engines_measures_and_nothing_else():
    assert sorted(ArmSettings(family="text").measures) == entry_names(ENTRIES)


def test_no_name_means_two_measures():
    assert not set(entry_names(ENTRIES)) & set(known_measures())


def test_modules_and_inputs_of_measures():
    assert modules_of_measures(["cross_entropy"]) == ("measures.entries.cross_entropy",)
    assert inputs_of_measures(["cross_entropy"]) == {"scores"}
    mixed = ["repeated_token_4gram_share", "self_bleu", "distinct_2"]
    assert modules_of_measures(mixed) == (
        "measures.entries.repeated_token_4gram_share",
        "diversity.lexical.measures.self_bleu",
        "diversity.lexical.measures.distinct_2",
        "measures.text_diversity",
    )
    assert inputs_of_measures(mixed) == {"samples", "human_train", "tokenizer"}
    for name in modules_of_measures([*entry_names(ENTRIES), *known_measures()]):
        assert importlib.import_module(f"modelcollapse.{name}")
    with pytest.raises(ValueError, match="did you mean 'self_bleu'"):
        modules_of_measures(["selfbleu"])
    with pytest.raises(ValueError, match="no measure 'zzz' of an arm; there are: base_cross_entropy"):
        inputs_of_measures(["zzz"])


def test_no_measure_is_in_the_hash_of_an_arm_that_does_not_ask_for_it():
    reached = modules_behind("measures.arm")
    of_kinds = tuple(f"modelcollapse.diversity.{kind}" for kind in KINDS)
    assert not [name for name in reached if name.startswith(("modelcollapse.measures.entries", *of_kinds))]
    of_cross_entropy = modules_behind("measures.entries.cross_entropy")
    assert not [name for name in of_cross_entropy if "diversity" in name or "repeated" in name]
    of_self_bleu = modules_behind("diversity.lexical.measures.self_bleu")
    assert not [name for name in of_self_bleu if "distinct" in name or "per_text" in name]


def test_names_are_looked_up_without_numpy():
    code = (
        "import sys; from modelcollapse.measures.arm_measures import inputs_of_measures, modules_of_measures; "
        "inputs_of_measures(['cross_entropy']); modules_of_measures(['self_bleu']); sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
