"""Sentence embeddings on one or more threads: batched by length, cached by content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Encoding, Tokenizer

from modelcollapse.diversity.semantic.embedding_cache import EmbeddingCache, default_cache_folder
from modelcollapse.diversity.semantic.embedding_models import DEFAULT_MODEL, find_model, identity
from modelcollapse.runtime.device import pick_device
from modelcollapse.runtime.progress import progress

TOKENS_PER_BATCH = 4096
"""Padded tokens that are run through the model at once."""
TEXTS_PER_BLOCK = 4096
"""Texts after which finished vectors are written to the cache."""


class Embedder:
    """Mean-pooled, normalised vectors of a sentence-embedding model.

    The vectors of a text may differ in the last bits of single precision with the texts it is batched with.

    Args:
        model: ``all-MiniLM-L6-v2`` (default; offline, from a package), ``all-mpnet-base-v2`` (the paper's, from the hub
            at a pinned revision), or a folder. Its files are found, checked and loaded when the first text needs them.
        threads: of torch while it embeds.
        cache: folder of the cache; None for the user's, False for no cache.

    Raises:
        ValueError: there is no such model, or ``threads`` is below 1.
    """

    def __init__(
        self, model: str | Path = DEFAULT_MODEL, threads: int = 1, cache: str | Path | bool | None = None
    ) -> None:
        if threads < 1:
            raise ValueError(f"threads is {threads}: expected at least 1.")
        self.model = str(model)
        self.identity = identity(model)
        self.threads = threads
        folder = default_cache_folder() if cache is None or cache is True else cache
        self._cache = EmbeddingCache(Path(folder), self.identity) if folder is not False else None
        self._loaded: tuple[Tokenizer, Any] | None = None

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """One vector of length 1 per text.

        Texts beyond the model's longest input (256 tokens for the default) are cut there; equal texts are embedded once.

        Args:
            texts: n strings.

        Returns:
            [n, d] float32.

        Raises:
            ValueError: there is no text, an empty one, or something else than a string.
            RuntimeError: the model has to come from the hub, which cannot be reached.
        """
        if isinstance(texts, str) or not len(texts):
            raise ValueError("There is nothing to embed: give a list with at least one string.")
        for number, text in enumerate(texts):
            if not isinstance(text, str) or not text.strip():
                raise ValueError(f"Text {number} ({text!r}) cannot be embedded: leave empty and missing texts out.")
        known = self._cache.read(texts) if self._cache is not None else {}
        # in order of first appearance
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        starts = range(0, len(missing), TEXTS_PER_BLOCK)
        for start in progress(starts, len(starts), "embed") if len(starts) > 1 else starts:
            made = self._embed_block(missing[start : start + TEXTS_PER_BLOCK])
            known.update(made)
            if self._cache is not None:
                self._cache.write(made)
        return np.stack([known[text] for text in texts])

    def _embed_block(self, texts: list[str]) -> dict[str, np.ndarray]:
        tokenizer, model = self._load()
        vectors: dict[str, np.ndarray] = {}
        before = torch.get_num_threads()
        torch.set_num_threads(self.threads)
        try:
            for batch in _by_length(texts, tokenizer.encode_batch(texts)):
                rows = _pooled(model, [encoding for _, encoding in batch])
                vectors.update({text: row for (text, _), row in zip(batch, rows, strict=True)})
        finally:
            torch.set_num_threads(before)
        return vectors

    def _load(self) -> tuple[Tokenizer, Any]:
        if self._loaded is None:
            from transformers import AutoModel
            from transformers.utils import logging

            logging.disable_progress_bar()
            files = find_model(self.model)
            tokenizer = Tokenizer.from_file(str(files.folder / "tokenizer.json"))
            tokenizer.no_padding()
            tokenizer.enable_truncation(files.max_tokens)
            model = AutoModel.from_pretrained(
                files.folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=torch.float32
            )
            self._loaded = tokenizer, model.to(pick_device()).eval()
        return self._loaded


def _by_length(texts: Sequence[str], encodings: Sequence[Encoding]) -> Iterator[list[tuple[str, Encoding]]]:
    """Batches of texts of similar length, so that little is padded, from long to short."""
    order = sorted(range(len(texts)), key=lambda index: (-len(encodings[index].ids), index))
    batch: list[tuple[str, Encoding]] = []
    for index in order:
        # the first of a batch is its longest
        longest = len(batch[0][1].ids) if batch else len(encodings[index].ids)
        if batch and (len(batch) + 1) * longest > TOKENS_PER_BATCH:
            yield batch
            batch = []
        batch.append((texts[index], encodings[index]))
    if batch:
        yield batch


@torch.inference_mode()
def _pooled(model: Any, encodings: Sequence[Encoding]) -> np.ndarray:
    """[n, d]: the mean of the last layer over each text's tokens, special tokens included, at length 1."""
    width = max(len(encoding.ids) for encoding in encodings)
    ids = torch.zeros((len(encodings), width), dtype=torch.long)
    mask = torch.zeros((len(encodings), width), dtype=torch.long)
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding.ids)] = torch.tensor(encoding.ids)
        mask[row, : len(encoding.ids)] = 1
    ids, mask = ids.to(model.device), mask.to(model.device)
    states = model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
    weights = mask[..., None].to(states.dtype)
    means = (states * weights).sum(dim=1) / weights.sum(dim=1)
    return torch.nn.functional.normalize(means, dim=1).cpu().numpy()
