"""Measures of ``diversity`` on the decoded texts of an arm: all seeds and generations at one number of texts and tokens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tokenizers import Tokenizer

from modelcollapse.corpora.tokenizers import decode, load_tokenizer
from modelcollapse.diversity.collection import TextCollection, draw_places
from modelcollapse.diversity.lexical.tokenisation import token_arrays, tokenise
from modelcollapse.diversity.measure_entry import find_measure, kind_of
from modelcollapse.diversity.measurement import prepared
from modelcollapse.diversity.statistic import Statistic
from modelcollapse.measures.chain import Chain
from modelcollapse.measures.measure_rows import HUMAN, by_unit, overall


@dataclass(frozen=True)
class DecodedTexts:
    """Texts of one seed and generation, drawn at the number that all have."""

    seed: int
    generation: int
    texts: TextCollection
    units: np.ndarray
    """int [texts]: their places among all samples (or human rows)."""
    ids: int
    """Token ids from which they were decoded."""


def measure_texts(names: Sequence[str], chains: Sequence[Chain], tokenizer: Path) -> Iterator[pd.DataFrame]:
    """Rows of these measures for every seed and generation, the human reference included.

    Every set has as many texts as the smallest one; measures of pooled text draw as many tokens as the smallest pool has.
    Texts and tokens are drawn by the arm's seed; sets of one size give the texts of the same places (the same prompts).
    The vocabulary of ``unknown_word_share`` is that of the human training rows.

    Args:
        names: measures of ``diversity``.
        chains: the arm's seeds.
        tokenizer: the file that the samples' token ids belong to.

    Raises:
        ValueError: a measure cannot be computed on these texts; names seed and generation.
    """
    loaded = load_tokenizer(tokenizer)
    sets = _decode(chains, loaded)
    vocabulary = frozenset(word for ids in chains[0].human for word in tokenise(decode(loaded, ids)))
    for name in names:
        options = {"vocabulary": vocabulary} if find_measure(name).needs == "vocabulary" else {}
        budget = None
        if find_measure(name).sampled:
            budget = min(_prepare(name, one, None, options).n_tokens or 0 for one in sets)
        for one in sets:
            yield from _rows(name, one, _prepare(name, one, budget, options))


def _rows(name: str, one: DecodedTexts, statistic: Statistic) -> Iterator[pd.DataFrame]:
    # measures of meaning and syntax count no tokens: they rest on all that was decoded
    tokens = one.ids if statistic.n_tokens is None else statistic.n_tokens
    yield overall(one.seed, one.generation, name, statistic.value(), tokens)
    values = statistic.per_text()
    if values is not None and kind_of(name) == "lexical":
        kept = np.isfinite(values)
        words = token_arrays(one.texts).lengths
        yield by_unit(one.seed, one.generation, name, values[kept], words[kept], one.units[kept])


def _prepare(name: str, one: DecodedTexts, n_tokens: int | None, options: Mapping[str, Any]) -> Statistic:
    try:
        return prepared(name, one.texts, n_tokens, one.seed, options=options)
    except ValueError as error:
        of = "human rows" if one.generation == HUMAN else f"samples of generation {one.generation}"
        raise ValueError(
            f"The measure '{name}' cannot be computed on the {of} of seed {one.seed}: {error} "
            "Or take it out of the arm's 'measures'."
        ) from error


def _decode(chains: Sequence[Chain], tokenizer: Tokenizer) -> list[DecodedTexts]:
    """Human rows and samples of every seed, all at the number of texts of the smallest set."""
    found = []
    for chain in chains:
        found.append((chain.seed, HUMAN, chain.human))
        found += [(chain.seed, generation, chain.written(generation)) for generation in sorted(chain.samples)]
    n_texts = min(len(rows) for _, _, rows in found)
    sets = []
    for seed, generation, rows in found:
        places = draw_places(len(rows), n_texts, seed)
        drawn = [rows[place] for place in places]
        ids = sum(len(row) for row in drawn)
        sets.append(
            DecodedTexts(seed, generation, TextCollection([decode(tokenizer, row) for row in drawn]), places, ids)
        )
    return sets
