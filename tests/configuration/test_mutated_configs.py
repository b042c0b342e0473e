"""Configs that a user may have damaged in any way: they are valid, or refused with a sentence; nothing else."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelcollapse.configuration.loading import ConfigError, check_files, load_config, merge, read_files
from modelcollapse.papers.registry import PAPERS, part

FOLDER = Path(__file__).parents[2] / "config"
SCALES = ("smoke", "laptop")
NAMED = (
    "arms",
    "families",
    "mixture",
    "kde_chains",
    "corpora",
    "tokenizers",
    "labellers",
    "images",
    "shumailov",
    "dohmatob",
)
"""Groups whose entries can be left out one by one."""
VALUES = (
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    float("inf"),
    float("nan"),
    "",
    "text",
    "1e-3",
    "1e400",
    "$(touch x)",
    "\n",
    [],
    [[]],
    [None],
    {},
    {"a": 1},
    {"a": {"b": []}},
    {1: 2},
    {None: None},
)


def places(value: Any, key: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for name, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*key, name)
        yield from places(item, (*key, name))


def group_at(value: Any, key: tuple[Any, ...]) -> Any:
    for name in key:
        value = value[name]
    return value


def mutate(raw: dict[str, Any], draw: random.Random) -> str:
    """Damage a config in place, and say how."""
    key = draw.choice(list(places(raw)))
    group, name = group_at(raw, key[:-1]), key[-1]
    kind = draw.choice(("delete", "replace", "rename", "copy"))
    if kind == "delete":
        del group[name]
    elif kind == "replace" or isinstance(group, list):
        group[name] = draw.choice(VALUES)
    elif kind == "rename":
        group[draw.choice(("other", "Other", "a b", "", 5, None, f"{name}s"))] = group.pop(name)
    else:
        group[draw.choice(list(group))] = copy.deepcopy(group_at(raw, draw.choice(list(places(raw)))))
    return f"{kind} {key}"


def outcome(raw: Any) -> str:
    try:
        load_config(raw)
    except ConfigError as error:
        assert "\n  - " in str(error)
        return "refused"
    return "valid"


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("text", ["embedded", "published"])
def test_a_mutated_config_is_valid_or_refused_with_a_sentence(scale, text):
    whole = merge(read_files([FOLDER / f"{scale}.yaml"]), {"text": text})
    draw = random.Random(f"{scale} {text}")
    outcomes = []
    for number in range(150):
        raw = copy.deepcopy(whole)
        done = [mutate(raw, draw) for _ in range(1 + number % 2)]
        try:
            outcomes.append(outcome(raw))
        except Exception as error:
            raise AssertionError(f"{scale} {text}: {done}") from error
    assert 15 < outcomes.count("valid") < 135


def test_a_mutated_file_is_valid_or_refused_with_a_sentence(tmp_path):
    """Characters of the file are lost, repeated or replaced."""
    content = (FOLDER / "smoke.yaml").read_bytes()
    draw = random.Random("characters")
    file = tmp_path / "mine.yaml"
    refused = 0
    for _ in range(60):
        damaged = bytearray(content)
        for _ in range(draw.randint(1, 3)):
            place = draw.randrange(len(damaged))
            new = draw.choice(
                [b"", b"\t", b"\n", b"\0", b"\xff", b": ", b"- ", b"&a ", b"*a ", b"{", b"]", b"'", b"---\n"]
            )
            damaged[place : place + draw.randint(0, 2)] = new
        file.write_bytes(damaged)
        try:
            check_files([file])
        except ConfigError as error:
            assert str(file) in str(error)
            refused += 1
    assert refused > 20


def test_an_anchor_in_itself_is_refused(tmp_path):
    file = tmp_path / "mine.yaml"
    for text in ("scale: &a {b: *a}", "scale: smoke\nshumailov: &a\n  mixture: *a", "scale: &a [*a]", "&a a: *a"):
        file.write_text(text)
        with pytest.raises(ConfigError, match=str(file)):
            check_files([file])


@pytest.mark.parametrize("scale", SCALES)
def test_whatever_is_left_out_the_rest_runs_or_the_gap_is_named(scale):
    whole = read_files([FOLDER / f"{scale}.yaml"])
    removable = [key for key in places(whole) if key[-2:-1] and key[-2] in NAMED and key[0] != "published_text"]
    removable = [key for key in removable if isinstance(key[-1], str)]
    assert len(removable) > 10
    for key in [*removable, ("shumailov",), ("gerstgrasser",), ("dohmatob",)]:
        raw = copy.deepcopy(whole)
        del group_at(raw, key[:-1])[key[-1]]
        try:
            config = load_config(raw)
        except ConfigError as error:
            assert f"'{key[-1]}'" in str(error), key
            continue
        for paper in PAPERS:
            settings = getattr(config, paper)
            if settings is not None:
                experiments = part(paper, "experiments")
                experiments.simulations(settings)
                experiments.topics(settings, "all")
