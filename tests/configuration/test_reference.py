"""The key table and the deviations."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelcollapse.configuration.reference import BEGIN, END, REPAIR, deviations, is_current, key_table, write_reference
from modelcollapse.recursion.settings import ArmSettings, TrainingSettings

README = Path(__file__).parents[2] / "config" / "README.md"


def test_the_key_table_is_the_schemas():
    assert is_current(README), f"config/README.md is not what the schema says; type: {REPAIR}"


def test_every_key_has_a_meaning():
    rows = [line for line in key_table().splitlines()[2:] if line.rstrip(" |").endswith("|")]
    assert not rows
    assert not [line for line in key_table().splitlines()[2:] if line.split("|")[5].strip() == ""]


def test_a_drifted_table_is_noticed_and_repaired(tmp_path):
    page = tmp_path / "README.md"
    page.write_text(f"intro\n{BEGIN}\nold\n{END}\noutro\n")
    assert not is_current(page)
    write_reference(page)
    assert is_current(page)
    assert page.read_text().startswith("intro\n") and page.read_text().endswith("outro\n")
    page.write_text("no marks")
    with pytest.raises(ValueError, match="lost its marks"):
        write_reference(page)


def test_deviations_name_key_ours_and_the_papers():
    arm = ArmSettings(family="opt", training=TrainingSettings(epochs=10), generations=9)
    found = deviations(arm)
    assert "training.epochs = 10 (paper: 5)" in found
    assert not [line for line in found if line.startswith("generations")]
    assert deviations(TrainingSettings()) == []
