"""What a topic reads: whole groups, single files, and all files below a name."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelcollapse.presentation.topics import Topic, read_by

FILES = {
    "measures": {"a": Path("a"), "b": Path("b")},
    "samples": {f"{arm}/seed{s}/gen0": Path(f"{arm}{s}") for arm in ("a", "ab") for s in (1, 10)},
    "theory": {"law": Path("law"), "law_again": Path("law_again")},
}


def topic(*data):
    return Topic(name="some", module="m", data=data)


def test_a_topic_is_given_what_it_names_and_nothing_else():
    chosen = read_by(topic("theory/law", "measures", "samples/a/seed1"), FILES)
    assert chosen == {
        "theory": {"law": Path("law")},
        "measures": FILES["measures"],
        "samples": {"a/seed1/gen0": Path("a1")},
    }
    assert list(read_by(topic("samples/a"), FILES)["samples"]) == ["a/seed1/gen0", "a/seed10/gen0"]
    assert list(read_by(topic("theory/law_again", "theory/law"), FILES)["theory"]) == ["law_again", "law"]


@pytest.mark.parametrize("wanted", ["theory/la", "samples/c", "vae", "measures/c"])
def test_files_that_no_step_makes_are_named(wanted):
    with pytest.raises(ValueError, match=f"topic 'some' reads '{wanted}'"):
        read_by(topic(wanted), FILES)
