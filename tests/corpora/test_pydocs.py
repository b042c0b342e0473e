"""The harvest of a made-up installed package: what is read, what is not, and how it is split."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from modelcollapse.corpora.pydocs import harvest as pydocs
from modelcollapse.corpora.pydocs.docstrings import docstrings, python_files
from modelcollapse.corpora.pydocs.packages import locate, locked_versions
from modelcollapse.corpora.sources import pydocs as source

TRAP = "raise SystemExit('this module was imported')\n"


def harvest(*packages: str, seed: int = 0) -> pydocs.Harvest:
    return pydocs.harvest(locate(packages), seed)


def sentence(number: int) -> str:
    """Distinct sentences, since numbers do not make paragraphs differ."""
    letters = "abcdefghij"
    word = "".join(letters[int(digit)] for digit in f"{number:04d}")
    return f"This is the {word} sentence of the package and it is told to all of the readers here."


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "made_up"
    (root / "inner").mkdir(parents=True)
    (root / "tests").mkdir()
    (root / "_vendor").mkdir()
    body = "".join(f'def f{i}():\n    """Do it.\n\n    {sentence(i)}\n    """\n' for i in range(400))
    (root / "__init__.py").write_text(TRAP + body)
    (root / "inner" / "thing.py").write_text(
        TRAP
        + f'class A:\n    """{sentence(900)}"""\n'
        + f'    if True:\n        def m(self):\n            """{sentence(901)}"""\n'
        + f'add_docstr(A.m, r"""{sentence(902)}""" + "")\nadd_newdoc("made_up", "thing", """{sentence(903)}""")\n'
    )
    (root / "inner" / "copy.py").write_text(f'"""{sentence(0).replace("This is", "This Is")}"""\n')
    (root / "inner" / "broken.py").write_text('"""x"""\ndef (:\n')
    (root / "tests" / "test_it.py").write_text(f'"""{sentence(950)}"""\n')
    (root / "_vendor" / "other.py").write_text(f'"""{sentence(951)}"""\n')
    (root / "generated.py").write_text(f'# automatically generated from x\n"""{sentence(952)}"""\n')
    information = tmp_path / "made_up-1.5.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: made-up\nVersion: 1.5+cpu\nClassifier: License :: OSI Approved :: BSD License\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_docstrings_are_read_without_import(site: Path) -> None:
    found = {docstring.name: docstring.text for docstring in docstrings("made_up", site / "made_up")}
    assert found["made_up.inner.thing.A"] == sentence(900)
    assert found["made_up.inner.thing.A.m"] == sentence(901)
    assert found["A.m"] == sentence(902)
    assert found["made_up.thing"] == sentence(903)
    assert not any(number in " ".join(found.values()) for number in map(sentence, (950, 951, 952)))
    assert "made_up" not in sys.modules


def test_walk_is_sorted_and_prunes(site: Path) -> None:
    names = [path.relative_to(site / "made_up").as_posix() for path in python_files(site / "made_up")]
    assert names == ["__init__.py", "generated.py", "inner/broken.py", "inner/copy.py", "inner/thing.py"]


def test_harvest_is_deterministic_deduplicated_and_split(site: Path) -> None:
    found = harvest("made-up", seed=3)
    assert found == harvest("made-up", seed=3)
    everything = [text for split in found.paragraphs.values() for text in split]
    assert len(everything) == len({pydocs.common_form(text) for text in everything}) == 404
    assert 340 <= len(found.paragraphs["train"]) <= 384
    assert min(len(found.paragraphs[split]) for split in ("validation", "test")) >= 5
    other = harvest("made-up", seed=4)
    assert sorted(text for split in other.paragraphs.values() for text in split) == sorted(everything)
    assert other.paragraphs["test"] != found.paragraphs["test"]
    package = found.packages[0]
    assert (package.version, package.licence) == ("1.5", "BSD License")
    assert "made_up" not in sys.modules


def test_pairs_are_in_the_split_of_their_text(site: Path) -> None:
    found = harvest("made-up")
    assert sum(map(len, found.pairs.values())) == 0, "a summary of two words is none"
    path = site / "made_up" / "more.py"
    path.write_text(
        "".join(f'def g{i}():\n    """Tell the reader.\n\n    {sentence(i)}\n    """\n' for i in range(200, 500))
    )
    found = harvest("made-up")
    assert sum(map(len, found.pairs.values())) == 300
    for split, pairs in found.pairs.items():
        assert {pair.text for pair in pairs} <= set(found.paragraphs[split])
    pair = found.pairs["train"][0]
    assert pair.prompt.startswith("made_up.more.g") and pair.prompt.endswith(": Tell the reader.")


def test_common_form_ignores_numbers_identifiers_and_case() -> None:
    assert pydocs.common_form("Use BertModel with 3 layers.") == pydocs.common_form("use GPTModel with 12 layers!")
    assert pydocs.common_form("Use a hammer.") != pydocs.common_form("Use a nail.")


def test_missing_package_is_named(site: Path) -> None:
    with pytest.raises(ValueError, match=r"'not-there' is not installed\. Type `make setup`"):
        locate(["made-up", "not-there"])
    with pytest.raises(ValueError, match="`packages` is empty"):
        locate([])


def test_lock_is_obeyed(site: Path) -> None:
    lock = site / "lock.txt"
    lock.write_text("# versions\nMade_Up==1.5\nother==2.0 ; python_version > '3'\n")
    assert locked_versions(lock) == {"made-up": "1.5", "other": "2.0"}
    assert locate(["made-up"], lock)[0].version == "1.5"
    lock.write_text("made-up==1.6\n")
    with pytest.raises(ValueError, match=r"needs made-up 1\.6, as locked, but 1\.5\+cpu is installed"):
        locate(["made-up"], lock)


def test_default_packages_are_installed_with_a_licence() -> None:
    for package in locate(source.PACKAGES):
        assert package.licence != "not stated" and (package.root / "__init__.py").is_file()


def test_a_real_package_yields_prose() -> None:
    found = harvest("nltk")
    texts = [text for split in found.paragraphs.values() for text in split]
    words = " ".join(texts).split()
    assert len(texts) > 2000 and len(words) > 40_000
    assert sum(word.lower() in ("the", "a", "of", "to", "is") for word in words) > 0.15 * len(words)
