"""Stanza (Qi et al. 2020), the parser of the paper's released script; an optional package with a model of its own."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from modelcollapse.diversity.syntactic.dependency import DependencyTree

PROCESSORS = "tokenize,pos,lemma,depparse"
SENTENCES_PER_CALL = 256


class StanzaParser:
    """Stanza's English pipeline on sentences that are split already.

    Its model is never downloaded from here: it must lie where Stanza looks for it (``STANZA_RESOURCES_DIR``, else
    ``~/stanza_resources``). The released script lets Stanza split words itself; here the words are given.

    Raises:
        RuntimeError: the package or its English model is not there.
    """

    def __init__(self) -> None:
        try:
            stanza = importlib.import_module("stanza")
        except ImportError as error:
            raise RuntimeError(
                f"Stanza is not installed ({error}). Type 'pip install stanza', or use the parser that comes with this "
                "package: parser='compact'."
            ) from error
        try:
            self._pipeline = stanza.Pipeline(
                "en", processors=PROCESSORS, tokenize_pretokenized=True, download_method=None, verbose=False
            )
        except Exception as error:  # Stanza raises half a dozen unrelated types when files are missing
            raise RuntimeError(
                f"Stanza's English model could not be loaded ({str(error).splitlines()[0]}). With a network, type once: "
                "python -c \"import stanza; stanza.download('en')\". Without one, copy the folder stanza_resources from "
                "another machine and name it by STANZA_RESOURCES_DIR, or use parser='compact'."
            ) from error
        self.identity = f"stanza {stanza.__version__}"

    def parse_words(self, sentences: Sequence[Sequence[str]]) -> list[DependencyTree]:
        """One tree per sentence.

        Raises:
            RuntimeError: Stanza returned other sentences or words than it was given.
        """
        trees: list[DependencyTree] = []
        for start in range(0, len(sentences), SENTENCES_PER_CALL):
            part = [list(words) for words in sentences[start : start + SENTENCES_PER_CALL]]
            parsed = [_tree(sentence) for sentence in self._pipeline(part).sentences]
            if [list(tree.words) for tree in parsed] != part:
                raise RuntimeError("Stanza returned other words than it was given: check its version against 1.10.")
            trees.extend(parsed)
        return trees


def _tree(sentence: Any) -> DependencyTree:
    words = sentence.words
    return DependencyTree(
        words=tuple(word.text for word in words),
        upos=tuple(word.upos for word in words),
        heads=tuple(word.head for word in words),
        relations=tuple(word.deprel for word in words),
    )
