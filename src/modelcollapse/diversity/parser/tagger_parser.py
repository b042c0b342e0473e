"""A compact tagger and dependency parser, and the one file that it is kept in.

spaCy's hashed embeddings, convolutions and transition-based parser (Honnibal & Montani; the "efficiency" sizes). The file
is ``safetensors``: arrays and JSON, so that loading it runs no code and its bytes depend on its content only.
"""

from __future__ import annotations

import copy
import json
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from safetensors import SafetensorError
from safetensors.numpy import load_file, save
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import load_model_from_config
from thinc.api import Model

from modelcollapse.diversity.syntactic.dependency import DependencyTree

FORMAT = 1
METADATA_KEY = "modelcollapse"
TRAINABLE = ("tok2vec", "tagger", "parser")

SENTENCES_PER_BATCH = 64
SENTENCES_PER_ZONE = 4096

_LISTENER = {"@architectures": "spacy.Tok2VecListener.v1", "width": 96, "upstream": "tok2vec"}
CONFIG: dict[str, Any] = {
    "nlp": {"lang": "en", "pipeline": list(TRAINABLE)},
    "components": {
        "tok2vec": {
            "factory": "tok2vec",
            "model": {
                "@architectures": "spacy.Tok2Vec.v2",
                # lower-cased forms instead of spaCy's norms: norms differ between a tokenizer's and a treebank's words
                "embed": {
                    "@architectures": "spacy.MultiHashEmbed.v2",
                    "width": 96,
                    "attrs": ["LOWER", "PREFIX", "SUFFIX", "SHAPE"],
                    "rows": [5000, 1000, 2500, 2500],
                    "include_static_vectors": False,
                },
                "encode": {
                    "@architectures": "spacy.MaxoutWindowEncoder.v2",
                    "width": 96,
                    "window_size": 1,
                    "maxout_pieces": 3,
                    "depth": 4,
                },
            },
        },
        "tagger": {"factory": "tagger", "model": {"@architectures": "spacy.Tagger.v2", "tok2vec": _LISTENER}},
        "parser": {
            "factory": "parser",
            "min_action_freq": 30,
            "model": {
                "@architectures": "spacy.TransitionBasedParser.v2",
                "state_type": "parser",
                "extra_state_tokens": False,
                "hidden_width": 64,
                "maxout_pieces": 2,
                "use_upper": True,
                "tok2vec": _LISTENER,
            },
        },
    },
}


def build_pipeline() -> Language:
    """The untrained tagger and parser."""
    return load_model_from_config(copy.deepcopy(CONFIG), auto_fill=True)


def example_of(nlp: Language, tree: DependencyTree) -> Example:
    """A tree as a training example whose tokens are given."""
    words = list(tree.words)
    gold = Doc(
        nlp.vocab,
        words=words,
        tags=list(tree.upos),
        heads=[head - 1 if head else number for number, head in enumerate(tree.heads)],
        deps=["ROOT" if head == 0 else relation for head, relation in zip(tree.heads, tree.relations, strict=True)],
    )
    return Example(unparsed(nlp, words), gold)


def unparsed(nlp: Language, words: Sequence[str]) -> Doc:
    """The words of one sentence; the parser may not break it into several."""
    return Doc(nlp.vocab, words=list(words), sent_starts=[number == 0 for number in range(len(words))])


def parse_words(nlp: Language, sentences: Sequence[Sequence[str]]) -> list[DependencyTree]:
    """The trees of sentences whose words are given.

    Args:
        nlp: the pipeline.
        sentences: words of each, none without words.
    """
    trees: list[DependencyTree] = []
    # words that were never seen before are forgotten after each part: random text must not fill the memory
    for start in range(0, len(sentences), SENTENCES_PER_ZONE):
        with nlp.memory_zone():
            docs = (unparsed(nlp, words) for words in sentences[start : start + SENTENCES_PER_ZONE])
            trees.extend(tree_of(doc) for doc in nlp.pipe(docs, batch_size=SENTENCES_PER_BATCH))
    return trees


