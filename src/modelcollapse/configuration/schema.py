"""Every key of the config files: type, default, meaning. Papers come from the one list of papers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, create_model, model_validator

from modelcollapse.configuration.checks import ConfigProblems, problems_of
from modelcollapse.corpora.settings import CorpusSettings, TokenizerSettings
from modelcollapse.papers.registry import PAPERS, part
from modelcollapse.runtime.settings import Settings


class SharedConfig(Settings):
    """What all papers share: one scale of the one DAG."""

    scale: Literal["smoke", "laptop", "pretrained", "workstation", "paper"]
    """Which size this is; names the folders below `data/` and `results/`."""
    text: Literal["embedded", "published"] = "embedded"
    """Text that needs no network, or the papers' corpora."""
    arms: Literal["core", "all"] = "core"
    """Arms that give verdicts, or also the ablations (one seed, no verdict)."""
    run: str | None = None
    """Name of a variant of a scale; its folders are `<scale>-<run>`, so that the scale's results stay as they are."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where tensors live; `auto` means CUDA where there is one."""
    threads: Annotated[int, Field(ge=1)] = 1
    """Threads of one fit; results depend on it."""
    corpus_mirror: str | None = None
    """Folder with the published corpora, `<corpus>/<split>.{txt,jsonl}[.gz]`; null means the hub."""
    corpora: dict[str, CorpusSettings] = {}
    """Human text and images, by name."""
    tokenizers: dict[str, TokenizerSettings] = {}
    """Tokenizers, by name."""
    published_text: dict[str, Any] = {}
    """Keys that replace those above when `text` is `published`."""

    @model_validator(mode="after")
    def _fits_together(self) -> SharedConfig:
        if problems := problems_of(self):
            raise ConfigProblems(problems)
        return self

    @property
    def folder(self) -> str:
        """Name of the folder below `data/`, `results/` and `logs/`."""
        published = self.text == "published" and self.scale in ("smoke", "laptop")
        return "-".join([self.scale, *(["published"] if published else []), *([self.run] if self.run else [])])


Config = create_model(
    "Config",
    __base__=SharedConfig,
    __doc__="A whole config; a paper that has no section is left out of the run.",
    **{
        paper: (part(paper, "settings").PaperSettings | None, Field(None, description=f"Experiments of {paper}."))
        for paper in PAPERS
    },
)
