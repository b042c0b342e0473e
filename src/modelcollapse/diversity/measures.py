"""The measures that ``measure()`` knows by name; those that need torch or spaCy are imported when asked for.

Written as import statements, not as names of modules, so that the code hash of a step that measures sees them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from modelcollapse.diversity.statistic import Statistic

Prepare = Callable[..., Statistic]


@dataclass(frozen=True)
class MeasureEntry:
    """One measure.

    Attributes:
        kind: ``lexical``, ``semantic`` or ``syntactic``.
        load: returns the function ``prepare(collection, **options) -> Statistic``, importing its module then.
        options: options that this name of the measure fixes, such as n=2 for ``distinct_2``.
        sampled: whether the function takes ``n_tokens`` and ``seed``: a fixed number of tokens is drawn from the pool.
        needs: an option without which it cannot be measured.
    """

    kind: str
    load: Callable[[], Prepare]
    options: Mapping[str, Any] = field(default_factory=dict)
    sampled: bool = False
    needs: str | None = None


def _pooled() -> Prepare:
    from modelcollapse.diversity.lexical.pooled import prepare_distinct_n

    return prepare_distinct_n


def _hapax() -> Prepare:
    from modelcollapse.diversity.lexical.pooled import prepare_hapax_share

    return prepare_hapax_share


def _self_bleu() -> Prepare:
    from modelcollapse.diversity.lexical.self_bleu import prepare_self_bleu

    return prepare_self_bleu


def _moving_average() -> Prepare:
    from modelcollapse.diversity.lexical.per_text import prepare_moving_average_type_token_ratio

    return prepare_moving_average_type_token_ratio


def _repeated() -> Prepare:
    from modelcollapse.diversity.lexical.per_text import prepare_repeated_ngram_share

    return prepare_repeated_ngram_share


def _unknown() -> Prepare:
    from modelcollapse.diversity.lexical.per_text import prepare_unknown_word_share

    return prepare_unknown_word_share


def _self_repetition() -> Prepare:
    from modelcollapse.diversity.lexical.self_repetition import prepare_self_repetition

    return prepare_self_repetition


def _compression() -> Prepare:
    from modelcollapse.diversity.lexical.compression import prepare_compression_ratio

    return prepare_compression_ratio


def _vendi() -> Prepare:
    from modelcollapse.diversity.vendi import prepare_ngram_vendi_score

    return prepare_ngram_vendi_score


def _semantic() -> Prepare:
    from modelcollapse.diversity.semantic.distance import prepare

    return prepare


def _syntactic() -> Prepare:
    from modelcollapse.diversity.syntactic.distance_of_trees import prepare

    return prepare


MEASURES: dict[str, MeasureEntry] = {
    "type_token_ratio": MeasureEntry("lexical", _pooled, {"n": 1}, sampled=True),
    "distinct_2": MeasureEntry("lexical", _pooled, {"n": 2}, sampled=True),
    "distinct_3": MeasureEntry("lexical", _pooled, {"n": 3}, sampled=True),
    "self_bleu": MeasureEntry("lexical", _self_bleu),
    "hapax_share": MeasureEntry("lexical", _hapax, sampled=True),
    "moving_average_type_token_ratio": MeasureEntry("lexical", _moving_average),
    "repeated_4gram_share": MeasureEntry("lexical", _repeated, {"n": 4}),
    "unknown_word_share": MeasureEntry("lexical", _unknown, needs="vocabulary"),
    "self_repetition": MeasureEntry("lexical", _self_repetition),
    "compression_ratio": MeasureEntry("lexical", _compression),
    "ngram_vendi_score": MeasureEntry("lexical", _vendi),
    "mean_pairwise_distance": MeasureEntry("semantic", _semantic),
    "weisfeiler_lehman_diversity": MeasureEntry("syntactic", _syntactic),
}


def find_measure(name: str) -> MeasureEntry:
    """The entry of a measure.

    Raises:
        ValueError: no measure has this name.
    """
    if name not in MEASURES:
        raise ValueError(f"There is no measure called {name!r}. Choose from: {', '.join(MEASURES)}.")
    return MEASURES[name]
