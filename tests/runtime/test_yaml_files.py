"""YAML files: where their keys stand."""

from __future__ import annotations

from modelcollapse.runtime.yaml_files import key_lines, key_places, read_yaml

TEXT = """\
# a comment
first: &values {a: 1, b: [2, 3]}
second:
  <<: *values
  a: 4
third: *values
"""


def test_each_key_has_the_place_where_it_is_written(tmp_path):
    file = tmp_path / "file.yaml"
    file.write_text(TEXT)
    assert read_yaml(file)["second"] == {"a": 4, "b": [2, 3]}
    places = key_places(file)
    assert places["first",] == (2, 1)
    assert places["first", "b", 1] == (2, 30)
    # its own value wins over the merged one; what is merged or repeated stands at the anchor
    assert places["second", "a"] == (5, 3)
    assert places["second", "b"] == places["third", "b"] == places["first", "b"] == (2, 23)
    assert key_lines(file)["third", "a"] == 2


def test_numbers_with_exponent_are_numbers(tmp_path):
    file = tmp_path / "file.yaml"
    file.write_text("a: [1e-3, 1E3, -2e+1, .5e1, '1e-3', 1e, e1, 12]")
    assert read_yaml(file)["a"] == [1e-3, 1e3, -20.0, 5.0, "1e-3", "1e", "e1", 12]
