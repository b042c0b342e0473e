"""Steps of ``corpora``: human text and images, tokenizers. Only ``fetch-*`` commands use the network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelcollapse.commands.step import Input, Output, SettingsText, parse_settings, perform, text_splits
from modelcollapse.corpora.settings import CorpusSettings, TokenizerSettings
from modelcollapse.runtime.files import write_atomically

LOCK = Path("requirements.lock")


def register(app: typer.Typer) -> None:
    """Add these steps to the command line."""
    for command in (fetch_corpus, prepare_text, prepare_images, train_tokenizer, fetch_tokenizer, encode_corpus):
        app.command()(command)


def fetch_corpus(
    source: Annotated[str, typer.Argument(help="wikitext, tinystories or mnist.")],
    train: Output,
    test: Output,
    record: Output,
    validation: Annotated[Path | None, typer.Option(help="Texts only.")] = None,
    mirror: Annotated[
        Path | None, typer.Option(help="Folder with <corpus>/<split> files; without it, the hub.")
    ] = None,
) -> None:
    """Bring a published corpus from a mirror or the hub: only fetch-* commands use the network."""
    from modelcollapse.corpora.fetch import fetch_corpus as fetch

    # a mirror is looked at anew every time, so nothing of this step is kept in the store
    outputs = {"train": train, "test": test, "record": record} | ({"validation": validation} if validation else {})
    fetch(source, mirror, outputs)


def prepare_text(
    settings: SettingsText,
    train: Output,
    validation: Output,
    test: Output,
    record: Output,
    name: Annotated[str, typer.Option(help="What the config calls the corpus.")] = "",
    raw: Annotated[Path | None, typer.Option(help="Folder with the fetched splits.")] = None,
) -> None:
    """Clean and split a text corpus, and record its counts, hashes, licence and source."""
    corpus = parse_settings(CorpusSettings, settings)
    outputs = {"train": train, "validation": validation, "test": test, "record": record}
    inputs = {} if raw is None else text_splits(raw) | {"record": raw / "fetch.json"}
    perform(
        "prepare-text",
        "corpora.prepare",
        inputs,
        corpus.model_dump() | {"name": name, "versions": package_versions(corpus)},
        outputs,
        lambda module, temporary, work: module.prepare_text(
            corpus, inputs or None, temporary, name, LOCK if LOCK.exists() else None
        ),
    )


def prepare_images(
    settings: SettingsText,
    train: Output,
    test: Output,
    record: Output,
    name: Annotated[str, typer.Option(help="What the config calls the corpus.")] = "",
    raw: Annotated[Path | None, typer.Option(help="Folder with the fetched splits.")] = None,
) -> None:
    """Prepare an image corpus, and record its counts, hashes, licence and source."""
    corpus = parse_settings(CorpusSettings, settings)
    splits = {} if raw is None else {split: raw / f"{split}.npz" for split in ("train", "test")}
    inputs = splits if raw is None else splits | {"record": raw / "fetch.json"}
    perform(
        "prepare-images",
        "corpora.prepare",
        inputs,
        corpus.model_dump() | {"name": name},
        {"train": train, "test": test, "record": record},
        lambda module, temporary, work: module.prepare_images(corpus, inputs or None, temporary, name),
    )


def package_versions(corpus: CorpusSettings) -> dict[str, str]:
    """Versions of the packages whose docstrings are harvested: their text is an input like any other."""
    if corpus.source != "pydocs":
        return {}
    from importlib.metadata import version

    from modelcollapse.corpora.pydocs import PACKAGES

    return {package: version(package) for package in corpus.packages or PACKAGES}


def train_tokenizer(
    settings: SettingsText,
    tokenizer: Output,
    text: Annotated[list[Path] | None, typer.Option(help="Training split of a corpus; repeat for several.")] = None,
) -> None:
    """Train a tokenizer on human text."""
    chosen = parse_settings(TokenizerSettings, settings)
    texts = text or []
    perform(
        "train-tokenizer",
        "corpora.tokenizers",
        {f"text{place}": path for place, path in enumerate(texts)},
        chosen.model_dump(exclude={"corpora"}),
        {"tokenizer": tokenizer},
        lambda module, outputs, work: module.train_tokenizer(chosen, texts, outputs["tokenizer"]),
    )


def fetch_tokenizer(settings: SettingsText, tokenizer: Output) -> None:
    """Bring a published tokenizer from a local folder or the hub at a pinned revision."""
    from modelcollapse.corpora.tokenizers import train_tokenizer as make

    with write_atomically(tokenizer) as temporary:
        make(parse_settings(TokenizerSettings, settings), [], temporary)


def encode_corpus(
    tokenizer: Input,
    corpus: Annotated[Path, typer.Option(help="Folder of the prepared corpus.")],
    train: Output,
    validation: Output,
    test: Output,
) -> None:
    """Turn a prepared corpus into token ids."""
    texts, record = text_splits(corpus), corpus / "corpus.json"
    perform(
        "encode-corpus",
        "corpora.tokenizers",
        {"tokenizer": tokenizer, "record": record, **texts},
        {"corpus": corpus.name, "tokenizer": tokenizer.stem},
        {"train": train, "validation": validation, "test": test},
        lambda module, outputs, work: module.encode_corpus(
            tokenizer, texts, outputs, corpus.name, tokenizer.stem, record
        ),
    )
