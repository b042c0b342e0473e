"""Texts with what several measures need of them, worked out once and only when asked for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

import numpy as np

from modelcollapse.runtime.seeds import generator

TextOrTokens = str | Sequence[str]
"""A text: a string, or a list of its tokens, which is not tokenised again."""

Made = TypeVar("Made")


class TextCollection:
    """An ordered collection of texts and what was derived from them.

    Args:
        texts: strings or lists of tokens, not mixed; any sequence, array or pandas Series of them.

    Attributes:
        texts: the texts as given.

    Raises:
        ValueError: no texts, one string instead of a list of texts, or an entry that is neither string nor tokens.
    """

    def __init__(self, texts: Sequence[TextOrTokens]) -> None:
        if isinstance(texts, str | bytes):
            raise ValueError("Texts must be a list with one entry per text, not one string: write [text].")
        self.texts: list[TextOrTokens] = list(texts)
        if not self.texts:
            raise ValueError("There are no texts: give a list with at least two strings or lists of tokens.")
        for index, text in enumerate(self.texts):
            if not isinstance(text, str) and (
                not hasattr(text, "__iter__") or not all(isinstance(token, str) for token in text)
            ):
                raise ValueError(
                    f"Text {index} is neither a string nor a list of tokens but {type(text).__name__} "
                    f"({str(text)[:40]}). Drop missing entries, and turn numbers into strings, first."
                )
        if len({isinstance(text, str) for text in self.texts}) > 1:
            raise ValueError("Some texts are strings and some are lists of tokens: give all of them in one form.")
        self.tokenised = not isinstance(self.texts[0], str)
        self._made: dict[Hashable, Any] = {}

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def strings(self) -> list[str]:
        """The texts as strings; lists of tokens are joined by single spaces."""
        return [" ".join(text) for text in self.texts] if self.tokenised else self.texts  # type: ignore[list-item]

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What ``make`` returns; made at the first call for this key and kept."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]


def draw_places(texts: int, n_texts: int, seed: int, stream: str = "texts") -> np.ndarray:
    """So many of the places 0..texts-1 without replacement, in their order, int64; all of them if that is all."""
    if n_texts == texts:
        return np.arange(texts)
    return np.sort(generator(seed, "draw texts", stream).choice(texts, n_texts, replace=False))


def draw_texts(collection: TextCollection, n_texts: int, seed: int, stream: str = "texts") -> TextCollection:
    """So many texts of the collection without replacement, in their order; the collection itself if that is all."""
    if n_texts == len(collection):
        return collection
    return TextCollection([collection.texts[index] for index in draw_places(len(collection), n_texts, seed, stream)])
