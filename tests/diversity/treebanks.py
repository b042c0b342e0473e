"""A tiny treebank whose sentences follow one pattern, so that a parser learns it in seconds."""

from __future__ import annotations

import gzip
import lzma
from pathlib import Path

from modelcollapse.runtime.seeds import generator

DETERMINERS, NOUNS = ("the", "a", "this"), ("dog", "cat", "bird", "fox", "tree")
VERBS, ADVERBS = ("sees", "likes", "follows"), ("slowly", "often")


def conllu(sentences: int, name: str = "tiny") -> str:
    """Sentences such as ``the dog often sees a cat .`` in CoNLL-U, with a comment and a multiword line each."""
    rng = generator(name)
    lines = []
    for number in range(sentences):
        adverb = [] if rng.random() < 0.5 else [(str(rng.choice(ADVERBS)), "ADV", "verb", "advmod")]
        words = [
            (str(rng.choice(DETERMINERS)), "DET", "subject", "det"),
            (str(rng.choice(NOUNS)), "NOUN", "verb", "nsubj"),
            *adverb,
            (str(rng.choice(VERBS)), "VERB", None, "root"),
            (str(rng.choice(DETERMINERS)), "DET", "object", "det"),
            (str(rng.choice(NOUNS)), "NOUN", "verb", "obj"),
            (".", "PUNCT", "verb", "punct"),
        ]
        verb = 3 + len(adverb)
        places = {"subject": 2, "verb": verb, "object": verb + 2, None: 0}
        lines += [f"# sent_id = {number}", "1-2\t_" + "\t_" * 8]
        lines += [
            f"{place}\t{word}\t{word}\t{upos}\t_\t_\t{places[head]}\t{relation}\t_\t_"
            for place, (word, upos, head, relation) in enumerate(words, 1)
        ]
        lines.append("")
    return "\n".join(lines) + "\n"


def write_treebank(folder: Path, sentences: int = 120) -> dict[str, Path]:
    """The three splits: plain, gzip, xz."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {
        "train": folder / "train.conllu",
        "validation": folder / "validation.conllu.gz",
        "test": folder / "test.conllu.xz",
    }
    paths["train"].write_text(conllu(sentences, "train"), encoding="utf-8")
    paths["validation"].write_bytes(gzip.compress(conllu(10, "validation").encode()))
    paths["test"].write_bytes(lzma.compress(conllu(20, "test").encode()))
    return paths
