"""Tokenizers: trained here, closed word lists, or published; and corpora as token ids."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from modelcollapse.corpora import gguf_file, hub
from modelcollapse.corpora.corpus_record import verify_splits
from modelcollapse.corpora.settings import TokenizerSettings
from modelcollapse.corpora.sources import find_source
from modelcollapse.runtime.files import sha256
from modelcollapse.runtime.parquet import read_metadata, write_parquet

# the library's threads would compete with the other jobs; set before it is imported
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

PAD = "<pad>"
END = "</s>"
"""Begins every document and ends generated text, as in OPT."""
SEPARATOR = "\n"
"""Stands between prompt and text, at the end of the prompt."""

SPECIALS = (PAD, END)
END_ALIASES = ("<|endoftext|>", "<|end_of_text|>")
"""What other published tokenizers call ``END``: renamed, so that ids and weights fit."""

BATCH = 1000
"""Documents encoded at a time."""


def train_tokenizer(settings: TokenizerSettings, texts: Sequence[Path], output: Path) -> None:
    """Make the tokenizer that the settings describe and write it as a Hugging Face `tokenizers` JSON file.

    Args:
        settings: kind, size, source.
        texts: training splits (Parquet, column `text`) of a `bpe` or `words` tokenizer, in the settings' order.
        output: the file.

    Raises:
        ValueError: no text is given, the texts cannot fill the vocabulary, a word is not in the closed vocabulary, or a
            published tokenizer is not pinned or not complete.
        RuntimeError: the hub cannot be reached.
    """
    if settings.kind == "pretrained":
        tokenizer = load_pretrained(settings.pretrained, settings.revision, settings.sha256)
    elif not texts:
        raise ValueError(f"A `{settings.kind}` tokenizer needs `corpora`: name at least one prepared corpus.")
    elif settings.kind == "bpe":
        tokenizer = _train_bpe(settings.vocabulary, texts)
    else:
        tokenizer = _word_list(texts)
    # pretty, so that a person can read it
    tokenizer.save(str(output), pretty=True)


def load_tokenizer(path: Path) -> Tokenizer:
    """Read a tokenizer file. Text that looks like a special token is encoded as ordinary text.

    Raises:
        ValueError: the file cannot be read, or has no ``<pad>`` or ``</s>``.
    """
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare exceptions
        raise ValueError(
            f"{path} is no readable tokenizer ({error}). Delete it and run the same command again."
        ) from error
    for token in SPECIALS:
        if tokenizer.token_to_id(token) is None:
            raise ValueError(f"{path} has no token {token}: it was not made by this package.")
    tokenizer.encode_special_tokens = True
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def fingerprint(tokenizer: Tokenizer) -> str:
    """SHA-256, in hex, of the vocabulary (sorted by token) and the merges (in their order).

    Weights and encoded text record it, so that weights are never trained on another tokenizer's ids.
    """
    merges = json.loads(tokenizer.to_str())["model"].get("merges", [])
    content = json.dumps([sorted(tokenizer.get_vocab().items()), merges])
    return hashlib.sha256(content.encode()).hexdigest()


def load_pretrained(name: str | None, revision: str | None = None, sha256: str | None = None) -> Tokenizer:
    """A published tokenizer with our special tokens, all its ids unchanged.

    Args:
        name: local folder with `tokenizer.json`, or `vocab.json` and `merges.txt`; or a hub repository, or a local
            `.gguf` file.
        revision: commit of the hub repository, 40 hex digits.
        sha256: of the `.gguf` file, 64 hex digits.

    Raises:
        ValueError: no name, an incomplete folder, a hub repository without pinned revision, or a file of another sha256.
        RuntimeError: the hub cannot be reached, or a package that reads GGUF files is missing.
    """
    if not name:
        raise ValueError("A `pretrained` tokenizer needs `pretrained`: a local folder or a hub name.")
    if gguf_file.is_gguf(name):
        return _with_specials(_from_json(gguf_file.read_tokenizer(gguf_file.verified(name, sha256)).to_str(), name))
    folder = Path(name)
    if not folder.is_dir() and (folder.is_absolute() or name.startswith(".") or name.count("/") != 1):
        raise ValueError(
            f"The tokenizer folder {name} does not exist, and {name!r} is no hub name such as facebook/opt-125m."
        )

    def find(file: str) -> Path | None:
        if folder.is_dir():
            return folder / file if (folder / file).is_file() else None
        return hub.repository_file(name, file, revision)

    whole = find("tokenizer.json")
    if whole is not None:
        tokenizer = _from_json(whole.read_text(encoding="utf-8"), str(whole))
    else:
        vocabulary, merges = find("vocab.json"), find("merges.txt")
        if vocabulary is None or merges is None:
            raise ValueError(f"{name} holds neither tokenizer.json nor both vocab.json and merges.txt.")
        tokenizer = _from_vocabulary(vocabulary, merges)
    return _with_specials(tokenizer)


def encode_corpus(
    tokenizer: Path,
    splits: Mapping[str, Path],
    outputs: Mapping[str, Path],
    corpus: str,
    tokenizer_name: str,
    record: Path | None = None,
    prompt_tokens: int | None = None,
) -> None:
    """Write each split as token ids: column `ids`, one row per document, which begins with the id of ``</s>``.

    Where a text continues a prompt, the column `prompt_ids` begins with that id and ends with the separator, and `ids`
    holds the text alone.

    Args:
        tokenizer: tokenizer file.
        splits: prepared splits (Parquet, column `text`, perhaps `prompt`).
        outputs: one Parquet file per split.
        corpus: name of the corpus, for the metadata.
        tokenizer_name: name of the tokenizer, for the metadata.
        record: the corpus's `corpus.json`; if given, the splits are verified against it.
        prompt_tokens: most tokens of a prompt, ``</s>`` and the separator included; a longer one loses tokens before
            the separator. None means all.

    Raises:
        ValueError: a split differs from the record, a word is not in a closed vocabulary, or prompts have no room.
    """
    if record is not None:
        verify_splits(record, splits)
    loaded = load_tokenizer(tokenizer)
    facts = {
        "corpus": corpus,
        "tokenizer": tokenizer_name,
        "vocabulary": loaded.get_vocab_size(),
        "begin_id": loaded.token_to_id(END),
        "pad_id": loaded.token_to_id(PAD),
        "tokenizer_sha256": sha256(tokenizer),
        "tokenizer_fingerprint": fingerprint(loaded),
    }
    for split, path in splits.items():
        table = _encoded(loaded, path, prompt_tokens)
        write_parquet(table, outputs[split], facts | {"split": split, "corpus_sha256": sha256(path)})


def _encoded(tokenizer: Tokenizer, path: Path, prompt_tokens: int | None) -> pa.Table:
    begin = tokenizer.token_to_id(END)
    if not _has_prompts(path):
        return pa.table({"ids": _id_lists(tokenizer, path, "text", lambda ids: [begin, *ids])})
    # no token at all where it is mere white space to the tokenizer
    separator = encode(tokenizer, [SEPARATOR])[0]
    room = None if prompt_tokens is None else prompt_tokens - 1 - len(separator)
    if room is not None and room < 1:
        raise ValueError(f"`prompt_tokens` is {prompt_tokens}, but at least {2 + len(separator)} are needed.")
    prompts = _id_lists(tokenizer, path, "prompt", lambda ids: [begin, *ids[:room], *separator])
    return pa.table({"prompt_ids": prompts, "ids": _id_lists(tokenizer, path, "text", lambda ids: ids)})


def _id_lists(
    tokenizer: Tokenizer, path: Path, column: str, arrange: Callable[[list[int]], list[int]]
) -> pa.ChunkedArray:
    kind = pa.list_(pa.int32())
    chunks = [pa.array(map(arrange, encode(tokenizer, batch)), kind) for batch in _batches(path, column)]
    return pa.chunked_array(chunks, kind)


def _has_prompts(path: Path) -> bool:
    return "prompt" in pq.read_schema(path).names


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Token ids of each text, no special token added.

    Raises:
        ValueError: a word is not in a closed vocabulary.
    """
    try:
        return [encoding.ids for encoding in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
    except Exception as error:  # the library raises bare exceptions
        unknown = next((word for text in texts for word in text.split() if tokenizer.token_to_id(word) is None), None)
        raise ValueError(f"The word {unknown!r} is not in the tokenizer's closed vocabulary ({error}).") from error


def decode(tokenizer: Tokenizer, ids: Sequence[int]) -> str:
    """The text of token ids; special tokens are left out."""
    return tokenizer.decode([int(token) for token in ids], skip_special_tokens=True)


def _train_bpe(vocabulary: int, texts: Sequence[Path]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIALS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_read_texts(texts), trainer)
    if tokenizer.get_vocab_size() < vocabulary:
        raise ValueError(
            f"The texts yield only {tokenizer.get_vocab_size()} tokens, but `vocabulary` is {vocabulary}: "
            "lower it, or train on more text."
        )
    return tokenizer


def _word_list(texts: Sequence[Path]) -> Tokenizer:
    words = [word for source in dict.fromkeys(map(_source_of, texts)) for word in source.vocabulary()]
    tokens = list(dict.fromkeys([*SPECIALS, *words]))
    tokenizer = Tokenizer(models.WordLevel({token: number for number, token in enumerate(tokens)}))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = _with_specials(tokenizer)
    known = set(tokens)
    for batch in _read_texts(texts):
        for text in batch:
            unknown = set(text.split()) - known
            if unknown:
                raise ValueError(
                    f"The word {min(unknown)!r} is not in the vocabulary of the corpora's sources: prepare the corpora "
                    "again, or use `kind: bpe`."
                )
    return tokenizer


def _source_of(text: Path) -> ModuleType:
    """The source of a prepared split, if all its words are known."""
    name = read_metadata(text)["source"]
    source = find_source(name)
    if not hasattr(source, "vocabulary"):
        raise ValueError(f"The words of `{name}` are not known beforehand, as `kind: words` needs: use `kind: bpe`.")
    return source


def _from_vocabulary(vocabulary: Path, merges: Path) -> Tokenizer:
    tokens: dict[str, int] = json.loads(vocabulary.read_text(encoding="utf-8"))
    lines = merges.read_text(encoding="utf-8").split("\n")
    pairs = [tuple(line.split(" ")) for line in lines if line and not line.startswith("#version")]
    if END not in tokens:
        tokens = {_ours(token, tokens): number for token, number in tokens.items()}
    tokenizer = Tokenizer(models.BPE(tokens, pairs))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _from_json(text: str, name: str) -> Tokenizer:
    content: dict[str, Any] = json.loads(text)
    vocabulary = content.get("model", {}).get("vocab")
    added = content.get("added_tokens") or []
    names = {token["content"] for token in added}
    if isinstance(vocabulary, dict) and END not in vocabulary and END not in names:
        content["model"]["vocab"] = {_ours(token, vocabulary): number for token, number in vocabulary.items()}
        for token in added:
            token["content"] = _ours(token["content"], names | vocabulary.keys())
    # we place special tokens ourselves
    content["post_processor"] = None
    try:
        return Tokenizer.from_str(json.dumps(content))
    except Exception as error:  # the library raises bare exceptions
        raise ValueError(f"{name} is no tokenizer that this version of `tokenizers` reads ({error}).") from error


def _with_specials(tokenizer: Tokenizer) -> Tokenizer:
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIALS])
    return tokenizer


def _ours(token: str, tokens: Any) -> str:
    """``END`` for the first of its aliases that there is, any other token unchanged."""
    alias = next((name for name in END_ALIASES if name in tokens), None)
    return END if token == alias else token


def _read_texts(paths: Sequence[Path]) -> Iterator[list[str]]:
    """Everything that a model will read of these files: texts, and the prompts of those that have some."""
    for path in paths:
        for column in ("prompt", "text") if _has_prompts(path) else ("text",):
            yield from _batches(path, column)


def _batches(path: Path, column: str) -> Iterator[list[str]]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=BATCH, columns=[column]):
            yield batch.column(0).to_pylist()
