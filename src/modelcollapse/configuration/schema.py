"""Every key of the config files: type, default, meaning, and the paper's value where there is one."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator

from modelcollapse.corpora.settings import CorpusSettings, TokenizerSettings
from modelcollapse.papers.dohmatob.settings import DohmatobSettings
from modelcollapse.papers.gerstgrasser.settings import GerstgrasserSettings
from modelcollapse.papers.shumailov.settings import ShumailovSettings
from modelcollapse.runtime.settings import Settings

IMAGE_SOURCES = ("digits", "mnist")
PUBLISHED_SOURCES = ("wikitext", "tinystories", "mnist")


class Config(Settings):
    """A whole config: one scale of the one DAG."""

    scale: Literal["smoke", "laptop", "workstation", "paper"]
    """Which of the four sizes this is; names the folders below `data/` and `results/`."""
    text: Literal["embedded", "published"] = "embedded"
    """Text that needs no network, or the papers' corpora."""
    arms: Literal["core", "all"] = "core"
    """Arms that give verdicts, or also the ablations (one seed, no verdict)."""
    corpus_mirror: str | None = None
    """Folder with the published corpora, `<corpus>/<split>.{txt,jsonl}[.gz]`; null means the hub."""
    corpora: dict[str, CorpusSettings]
    """Human text and images, by name."""
    tokenizers: dict[str, TokenizerSettings]
    """Tokenizers, by name."""
    shumailov: ShumailovSettings
    """The experiments of Shumailov et al."""
    gerstgrasser: GerstgrasserSettings
    """The experiments of Gerstgrasser et al. and of its sequel."""
    dohmatob: DohmatobSettings
    """The experiments of Dohmatob et al."""
    published_text: dict[str, Any] = {}
    """Keys that replace those above when `text` is `published`."""

    @model_validator(mode="after")
    def _names_exist(self) -> Config:
        for name, tokenizer in self.tokenizers.items():
            for corpus in tokenizer.corpora:
                self._text_corpus(f"tokenizers.{name}.corpora", corpus)
        for name, family in self.shumailov.language_model.families.items():
            where = f"shumailov.language_model.families.{name}"
            self._text_corpus(f"{where}.corpus", family.corpus)
            if family.base_corpus is not None:
                self._text_corpus(f"{where}.base_corpus", family.base_corpus)
            if family.tokenizer not in self.tokenizers:
                raise ValueError(f"{where}.tokenizer is '{family.tokenizer}', but there are: {_names(self.tokenizers)}")
        self._image_corpus("shumailov.vae.corpus", self.shumailov.vae.corpus)
        images = self.dohmatob.images
        self._image_corpus("dohmatob.images.random_features.corpus", images.random_features.corpus)
        self._image_corpus("dohmatob.images.two_layer.corpus", images.two_layer.corpus)
        return self

    def _image_corpus(self, where: str, name: str) -> None:
        corpus = self.corpora.get(name)
        if corpus is None or corpus.source not in IMAGE_SOURCES:
            raise ValueError(f"{where} is '{name}', which is no image corpus of 'corpora'")

    def _text_corpus(self, where: str, name: str) -> None:
        if name not in self.corpora:
            raise ValueError(f"{where} is '{name}', but there are: {_names(self.corpora)}")
        if self.corpora[name].source in IMAGE_SOURCES:
            raise ValueError(f"{where} is '{name}', which is an image corpus")

    @property
    def folder(self) -> str:
        """Name of the folder below `data/` and `results/`."""
        embedded_by_default = self.scale in ("smoke", "laptop")
        return f"{self.scale}-published" if embedded_by_default and self.text == "published" else self.scale


def _names(mapping: dict[str, Any]) -> str:
    return ", ".join(sorted(mapping)) or "none"
