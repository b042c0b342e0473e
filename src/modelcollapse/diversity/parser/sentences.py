"""Sentences and words of plain text, by rules that hold for degenerate text too.

Generated text may lack punctuation, repeat one token ten thousand times, or be one endless string. Sentences are cut at
``MAX_WORDS`` words and words at ``MAX_CHARACTERS`` characters, so that time and memory stay in proportion to the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TypeVar

import numpy as np
from spacy.lang.en import English
from spacy.language import Language

from modelcollapse.runtime.seeds import generator

Item = TypeVar("Item")

MAX_WORDS = 100
"""99.97 % of the sentences of UD English EWT are not longer; the longest has 159 words."""
MAX_CHARACTERS = 100

SELECTIONS = ("all", "inner", "first")
FINAL_TOKENS = frozenset((".", "!", "?", "...", "…"))

_PARAGRAPH = re.compile(r"\n\s*\n")
# the end of a sentence: final marks, closing quotes or brackets, then white space
_END = re.compile(r"[.!?…]++[\"'”’)\]]*+(?=\s)")
_LONG_WORD = re.compile(rf"\S{{{MAX_CHARACTERS}}}(?=\S)")
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘]+$")
_BEFORE_NAMES = ("dr", "mr", "mrs", "ms", "prof", "sen", "gov", "rev", "sgt", "lt", "st", "mt")
_IN_SENTENCES = ("al", "approx", "cf", "ca", "e.g", "i.e", "eq", "eqs", "fig", "figs", "pp", "vol", "vs", "u.s", "u.k")
_ABBREVIATIONS = frozenset((*_BEFORE_NAMES, *_IN_SENTENCES))
_CONTEXT = 40
"""Characters before a full stop that are looked at."""


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, without surrounding white space.

    A sentence ends at a blank line, and at ``.``, ``!``, ``?`` or an ellipsis before white space, unless the next word
    begins in lower case (in texts that have capitals at all) or the full stop belongs to an initial or to one of a few
    abbreviations.
    """
    has_capitals = any(character.isupper() for character in text)
    return [sentence for part in _PARAGRAPH.split(text) for sentence in _sentences_of(part, has_capitals)]


def split_words(sentence: str) -> list[str]:
    """The words of a sentence by spaCy's English rules."""
    return [token.text for token in _tokenizer().tokenizer(sentence) if not token.is_space]


def plain_sentences(text: str | Sequence[str]) -> list[str]:
    """The sentences of a text as strings; those of a list of tokens are joined by single spaces."""
    if isinstance(text, str):
        # endless words are cut first: rules that look at a word's end would look at all of it again and again
        return split_sentences(_LONG_WORD.sub(r"\g<0> ", text))
    return [" ".join(tokens) for tokens in _split_tokens(text)]


def sentences_of_text(text: str | Sequence[str]) -> list[list[str]]:
    """A text as sentences of at most ``MAX_WORDS`` words.

    Args:
        text: a string, or a list of its tokens, which are not tokenised again: a sentence ends at one of
            ``FINAL_TOKENS``.
    """
    if isinstance(text, str):
        # the tokenizer keeps every word it has seen; a zone forgets them
        with _tokenizer().memory_zone():
            sentences = [split_words(sentence) for sentence in plain_sentences(text)]
    else:
        sentences = list(_split_tokens(text))
    return [
        sentence[start : start + MAX_WORDS] for sentence in sentences for start in range(0, len(sentence), MAX_WORDS)
    ]


def select_sentences(sentences: Sequence[Item], selection: str = "all") -> list[Item]:
    """Which sentences of a text are compared.

    Args:
        sentences: of one text.
        selection: ``all``; ``inner``: the first and the last are left out of more than two, and of two the first is
            taken (the released script of Guo et al.); ``first``: the first only.

    Raises:
        ValueError: another selection.
    """
    if selection not in SELECTIONS:
        raise ValueError(f"There is no selection {selection!r}: expected one of {', '.join(SELECTIONS)}.")
    if selection == "all":
        return list(sentences)
    if selection == "inner" and len(sentences) > 2:
        return list(sentences[1:-1])
    return list(sentences[:1])


def sample_sentences(
    sentences: Sequence[Sequence[Item]], limit: int | None = None, seed: int = 0
) -> tuple[list[Item], np.ndarray]:
    """The sentences of all texts in one list, or some of them drawn without replacement.

    Args:
        sentences: of each text.
        limit: how many to draw; None for all.
        seed: of the draw.

    Returns:
        The sentences in their order, and [number of sentences] the text that each belongs to.

    Raises:
        ValueError: ``limit`` is below 2, or there are fewer sentences.
    """
    pool = [item for part in sentences for item in part]
    owner = np.repeat(np.arange(len(sentences)), [len(part) for part in sentences])
    if limit is None:
        return pool, owner
    if not 2 <= limit <= len(pool):
        raise ValueError(
            f"{limit} sentences were asked for, but the texts have {len(pool)}: choose n_sentences from 2 to {len(pool)}"
            " (the same number for all sets that are compared), or give more texts."
        )
    chosen = np.sort(generator(seed, "sentences").choice(len(pool), limit, replace=False))
    return [pool[index] for index in chosen], owner[chosen]


def _sentences_of(part: str, has_capitals: bool) -> Iterator[str]:
    start = 0
    for match in _END.finditer(part):
        if _ends_sentence(part, match, has_capitals):
            yield part[start : match.end()].strip()
            start = match.end()
    if rest := part[start:].strip():
        yield rest


def _ends_sentence(part: str, match: re.Match[str], has_capitals: bool) -> bool:
    following = part[match.end() : match.end() + _CONTEXT].lstrip()[:1]
    # a mark set apart by white space, as tokenised corpora write it, always ends a sentence
    if match.start() == 0 or part[match.start() - 1].isspace():
        return True
    if has_capitals and following.islower():
        return False
    if match.group() != ".":
        return True
    word = _LAST_WORD.search(part[max(0, match.start() - _CONTEXT) : match.start()])
    if word is None:
        return True
    is_initial = len(word.group()) == 1 and word.group().isupper() and word.group() != "I"
    return not is_initial and word.group().lower() not in _ABBREVIATIONS


def _split_tokens(tokens: Sequence[str]) -> Iterator[list[str]]:
    sentence: list[str] = []
    for token in tokens:
        if not token.strip():
            continue
        sentence.append(token[:MAX_CHARACTERS])
        if token in FINAL_TOKENS:
            yield sentence
            sentence = []
    if sentence:
        yield sentence


@cache
def _tokenizer() -> Language:
    return English()
