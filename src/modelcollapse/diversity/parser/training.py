"""Train the compact tagger and parser on a treebank, and say how well it parses."""

from __future__ import annotations

import itertools
import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.util import fix_random_seed
from thinc.api import Adam

from modelcollapse.diversity.parser.attachment import AttachmentScores, attachment_scores
from modelcollapse.diversity.parser.settings import ParserSettings
from modelcollapse.diversity.parser.tagger_parser import (
    build_pipeline,
    example_of,
    load_parser,
    parse_words,
    save_parser,
)
from modelcollapse.diversity.parser.treebank import read_treebank
from modelcollapse.diversity.parser.treebank_source import SPLITS, describe_treebank
from modelcollapse.diversity.syntactic.dependency import DependencyTree
from modelcollapse.runtime.progress import progress, say
from modelcollapse.runtime.seeds import generator, integer_seed


def train_parser(settings: ParserSettings, treebank: Mapping[str, Path], output: Path) -> AttachmentScores:
    """Train on the training split, and score on the test split what was written and read back.

    Args:
        settings: see ``ParserSettings``. The weights are the running average over the steps; no step is selected.
        treebank: CoNLL-U files ``train``, ``validation`` and ``test``.
        output: the parser, one file; licence, lineage and scores are inside it.

    Returns:
        Scores on the test split with gold tokens.

    Raises:
        ValueError: a treebank cannot be read.
    """
    trees = {split: read_treebank(treebank[split]) for split in SPLITS}
    nlp, averages = _fit(settings, trees["train"], trees["validation"])
    origin = describe_treebank(treebank)
    facts: dict[str, Any] = {
        # share-alike: weights fitted on the treebank carry its licence
        "licence": origin["licence"],
        "lineage": {
            "treebank": origin,
            "sentences": {split: len(trees[split]) for split in SPLITS},
            "settings": settings.model_dump(),
            "versions": {"python": platform.python_version()}
            | {name: metadata.version(name) for name in ("spacy", "thinc", "numpy")},
        },
    }
    with nlp.use_params(averages):
        save_parser(nlp, output, facts)
    # the file holds rounded weights, so what is scored is the file
    written = load_parser(output)
    scores = {split: score_parser(written, trees[split]) for split in SPLITS[1:]}
    with nlp.use_params(averages):
        save_parser(nlp, output, facts | {"scores": {split: found.as_dict() for split, found in scores.items()}})
    for split, found in scores.items():
        say(f"{split}: {found}")
    return scores["test"]


def score_parser(nlp: Language, gold: Sequence[DependencyTree]) -> AttachmentScores:
    """Parse the words of gold trees and compare."""
    return attachment_scores(gold, parse_words(nlp, [tree.words for tree in gold]))


def _fit(
    settings: ParserSettings, trees: Sequence[DependencyTree], validation: Sequence[DependencyTree]
) -> tuple[Language, dict[Any, Any]]:
    fix_random_seed(integer_seed("train-parser", settings.seed) % 2**32)
    nlp = build_pipeline()
    examples = [example_of(nlp, tree) for tree in trees]
    optimizer = nlp.initialize(
        lambda: examples,
        sgd=Adam(
            _learning_rates(settings), L2=0.01, L2_is_weight_decay=True, grad_clip=1.0, use_averages=True, eps=1e-8
        ),
    )
    losses: dict[str, float] = {}
    batches = itertools.islice(_batches(settings, trees), settings.updates)
    for step, batch in enumerate(progress(batches, settings.updates, "train-parser"), 1):
        nlp.update([examples[index] for index in batch], drop=settings.dropout, sgd=optimizer, losses=losses)
        optimizer.step_schedules()
        if step % 500 == 0 and step < settings.updates:
            with nlp.use_params(optimizer.averages):
                say(f"update {step}: validation {score_parser(nlp, validation)}, losses {_rounded(losses)}")
            losses.clear()
    return nlp, optimizer.averages


def _learning_rates(settings: ParserSettings) -> Iterator[float]:
    """Linear rise, then linear fall to zero."""
    rise = min(250, max(1, settings.updates // 10))
    for step in itertools.count():
        fall = max(0.0, (settings.updates - step) / max(1, settings.updates - rise))
        yield settings.learning_rate * min((step + 1) / rise, fall)


def _batches(settings: ParserSettings, trees: Sequence[DependencyTree]) -> Iterator[list[int]]:
    """Numbers of sentences, shuffled anew in every epoch, in batches of about so many words."""
    limit = float(settings.first_batch_words)
    for epoch in itertools.count():
        batch: list[int] = []
        words = 0
        for index in generator("train-parser", settings.seed, epoch).permutation(len(trees)):
            batch.append(int(index))
            words += len(trees[index].words)
            if words >= limit:
                yield batch
                batch, words = [], 0
                limit = min(limit * 1.001, float(max(settings.last_batch_words, settings.first_batch_words)))
        if batch:
            yield batch


def _rounded(losses: Mapping[str, float]) -> dict[str, float]:
    return {name: round(float(value), 1) for name, value in losses.items()}
