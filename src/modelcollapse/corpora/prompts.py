"""Prompts and tasks: what a model is given, and what it has to continue with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from modelcollapse.corpora.tokenizers import END, PAD, encode, fingerprint, load_tokenizer
from modelcollapse.runtime.files import sha256
from modelcollapse.runtime.parquet import write_parquet

SEPARATOR = "\n"
"""Stands between prompt and continuation, at the end of the prompt."""


def prompt_rows(
    pairs: Path, tokenizer: Path, split: str, prompt_tokens: int, continuation_tokens: int, limit: int | None = None
) -> pa.Table:
    """Pairs of one split as token ids, in the order of the file.

    Args:
        pairs: Parquet file with columns `prompt`, `text`, `split`.
        tokenizer: tokenizer file.
        split: `train`, `validation` or `test`.
        prompt_tokens: most tokens of a prompt, ``</s>`` at its beginning and the separator at its end included; a
            longer one loses tokens before the separator.
        continuation_tokens: most tokens of a continuation; ``</s>`` ends it unless it is cut.
        limit: most rows; None means all.

    Returns:
        Columns `prompt_ids` and `ids`, both list<int32>.

    Raises:
        ValueError: there is no such split, or a size is too small.
    """
    if continuation_tokens < 1 or (limit is not None and limit < 1):
        raise ValueError("`continuation_tokens` and `limit` must be at least 1.")
    loaded = load_tokenizer(tokenizer)
    end = loaded.token_to_id(END)
    separator = _separator(loaded)
    room = prompt_tokens - 1 - len(separator)
    if room < 1:
        raise ValueError(f"`prompt_tokens` is {prompt_tokens}, but at least {2 + len(separator)} are needed.")
    table = pq.read_table(pairs, columns=["prompt", "text", "split"])
    table = table.filter(pc.equal(table["split"], split)).slice(0, limit)
    if not table.num_rows:
        raise ValueError(f"{pairs} has no pairs of the split {split!r}.")
    prompts = [[end, *ids[:room], *separator] for ids in encode(loaded, table["prompt"].to_pylist())]
    continuations = [[*ids, end][:continuation_tokens] for ids in encode(loaded, table["text"].to_pylist())]
    kind = pa.list_(pa.int32())
    return pa.table({"prompt_ids": pa.array(prompts, kind), "ids": pa.array(continuations, kind)})


def encode_pairs(
    pairs: Path,
    tokenizer: Path,
    outputs: Mapping[str, Path],
    corpus: str,
    tokenizer_name: str,
    prompt_tokens: int,
    continuation_tokens: int,
) -> None:
    """Write ``prompt_rows`` of each split in ``outputs``, with the same metadata as encoded corpora.

    Raises:
        ValueError: there is no such split, or a size is too small.
    """
    loaded = load_tokenizer(tokenizer)
    facts = {
        "corpus": corpus,
        "tokenizer": tokenizer_name,
        "vocabulary": loaded.get_vocab_size(),
        "begin_id": loaded.token_to_id(END),
        "pad_id": loaded.token_to_id(PAD),
        "tokenizer_sha256": sha256(tokenizer),
        "tokenizer_fingerprint": fingerprint(loaded),
        "corpus_sha256": sha256(pairs),
    }
    for split, path in outputs.items():
        rows = prompt_rows(pairs, tokenizer, split, prompt_tokens, continuation_tokens)
        write_parquet(rows, path, facts | {"split": split})


def _separator(tokenizer) -> list[int]:
    """Ids of the separator; none for tokenizers to which it is mere white space."""
    return encode(tokenizer, [SEPARATOR])[0]
