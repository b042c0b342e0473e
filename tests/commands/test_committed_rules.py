"""Amended rules are known from Git's history."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from modelcollapse.commands.claims import committed_rules

RULES = Path("results/claims_rules.json")


@pytest.fixture
def commit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    RULES.parent.mkdir()

    def git(*arguments):
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
        subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)

    def commit_rules(rules):
        RULES.unlink() if rules is None else RULES.write_text(json.dumps(rules))
        git("add", "-A")
        git("commit", "-m", "run")

    git("init")
    return commit_rules


def test_the_first_rule_counts_however_often_it_was_committed_again(commit):
    commit({"L1": "first", "L2": "same"})
    commit({"L1": "second", "L2": "same", "L3": "new"})
    commit(None)
    commit({"L1": "third", "L2": "same", "L3": "newer"})
    RULES.write_text(json.dumps({"L1": "not committed"}))
    assert committed_rules(RULES) == {"L1": "first", "L2": "same", "L3": "new"}


def test_without_a_committed_run_there_is_nothing_to_compare_with(commit):
    assert committed_rules(RULES) is None


def test_without_git_there_is_nothing_to_compare_with(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert committed_rules(RULES) is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert committed_rules(RULES) is None
