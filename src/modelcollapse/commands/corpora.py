"""Steps of human text and images, and of tokenizers. Only ``fetch-*`` commands use the network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelcollapse.commands.step import ConfigFile, perform
from modelcollapse.runtime.files import write_atomically
from modelcollapse.workflow import corpus_steps
from modelcollapse.workflow.workspace import open_workspace

Corpus = Annotated[str, typer.Argument(help="A corpus of the config.")]
TokenizerName = Annotated[str, typer.Argument(help="A tokenizer of the config.")]
Mirror = Annotated[Path | None, typer.Option(help="Folder with <corpus>/<split> files; without it, the hub.")]


def register(app: typer.Typer) -> None:
    """Add these steps to the command line."""
    for command in (fetch_corpus, prepare_corpus, train_tokenizer, fetch_tokenizer, encode_corpus):
        app.command()(command)


def fetch_corpus(
    source: Annotated[str, typer.Argument(help="A published source, such as wikitext.")],
    config: ConfigFile,
    mirror: Mirror = None,
) -> None:
    """Bring a published corpus from a mirror or the hub: only fetch-* commands use the network."""
    from modelcollapse.corpora.fetch import fetch_corpus as fetch

    # a mirror is looked at anew every time, so nothing of this step is kept in the store
    outputs = corpus_steps.fetched_files(open_workspace(config), source)
    for path in outputs.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    fetch(source, mirror, outputs)


def prepare_corpus(corpus: Corpus, config: ConfigFile) -> None:
    """Clean and split a corpus, and record its counts, hashes, licence and source."""
    step = corpus_steps.prepare_corpus(open_workspace(config), corpus)
    perform(
        step,
        lambda module, outputs, work: module.prepare_corpus(
            step.arguments["corpus"], dict(step.inputs), outputs, corpus
        ),
    )


def train_tokenizer(tokenizer: TokenizerName, config: ConfigFile) -> None:
    """Train a tokenizer on human text."""
    step = corpus_steps.train_tokenizer(open_workspace(config), tokenizer)
    perform(
        step,
        lambda module, outputs, work: module.train_tokenizer(
            step.arguments["tokenizer"], list(step.inputs.values()), outputs["tokenizer"]
        ),
    )


def fetch_tokenizer(tokenizer: TokenizerName, config: ConfigFile) -> None:
    """Bring a published tokenizer from a local folder or the hub at a pinned revision."""
    from modelcollapse.corpora.tokenizers import train_tokenizer as make

    workspace = open_workspace(config)
    with write_atomically(workspace.places.tokenizer(tokenizer)) as temporary:
        make(workspace.config.tokenizers[tokenizer], [], temporary)


def encode_corpus(corpus: Corpus, tokenizer: TokenizerName, config: ConfigFile) -> None:
    """Turn a prepared corpus into token ids."""
    step = corpus_steps.encode_corpus(open_workspace(config), corpus, tokenizer)
    texts = {role: path for role, path in step.inputs.items() if role not in ("tokenizer", "record")}
    perform(
        step,
        lambda module, outputs, work: module.encode_corpus(
            step.inputs["tokenizer"],
            texts,
            outputs,
            corpus,
            tokenizer,
            step.inputs["record"],
            step.arguments["prompt_tokens"],
        ),
    )