def tree_of(doc: Doc) -> DependencyTree:
    """The tree of a parsed sentence; a word without a head hangs from the artificial root."""
    return DependencyTree(
        words=tuple(token.text for token in doc),
        upos=tuple(token.tag_ for token in doc),
        heads=tuple(0 if token.head.i == token.i else token.head.i + 1 for token in doc),
        relations=tuple("root" if token.head.i == token.i else token.dep_ for token in doc),
    )


def save_parser(nlp: Language, path: Path, facts: dict[str, Any]) -> None:
    """Write weights (half precision) and labels into one ``safetensors`` file.

    Args:
        nlp: the trained pipeline.
        path: the file.
        facts: JSON-serialisable: licence, lineage, scores.
    """
    arrays = {name: np.ascontiguousarray(node.get_param(key), np.float16) for name, node, key in _parameters(nlp)}
    description = {
        "format": FORMAT,
        "config": CONFIG,
        "spacy": spacy.about.__version__,
        "labels": {"tagger": nlp.get_pipe("tagger").label_data, "parser": nlp.get_pipe("parser").label_data},
        "facts": facts,
    }
    # not save_file, which makes a file that only its owner may read
    Path(path).write_bytes(save(arrays, metadata={METADATA_KEY: json.dumps(description, sort_keys=True)}))


def load_parser(path: str | Path) -> Language:
    """The pipeline of a file that ``save_parser`` wrote. Nothing in the file is executed.

    Raises:
        ValueError: the file is damaged, of another kind, or of a version that this code does not know.
    """
    description = read_description(path)
    try:
        arrays = load_file(path)
    except (SafetensorError, OSError) as error:
        raise ValueError(_damaged(path, error)) from error
    nlp = build_pipeline()
    labels = {
        "tagger": description["labels"]["tagger"],
        "parser": {int(action): counts for action, counts in description["labels"]["parser"].items()},
    }
    sample = [example_of(nlp, DependencyTree(("a",), (labels["tagger"][0],), (0,), ("root",)))]
    for name in TRAINABLE:
        given = {"labels": labels[name]} if name in labels else {}
        nlp.get_pipe(name).initialize(lambda: sample, nlp=nlp, **given)
    parameters = list(_parameters(nlp))
    if {name for name, _, _ in parameters} != set(arrays):
        raise ValueError(_damaged(path, "it holds other weights than its labels ask for"))
    for name, node, key in parameters:
        if node.get_param(key).shape != arrays[name].shape:
            raise ValueError(_damaged(path, f"{name} has the shape {arrays[name].shape}"))
        node.set_param(key, arrays[name].astype(np.float32))
    return nlp


def read_description(path: str | Path) -> dict[str, Any]:
    """What the file says about itself: format, labels, and ``facts`` (licence, lineage, scores).

    Raises:
        ValueError: it is not a parser of this package.
    """
    try:
        with open(path, "rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            if length > 100_000_000:
                raise ValueError("its header is too long")
            description = json.loads(json.loads(stream.read(length))["__metadata__"][METADATA_KEY])
    except (struct.error, ValueError, KeyError, TypeError) as error:
        raise ValueError(_damaged(path, error)) from error
    if description.get("format") != FORMAT or description.get("config") != CONFIG:
        raise ValueError(
            f"{path} holds a parser of another version of this package (format {description.get('format')}, expected "
            f"{FORMAT}). Fetch or train the one that belongs to this version: modelcollapse train-parser --help"
        )
    return description


def _parameters(nlp: Language) -> Iterator[tuple[str, Model, str]]:
    """Every weight: its name in the file, its layer, its name in the layer."""
    for component in TRAINABLE:
        for number, node in enumerate(nlp.get_pipe(component).model.walk()):
            for key in node.param_names:
                if node.has_param(key):
                    yield f"{component}.{number}.{key}", node, key


def _damaged(path: str | Path, reason: object) -> str:
    return (
        f"{path} is not a parser of this package, or damaged ({reason}). Bring it again with 'dvc pull', or train one: "
        "modelcollapse train-parser --help"
    )
