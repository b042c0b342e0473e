"""Declared simulations are called with what they ask for, and see only the settings that they name."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from modelcollapse.runtime.settings import Settings
from modelcollapse.simulation.declaration import Simulation
from modelcollapse.simulation.running import NarrowedSettings, group_of, narrowed_parameters, run


class Inner(Settings):
    size: int = 3


class Group(Settings):
    replicates: int = 10
    other: int = 20
    seeds: int = 5
    first_seed: int = 1
    inner: dict[str, Inner] = {"a": Inner()}


class Paper(Settings):
    groups: dict[str, Group] = {"one": Group()}
    absent: Group | None = None


def declared(**changes) -> Simulation:
    facts = {"topic": "toys", "name": "toy", "module": "toy_work", "function": "work", "settings": "groups.one"}
    return Simulation(**facts | changes)


@pytest.fixture
def toy(monkeypatch) -> ModuleType:
    module = ModuleType("modelcollapse.toy_work")
    monkeypatch.setitem(sys.modules, "modelcollapse.toy_work", module)
    return module


def test_only_declared_fields_count():
    one = declared(fields=("replicates", "inner"))
    assert narrowed_parameters(one, Group()) == {"replicates": 10, "inner": {"a": Inner()}}
    assert narrowed_parameters(one, Group(other=99)) == narrowed_parameters(one, Group())
    assert narrowed_parameters(declared(fields=()), Group()) == {}


def test_without_declaration_all_fields_count_but_those_that_number_the_seeds():
    assert set(narrowed_parameters(declared(), Group())) == {"replicates", "other", "inner"}


def test_a_field_that_is_not_declared_cannot_be_read():
    narrowed = NarrowedSettings("toy", {"replicates": 10, "inner": {"a": Inner(size=4)}})
    assert narrowed.replicates == 10
    assert narrowed.model_dump() == {"replicates": 10, "inner": {"a": {"size": 4}}}
    with pytest.raises(AttributeError, match="the experiment toy reads 'other', which its declaration does not name"):
        _ = narrowed.other


def test_a_function_gets_the_keywords_of_its_signature(toy, tmp_path):
    calls = []
    toy.work = lambda settings, outputs: calls.append((settings.replicates, outputs))
    run(declared(fields=("replicates",)), Group(), {}, {"table": tmp_path}, tmp_path)
    toy.work = lambda name, seed, images, work: calls.append((name, seed, images, work))
    run(declared(seed=7), Group(), {"train": tmp_path}, {}, tmp_path / "work")
    assert calls == [(10, {"table": tmp_path}), ("toy", 7, {"train": tmp_path}, tmp_path / "work")]


def test_wrong_declarations_are_refused(toy, tmp_path):
    toy.work = lambda sample: None
    with pytest.raises(TypeError, match=r"toy_work\.work asks for 'sample', but a simulation is given only: settings"):
        run(declared(), Group(), {}, {}, tmp_path)
    with pytest.raises(
        ValueError, match=r"'toys/toy' declares the field 'size', but 'groups\.one' has only: replicates"
    ):
        run(declared(fields=("size",)), Group(), {}, {}, tmp_path)


def test_groups_are_found_by_dotted_path():
    paper = Paper()
    assert group_of(declared(), paper) is paper.groups["one"]
    for path, missing in (("absent", "absent"), ("groups.two", "two"), ("nothing.one", "nothing")):
        with pytest.raises(ValueError, match=f"reads the settings '{path}', but there is no '{missing}'"):
            group_of(declared(settings=path), paper)
