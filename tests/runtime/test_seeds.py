"""Named random streams."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcollapse.runtime.seeds import generator, integer_seed


@given(st.lists(st.one_of(st.integers(), st.text()), min_size=1))
def test_the_seed_is_a_function_of_its_parts(parts):
    assert 0 <= integer_seed(*parts) < 2**63
    assert integer_seed(*parts) == integer_seed(*parts)


def test_the_seed_never_changes():
    assert integer_seed(0, "sample", 1) == 9042265680981019760


def test_different_names_give_different_streams():
    assert generator(0, "a").random() != generator(0, "b").random()
    assert integer_seed("1") != integer_seed(1)


def test_a_stream_needs_a_name():
    with pytest.raises(ValueError, match="needs a name"):
        integer_seed()
