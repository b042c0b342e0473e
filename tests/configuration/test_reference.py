"""The key table."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelcollapse.configuration.reference import BEGIN, END, REPAIR, is_current, key_table, write_reference

README = Path(__file__).parents[2] / "config" / "README.md"


def test_the_key_table_is_the_schemas():
    assert is_current(README), f"config/README.md is not what the schema says; type: {REPAIR}"


def test_every_key_has_a_meaning():
    rows = [line for line in key_table().splitlines()[2:] if line.rstrip(" |").endswith("|")]
    assert not rows
    assert not [line for line in key_table().splitlines()[2:] if line.split("|")[4].strip() == ""]


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


def test_groups_that_may_be_left_out_have_their_keys_too():
    assert "| `shumailov.language_model.arms.<name>.decoding.beams` | integer >= 1 | `5` |" in key_table()
