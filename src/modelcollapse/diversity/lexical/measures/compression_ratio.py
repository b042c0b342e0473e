"""Compression ratio: repetition as a compressor finds it, within its window and in the order of the texts."""

from __future__ import annotations

import lzma
import math
import zlib
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from modelcollapse.diversity.collection import TextCollection, TextOrTokens
from modelcollapse.diversity.lexical.tokenisation import Tokenizer, tokenise
from modelcollapse.diversity.measure_entry import MeasureEntry
from modelcollapse.diversity.statistic import Statistic

GZIP_HEADER_AND_LEVEL = 31
"""zlib's code for gzip with the largest window, 32 kB."""


def _gzip_size(data: bytes, level: int = 9) -> int:
    compressor = zlib.compressobj(level, zlib.DEFLATED, GZIP_HEADER_AND_LEVEL)
    return len(compressor.compress(data)) + len(compressor.flush())


Size = Callable[[bytes], int]
_SIZES: dict[str, tuple[Size, Size]] = {
    "gzip": (_gzip_size, lambda data: _gzip_size(data, 6)),
    "xz": (lambda data: len(lzma.compress(data)), lambda data: len(lzma.compress(data, preset=1))),
}
"""Compressed size by algorithm: of the whole, and of half-samples with less effort. Their ratios vary alike from half to
half (relative spread within about 2 % under gzip), in half the time."""


def compression_ratio(texts: Sequence[TextOrTokens], algorithm: str = "gzip") -> float:
    """Bytes of the texts, joined by spaces, in UTF-8 / bytes after compression; higher is less diverse.

    About 2 to 3 for English prose under gzip, below 1 for a few words (the header costs 18 bytes). gzip sees
    repetition within 32 kB, so that the order of the texts matters a little; xz sees all of it.

    Args:
        texts: strings, or lists of tokens (joined by spaces).
        algorithm: ``gzip`` (level 9) or ``xz``.

    Raises:
        ValueError: no texts, nothing but empty ones, or another algorithm.

    Source: Shaib et al. 2024 (arXiv 2403.00553). Their package compresses the gzip
    file once more, which changes the third digit.

    >>> compression_ratio(["the same words again"] * 100) > 10
    True
    """
    return prepare_compression_ratio(TextCollection(texts), algorithm).value()


def prepare_compression_ratio(
    collection: TextCollection,
    algorithm: str = "gzip",
    tokenizer: Tokenizer = "words",
    tokens_per_text: int | None = None,
) -> CompressionRatio:
    """``compression_ratio`` of the collection and of any part of it.

    With ``tokens_per_text`` the first so many tokens of each text, joined by spaces, stand for the text.
    """
    if algorithm not in _SIZES:
        raise ValueError(f"There is no compression called {algorithm!r}. Choose from {', '.join(_SIZES)}.")
    strings = collection.strings
    if tokens_per_text is not None:
        strings = [" ".join(tokenise(text, tokenizer)[:tokens_per_text]) for text in collection.texts]
    statistic = CompressionRatio([text.encode("utf-8", "surrogatepass") for text in strings], algorithm)
    statistic.options = {"algorithm": algorithm, "tokens_per_text": tokens_per_text}
    return statistic


class CompressionRatio(Statistic):
    """Compression ratio of encoded texts."""

    def __init__(self, encoded: Sequence[bytes], algorithm: str) -> None:
        if not any(encoded):
            raise ValueError("All texts are empty: there is nothing to compress.")
        self._encoded = encoded
        self._size, self._quick_size = _SIZES[algorithm]
        self.n_texts = len(encoded)

    def value(self, subset: np.ndarray | None = None) -> float:
        """The ratio of these texts in the order in which they were given."""
        data = self._joined(range(self.n_texts) if subset is None else np.sort(subset))
        return len(data) / self._size(data)

    def values(self, subsets: Sequence[np.ndarray]) -> np.ndarray:
        """Ratios of the subsets by the quicker setting of the compressor; for their spread, not for their level."""
        joined = (self._joined(np.sort(subset)) for subset in subsets)
        return np.array([len(data) / self._quick_size(data) for data in joined])

    def _joined(self, chosen: Iterable[int]) -> bytes:
        return b" ".join([self._encoded[index] for index in chosen])


MEASURE = MeasureEntry(prepare_compression_ratio, unit="bytes / bytes", bounds=(0, math.inf), more_diverse="lower")
