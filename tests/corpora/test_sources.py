"""The list of sources: found by name, cheap to ask, independent of each other."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from pydantic import ValidationError

from modelcollapse.corpora import sources
from modelcollapse.corpora.dependencies import corpus_parameters, input_files
from modelcollapse.corpora.settings import CorpusSettings
from modelcollapse.steps.code_hash import modules_behind

HEAVY = ("numpy", "pandas", "pyarrow", "sklearn", "torch", "datasets", "tokenizers")


def test_every_module_of_the_folder_is_a_source() -> None:
    folder = Path(sources.__file__).parent
    expected = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    assert sources.source_names() == expected
    assert {"pydocs", "storyworld", "digits", "wikitext", "tinystories", "mnist", "files"} <= set(expected)


@pytest.mark.parametrize("name", sources.source_names())
def test_every_source_declares_what_it_is(name: str) -> None:
    source = sources.find_source(name)
    assert sources.kind_of(name) in ("text", "images") and source.LICENCE
    assert sources.splits_of(name) == (
        ("train", "test") if source.KIND == "images" else ("train", "validation", "test")
    )
    assert set(source.OPTIONS) <= set(CorpusSettings.model_fields) - {"source"}
    assert set(source.SPLITS) <= set(source.OPTIONS)
    assert sources.is_fetched(name) == hasattr(source, "fetch") == hasattr(source, "UPSTREAM")


def test_sources_are_asked_without_heavy_imports() -> None:
    code = (
        "import sys; from modelcollapse.corpora.dependencies import corpus_parameters, input_files;"
        "from modelcollapse.corpora.settings import CorpusSettings; from modelcollapse.corpora import sources;"
        "kinds = [sources.kind_of(name) for name in sources.source_names()];"
        "corpus_parameters(CorpusSettings(source='pydocs')); corpus_parameters(CorpusSettings(source='digits'));"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_unknown_and_incomplete_sources_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="there is no source 'storyword'; did you mean 'storyworld'"):
        CorpusSettings(source="storyword")
    with pytest.raises(ValueError, match="there is no source 'x'; there are: digits, files"):
        sources.kind_of("x")
    monkeypatch.delattr(sources.find_source("digits"), "LICENCE")
    with pytest.raises(ValueError, match="'digits' does not define LICENCE"):
        sources.kind_of("digits")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"source": "wikitext", "packages": ["numpy"]}, "'packages' has no effect with the source 'wikitext', which"),
        ({"source": "wikitext", "seed": 3}, "'seed' has no effect"),
        ({"source": "pydocs", "text_column": "text"}, "'text_column' has no effect"),
        ({"source": "pydocs", "packages": []}, "'packages' is empty"),
        ({"source": "pydocs", "packages": ["numpy", "numpy"]}, "names a package twice"),
        ({"source": "pydocs", "prompt_tokens": 9}, "has no prompts"),
        ({"source": "mnist", "validation": 3}, "'validation' has no effect"),
        ({"source": "digits", "train": 2000}, "'train' asks for 2000 documents, but 'digits' has 1437"),
        ({"source": "tinystories", "test": 11000}, "'test' asks for 11000 documents, but 'tinystories' has 10995"),
    ],
)
def test_options_that_have_no_effect_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        CorpusSettings.model_validate(options)


def test_options_at_their_default_are_no_mistake() -> None:
    corpus = CorpusSettings(source="wikitext", train=5)
    assert CorpusSettings.model_validate(corpus.model_dump()) == corpus


def test_versions_behind_a_corpus_are_parameters() -> None:
    assert corpus_parameters(CorpusSettings(source="pydocs", packages=["nltk"])) == {
        "packages": {"nltk": version("nltk")}
    }
    assert corpus_parameters(CorpusSettings(source="digits")) == {"packages": {"scikit-learn": version("scikit-learn")}}
    assert corpus_parameters(CorpusSettings(source="storyworld")) == {}
    with pytest.raises(ValueError, match="'nunpy' is not installed"):
        corpus_parameters(CorpusSettings(source="pydocs", packages=["nunpy"]))
    assert input_files(CorpusSettings(source="digits")) == []


def test_prompts_and_vocabularies_are_known_beforehand() -> None:
    assert sources.has_prompts(CorpusSettings(source="pydocs", pairs=True, prompt_tokens=30))
    assert not sources.has_prompts(CorpusSettings(source="pydocs"))
    assert [name for name in sources.source_names() if sources.has_vocabulary(name)] == ["storyworld"]


@pytest.mark.parametrize("module", ["corpora.prepare", "corpora.fetch", "corpora.tokenizers", "corpora.sources.digits"])
def test_what_sources_share_depends_on_none_of_them(module: str) -> None:
    behind = modules_behind(module)
    entries = {f"modelcollapse.corpora.sources.{name}" for name in sources.source_names()}
    assert not (entries - {f"modelcollapse.{module}"}).intersection(behind)
    assert not [name for name in behind if "storyworld" in name or "corpora.pydocs" in name]
