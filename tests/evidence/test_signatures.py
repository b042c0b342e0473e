"""What the reader finds in the source is what importing the module gives."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from modelcollapse.evidence import signatures
from modelcollapse.evidence.signatures import read_signatures
from modelcollapse.papers.registry import PAPERS


@pytest.mark.parametrize("paper", PAPERS)
def test_signatures_read_from_the_source_are_those_of_the_functions(paper):
    imported = importlib.import_module(f"modelcollapse.papers.{paper}.quantities").QUANTITIES.signatures
    found = read_signatures(f"papers.{paper}.quantities")
    assert found == imported and list(found) == list(imported)
    assert len(found) > 10


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A place for modules that the reader looks into."""
    monkeypatch.setattr(signatures, "ROOT", tmp_path)
    signatures._read.cache_clear()

    def write(**modules):
        for name, text in modules.items():
            (tmp_path / f"{name}.py").write_text(text)

    yield write
    signatures._read.cache_clear()


def test_both_forms_of_a_registry_are_read(package):
    package(
        own="A = Registry()\nquantity = A.register\n"
        "@quantity('words ' 'go on', 'nat')\ndef first(data, arm, *, factor=1.0, other): ...\n"
        "@A.register('words', unit='theory')\ndef second(data, /, x=1): ...\n"
        "def helper(data, y): ...\n",
        both="from modelcollapse.own import A as FIRST\nB = Registry()\n"
        "@B.register('words', 'share')\ndef third(data): ...\n"
        "QUANTITIES = Registry({**FIRST, **B})\n",
    )
    found = read_signatures("both")
    assert {name: (one.unit, dict(one.arguments)) for name, one in found.items()} == {
        "first": ("nat", {"arm": True, "factor": False, "other": True}),
        "second": ("theory", {"x": False}),
        "third": ("share", {}),
    }


def test_a_registry_made_otherwise_is_imported(monkeypatch):
    monkeypatch.setattr(signatures, "_source", lambda module: "QUANTITIES = make()\n")
    signatures._read.cache_clear()
    found = read_signatures("papers.gerstgrasser.quantities")
    signatures._read.cache_clear()
    assert "kde_loss" in found


def test_checking_claims_imports_no_numerical_library():
    code = (
        "import sys; import modelcollapse.evidence.claims_file, modelcollapse.evidence.signatures as s, "
        "modelcollapse.evidence.deviations; [s.read_signatures(f'papers.{p}.quantities') for p in sys.argv[1:]]; "
        "print([m for m in ('numpy', 'pandas', 'scipy', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, *PAPERS], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
