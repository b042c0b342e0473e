"""Dependency trees of plain text: the compact parser of this package, or Stanza where its model can be had."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from modelcollapse.diversity.collection import TextOrTokens
from modelcollapse.diversity.parser.pinned_weights import PARSER, find_parser
from modelcollapse.diversity.parser.sentences import select_sentences, sentences_of_text
from modelcollapse.diversity.syntactic.dependency import DependencyTree
from modelcollapse.runtime.files import sha256

COMPACT = "compact"
STANZA = "stanza"


class Parser(Protocol):
    """What parses sentences whose words are given.

    Attributes:
        identity: what its trees depend on: its name and version or hash.
    """

    identity: str

    def parse_words(self, sentences: Sequence[Sequence[str]]) -> list[DependencyTree]:
        """One tree per sentence, over its words as given; no sentence is empty."""


class CompactParser:
    """The tagger and parser trained on UD English EWT: test UAS 85, LAS 82 with gold tokens, thousands of words/s.

    Args:
        path: another file of the same kind; None for the pinned one.

    Raises:
        ValueError: the file is missing, damaged, or of another kind.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        from modelcollapse.diversity.parser.tagger_parser import load_parser

        self.identity = f"compact {(PARSER.sha256 if path is None else sha256(path))[:16]}"
        self._pipeline = load_parser(find_parser() if path is None else path)

    def parse_words(self, sentences: Sequence[Sequence[str]]) -> list[DependencyTree]:
        """One tree per sentence."""
        from modelcollapse.diversity.parser.tagger_parser import parse_words

        return parse_words(self._pipeline, sentences)


@lru_cache(maxsize=2)
def open_parser(parser: str | Path = COMPACT) -> Parser:
    """A parser by name.

    Args:
        parser: ``compact``; ``stanza`` (needs the package and its English model); or the file of a compact parser.

    Raises:
        ValueError: there is no such parser, or its file is missing or damaged.
        RuntimeError: Stanza or its model is not installed.
    """
    if parser == COMPACT:
        return CompactParser()
    if parser == STANZA:
        from modelcollapse.diversity.parser.stanza_pipeline import StanzaParser

        return StanzaParser()
    if not Path(parser).is_file():
        raise ValueError(f"There is no parser {str(parser)!r}: expected {COMPACT}, {STANZA}, or a parser's file.")
    return CompactParser(parser)


def parse(
    texts: Sequence[TextOrTokens], parser: str | Path | Parser = COMPACT, sentences: str = "all"
) -> list[list[DependencyTree]]:
    """The trees of the sentences of each text.

    Sentences and words are found by the same rules for every parser (``parser_sentences``), so that parsers differ in
    trees alone; degenerate text is cut, and needs time and memory in proportion to its length.

    Args:
        texts: strings, or lists of tokens, which are not tokenised again.
        parser: see ``open_parser``, or an object with ``parse_words``.
        sentences: ``all``, ``inner`` or ``first``; see ``parser_sentences.select_sentences``.

    Returns:
        One list per text, empty if the text has no word.

    Raises:
        ValueError, RuntimeError: as ``open_parser``; an unknown selection.
    """
    parts = [select_sentences(sentences_of_text(text), sentences) for text in texts]
    opened = open_parser(parser) if isinstance(parser, str | Path) else parser
    trees = iter(opened.parse_words([words for part in parts for words in part]))
    return [[next(trees) for _ in part] for part in parts]
