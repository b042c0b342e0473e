"""The compact parser: it learns, its file is safe, deterministic and complete, and damage is noticed."""

from __future__ import annotations

import json
import struct

import pytest
from treebanks import write_treebank

from modelcollapse.diversity.parser import pinned_weights as parser_weights
from modelcollapse.diversity.parser.attachment import attachment_scores
from modelcollapse.diversity.parser.pinned_weights import PinnedFile
from modelcollapse.diversity.parser.settings import ParserSettings
from modelcollapse.diversity.parser.tagger_parser import load_parser, parse_words, read_description
from modelcollapse.diversity.parser.training import score_parser, train_parser
from modelcollapse.diversity.parser.treebank import read_treebank
from modelcollapse.diversity.syntactic.dependency import DependencyTree
from modelcollapse.runtime.files import md5, sha256


def test_it_learns_the_tiny_grammar_and_reports_what_its_file_parses(tiny_parser, tmp_path):
    facts = read_description(tiny_parser)["facts"]
    gold = read_treebank(write_treebank(tmp_path)["test"])
    scores = score_parser(load_parser(tiny_parser), gold)
    assert scores.las > 90 and scores.upos > 95
    assert facts["scores"]["test"] == scores.as_dict()
    assert facts["lineage"]["sentences"] == {"train": 120, "validation": 10, "test": 20}
    assert facts["lineage"]["settings"]["updates"] == 60
    assert "spacy" in facts["lineage"]["versions"] and facts["licence"]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    treebank = write_treebank(tmp_path, 30)
    digests = []
    for seed in (3, 3, 4):
        train_parser(ParserSettings(updates=3, seed=seed), treebank, tmp_path / "parser.safetensors")
        digests.append(sha256(tmp_path / "parser.safetensors"))
    assert digests[0] == digests[1] != digests[2]


def test_every_sentence_has_one_root_and_unknown_words_are_parsed(tiny_parser):
    nlp = load_parser(tiny_parser)
    sentences = [["the", "dog", "sees", "a", "cat", ".", "this", "fox", "likes", "a", "bird", "."], ["Zyx"], ["."] * 9]
    trees = parse_words(nlp, sentences)
    assert [list(tree.words) for tree in trees] == sentences
    assert [tree.heads.count(0) for tree in trees] == [1, 1, 1]
    assert [tree.relations.count("root") for tree in trees] == [1, 1, 1]


def damaged(tmp_path, content: bytes):
    path = tmp_path / "damaged.safetensors"
    path.write_bytes(content)
    return path


def with_header(content: bytes, change) -> bytes:
    """The same file with another description."""
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    description = json.loads(header["__metadata__"]["modelcollapse"])
    change(description)
    header["__metadata__"]["modelcollapse"] = json.dumps(description)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content[8 + length :]


def test_damaged_and_foreign_files_are_refused(tiny_parser, tmp_path):
    content = tiny_parser.read_bytes()
    for bad in (b"", b"no parser", content[:1000], content[:-1000], struct.pack("<Q", 2) + b"{}"):
        with pytest.raises(ValueError, match="is not a parser of this package, or damaged"):
            load_parser(damaged(tmp_path, bad))
    with pytest.raises(ValueError, match=r"of another version of this package \(format 2, expected 1\)"):
        load_parser(damaged(tmp_path, with_header(content, lambda description: description.update(format=2))))
    with pytest.raises(ValueError, match="of another version"):
        load_parser(damaged(tmp_path, with_header(content, lambda found: found["config"]["nlp"].update(lang="de"))))
    with pytest.raises(ValueError, match="damaged"):
        load_parser(damaged(tmp_path, with_header(content, lambda found: found["labels"]["tagger"].append("NEW"))))


@pytest.fixture
def pinned(tiny_parser, monkeypatch, tmp_path):
    """The tiny parser as the pinned one, in an empty world: no clone, no cache."""
    pin = PinnedFile(md5(tiny_parser), sha256(tiny_parser), tiny_parser.stat().st_size)
    monkeypatch.setattr(parser_weights, "PARSER", pin)
    monkeypatch.delenv(parser_weights.PARSER_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "clone" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "clone" / "deep")
    return pin


def test_the_pinned_parser_is_found_in_the_clone_by_its_hash_and_fetched(pinned, tiny_parser, tmp_path):
    with pytest.raises(ValueError, match=r"The default parser is not here.*fetch-parser"):
        parser_weights.find_parser()
    kept = tmp_path / "clone" / "artifacts" / "files" / "md5" / pinned.md5[:2] / pinned.md5[2:]
    kept.parent.mkdir(parents=True)
    kept.write_bytes(tiny_parser.read_bytes())
    assert parser_weights.find_parser() == kept
    parser_weights.fetch_parser(parser_weights.cached_parser())
    kept.unlink()
    # outside a clone the user's copy is used
    assert parser_weights.find_parser() == parser_weights.cached_parser()


def test_a_changed_byte_in_the_pinned_parser_is_noticed_before_it_is_loaded(pinned, tiny_parser, tmp_path, monkeypatch):
    content = bytearray(tiny_parser.read_bytes())
    content[-1] ^= 1
    path = tmp_path / "changed.safetensors"
    path.write_bytes(bytes(content))
    monkeypatch.setenv(parser_weights.PARSER_VARIABLE, str(path))
    with pytest.raises(ValueError, match="damaged or another one"):
        parser_weights.find_parser()
    monkeypatch.setenv(parser_weights.PARSER_VARIABLE, str(tmp_path / "absent"))
    with pytest.raises(ValueError, match=r"MODELCOLLAPSE_PARSER names .*absent, which does not exist"):
        parser_weights.find_parser()


def test_attachment_scores_by_hand():
    gold = [DependencyTree(("He", "was", "seen", "."), ("PRON", "AUX", "VERB", "PUNCT"), (3, 3, 0, 3),
                           ("nsubj:pass", "aux:pass", "root", "punct"))]  # fmt: skip
    found = [DependencyTree(("He", "was", "seen", "."), ("PRON", "AUX", "NOUN", "PUNCT"), (3, 3, 0, 2),
                            ("nsubj", "cop", "root", "punct"))]  # fmt: skip
    scores = attachment_scores(gold, found)
    assert (scores.uas, scores.las, scores.las_subtypes, scores.upos) == (75, 50, 25, 75)
    assert scores.uas_words == 100
    assert scores.las_words == pytest.approx(200 / 3)
    assert attachment_scores(gold, gold).las == 100
    with pytest.raises(ValueError, match="other words"):
        attachment_scores(gold, [DependencyTree(("She",), ("PRON",), (0,), ("root",))])
    with pytest.raises(ValueError, match="as many predicted as gold"):
        attachment_scores(gold, [])
