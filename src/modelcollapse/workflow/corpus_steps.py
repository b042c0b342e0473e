"""Steps of human text and images, tokenizers, and the syntactic parser. Only ``fetch_*`` steps may touch the network."""

from __future__ import annotations

import hashlib
from pathlib import Path

from modelcollapse.corpora import sources
from modelcollapse.corpora.dependencies import corpus_parameters, input_files, mirror_files
from modelcollapse.diversity.parser.settings import ParserSettings
from modelcollapse.runtime.files import sha256
from modelcollapse.steps.code_hash import code_hash
from modelcollapse.steps.step import Step
from modelcollapse.workflow.places import IMAGE_SPLITS, TEXT_SPLITS
from modelcollapse.workflow.workspace import Workspace

COMMAND = "commands.corpora"


def fetched_files(workspace: Workspace, source: str) -> dict[str, Path]:
    """Where the splits of a published corpus lie once they were fetched, and what was recorded of them."""
    splits, ending = _splits(source)
    files = {split: Path(workspace.places.raw(source, f"{split}.{ending}")) for split in splits}
    return files | {"record": Path(workspace.places.raw(source, "fetch.json"))}


def mirror_hash(source: str, mirror: str | None) -> str:
    """SHA-256 over the files of a mirror that a fetch reads; empty without a mirror, where a revision pins the content."""
    if mirror is None:
        return ""
    digest = hashlib.sha256()
    for path in mirror_files(source, Path(mirror)):
        digest.update(f"{path.name} {sha256(path)} ".encode())
    return digest.hexdigest()[:16]


def fetch_code(source: str) -> str:
    """Hash of the code that fetches a source."""
    return code_hash(COMMAND, "corpora.fetch", f"corpora.sources.{source}")


def prepare_corpus(workspace: Workspace, corpus: str) -> Step:
    """Clean and split a corpus, and record its counts, hashes, licence and source."""
    settings, places = workspace.config.corpora[corpus], workspace.places
    splits, ending = _splits(settings.source)
    if sources.is_fetched(settings.source):
        inputs = fetched_files(workspace, settings.source)
    else:
        inputs = {f"file/{number}": path for number, path in enumerate(input_files(settings))}
    return Step(
        name="prepare-corpus",
        command=COMMAND,
        module="corpora.prepare",
        entries=(f"corpora.sources.{settings.source}",),
        inputs=inputs,
        arguments={"corpus": settings, "name": corpus, "depends_on": corpus_parameters(settings)},
        unused={"corpus": ("prompt_tokens",)},
        outputs={split: Path(places.corpus(corpus, f"{split}.{ending}")) for split in splits}
        | {"record": Path(places.corpus(corpus, "corpus.json"))},
    )


def train_tokenizer(workspace: Workspace, tokenizer: str) -> Step:
    """Train a tokenizer on human text."""
    settings, places = workspace.config.tokenizers[tokenizer], workspace.places
    return Step(
        name="train-tokenizer",
        command=COMMAND,
        module="corpora.tokenizers",
        # a word list is its sources' own
        entries=tuple(
            f"corpora.sources.{workspace.config.corpora[corpus].source}"
            for corpus in settings.corpora
            if settings.kind == "words"
        ),
        inputs={
            f"text{place}": Path(places.corpus(corpus, "train.parquet"))
            for place, corpus in enumerate(settings.corpora)
        },
        arguments={"tokenizer": settings},
        unused={"tokenizer": ("corpora",)},
        outputs={"tokenizer": Path(places.tokenizer(tokenizer))},
    )


def encode_corpus(workspace: Workspace, corpus: str, tokenizer: str) -> Step:
    """Turn a prepared text corpus into token ids."""
    places = workspace.places
    texts = {split: Path(places.corpus(corpus, f"{split}.parquet")) for split in TEXT_SPLITS}
    return Step(
        name="encode-corpus",
        command=COMMAND,
        module="corpora.tokenizers",
        inputs=texts
        | {"tokenizer": Path(places.tokenizer(tokenizer)), "record": Path(places.corpus(corpus, "corpus.json"))},
        arguments={
            "corpus": corpus,
            "tokenizer": tokenizer,
            "prompt_tokens": workspace.config.corpora[corpus].prompt_tokens,
        },
        outputs={split: Path(places.encoded(corpus, tokenizer, split)) for split in TEXT_SPLITS},
    )


def train_parser_step(settings: ParserSettings, treebank: dict[str, Path], parser: Path) -> Step:
    """Train the syntactic parser on a treebank."""
    return Step(
        name="train-parser",
        command="commands.treebank_parser",
        module="diversity.parser.training",
        inputs=treebank,
        arguments={"parser": settings, "threads": 1},
        outputs={"parser": parser},
    )


def train_parser(workspace: Workspace) -> Step:
    """The same for the pinned settings and the treebank of a run; nothing asks for it on the way."""
    places = workspace.places
    treebank = {split: Path(places.treebank(split)) for split in TEXT_SPLITS}
    return train_parser_step(ParserSettings(), treebank, Path(places.parser("trained")))


def _splits(source: str) -> tuple[tuple[str, ...], str]:
    return (IMAGE_SPLITS, "npz") if sources.kind_of(source) == "images" else (TEXT_SPLITS, "parquet")
