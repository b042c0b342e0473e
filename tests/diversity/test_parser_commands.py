"""The parser's commands: what they write, print and refuse."""

from __future__ import annotations

from pathlib import Path

import pytest
from treebanks import write_treebank
from typer.testing import CliRunner

from modelcollapse.cli import app
from modelcollapse.diversity.parser import pinned_weights as parser_weights
from modelcollapse.diversity.parser.pinned_weights import PinnedFile
from modelcollapse.diversity.parser.tagger_parser import load_parser, parse_words, read_description
from modelcollapse.diversity.parser.training import score_parser
from modelcollapse.diversity.parser.treebank import read_treebank
from modelcollapse.runtime.files import md5, sha256


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("MODELCOLLAPSE_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(parser_weights.PARSER_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)


def run(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_parser_is_trained_once_and_then_taken_from_the_store(tmp_path, capfd):
    splits = write_treebank(tmp_path / "treebank", 30)
    given = [f"--{split}={path}" for split, path in splits.items()]
    for name in ("first", "second"):
        done = run("train-parser", *given, "--parser", tmp_path / f"{name}.safetensors", "--settings", '{"updates": 2}')
        assert done.exit_code == 0, done.exception
    assert sha256(tmp_path / "first.safetensors") == sha256(tmp_path / "second.safetensors")
    assert "taken from the store" in done.stderr + capfd.readouterr().err
    scored = run("score-parser", splits["test"], "--parser", tmp_path / "first.safetensors")
    assert "LAS" in scored.stdout and "20 sentences with gold tokens" in scored.stdout


def test_a_misspelt_setting_and_a_missing_file_are_named(tmp_path):
    splits = write_treebank(tmp_path / "treebank", 5)
    given = [f"--{split}={path}" for split, path in splits.items()]
    done = run("train-parser", *given, "--parser", tmp_path / "p.safetensors", "--settings", '{"update": 2}')
    assert "update: Extra inputs are not permitted" in str(done.exception)
    splits["train"].unlink()
    done = run("train-parser", *given, "--parser", tmp_path / "p.safetensors")
    assert "train.conllu of 'train-parser' does not exist" in str(done.exception)


def test_another_treebank_in_a_mirror_is_not_taken_for_the_pinned_one(tmp_path):
    write_treebank(tmp_path / "mirror" / "ud_english_ewt", 5)
    outputs = [f"--{split}={tmp_path / 'raw' / split}.conllu" for split in ("train", "validation", "test")]
    done = run("fetch-treebank", "--mirror", tmp_path / "mirror", *outputs)
    assert "damaged or another release" in str(done.exception)
    assert not (tmp_path / "raw" / "train.conllu").exists()


def test_the_pinned_parser_is_copied_to_the_cache_or_where_it_is_asked_for(tmp_path, tiny_parser, monkeypatch):
    pin = PinnedFile(md5(tiny_parser), sha256(tiny_parser), tiny_parser.stat().st_size)
    monkeypatch.setattr(parser_weights, "PARSER", pin)
    kept = tmp_path / "artifacts" / "files" / "md5" / pin.md5[:2] / pin.md5[2:]
    kept.parent.mkdir(parents=True)
    kept.write_bytes(tiny_parser.read_bytes())
    assert run("fetch-parser", "--parser", tmp_path / "here.safetensors").exit_code == 0
    assert sha256(tmp_path / "here.safetensors") == pin.sha256
    printed = run("fetch-parser").stdout.strip()
    assert printed == str(parser_weights.cached_parser()) and sha256(printed) == pin.sha256


def test_the_rules_weights_are_the_ones_this_package_pins():
    # the object of the embedded remote of this very clone, wherever the tests are run from
    assert sha256(parser_weights.find_parser()) == parser_weights.PARSER.sha256
    assert parser_weights.find_parser().stat().st_size == parser_weights.PARSER.bytes <= 10_000_000


def test_the_pinned_parser_parses_as_well_as_its_header_says():
    facts = read_description(parser_weights.find_parser())["facts"]
    assert facts["licence"] == "CC BY-SA 4.0"
    assert facts["lineage"]["treebank"]["name"] == "UD_English-EWT"
    assert facts["lineage"]["sentences"]["test"] == 2077
    assert facts["scores"]["test"]["las"] >= 78 and facts["scores"]["test"]["uas"] >= 82
    nlp = load_parser(parser_weights.find_parser())
    # the treebank itself where a corpus mirror lies beside the clone, and a sentence that it parses anywhere
    folder = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "ud_english_ewt"
    for path in folder.glob("test.conllu*"):
        # another processor's rounding may turn a few words of 25,094
        assert score_parser(nlp, read_treebank(path)).as_dict() == pytest.approx(facts["scores"]["test"], abs=0.1)
    (tree,) = parse_words(nlp, [["The", "dog", "has", "seen", "a", "cat", "."]])
    assert tree.heads == (2, 4, 4, 0, 6, 4, 4)
    assert tree.relations == ("det", "nsubj", "aux", "root", "det", "obj", "punct")
