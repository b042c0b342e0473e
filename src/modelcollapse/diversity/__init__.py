"""Diversity of texts: exact, fast, with intervals. Names are imported when first used, so that none costs the others'."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelcollapse.diversity.contrasts import contrast as contrast
    from modelcollapse.diversity.contrasts import contrast_tables as contrast_tables
    from modelcollapse.diversity.lexical.measures.compression_ratio import compression_ratio as compression_ratio
    from modelcollapse.diversity.lexical.measures.self_bleu import self_bleu as self_bleu
    from modelcollapse.diversity.lexical.measures.self_repetition import self_repetition as self_repetition
    from modelcollapse.diversity.lexical.per_text import (
        moving_average_type_token_ratio as moving_average_type_token_ratio,
    )
    from modelcollapse.diversity.lexical.per_text import repeated_ngram_share as repeated_ngram_share
    from modelcollapse.diversity.lexical.per_text import unknown_word_share as unknown_word_share
    from modelcollapse.diversity.lexical.per_text import vocabulary_of as vocabulary_of
    from modelcollapse.diversity.lexical.pooled import distinct_n as distinct_n
    from modelcollapse.diversity.lexical.pooled import hapax_share as hapax_share
    from modelcollapse.diversity.lexical.pooled import type_token_ratio as type_token_ratio
    from modelcollapse.diversity.lexical.tokenisation import tokenise as tokenise
    from modelcollapse.diversity.measurement import measure as measure
    from modelcollapse.diversity.semantic.distance import mean_pairwise_distance as mean_pairwise_distance
    from modelcollapse.diversity.syntactic.distance_of_trees import (
        weisfeiler_lehman_diversity as weisfeiler_lehman_diversity,
    )
    from modelcollapse.diversity.vendi import ngram_vendi_score as ngram_vendi_score
    from modelcollapse.diversity.vendi import vendi_score as vendi_score
    from modelcollapse.diversity.vendi import vendi_score_of_kernel as vendi_score_of_kernel

_MODULES = {
    "compression_ratio": "lexical.measures.compression_ratio",
    "contrast": "contrasts",
    "contrast_tables": "contrasts",
    "distinct_n": "lexical.pooled",
    "hapax_share": "lexical.pooled",
    "mean_pairwise_distance": "semantic.distance",
    "measure": "measurement",
    "moving_average_type_token_ratio": "lexical.per_text",
    "ngram_vendi_score": "vendi",
    "repeated_ngram_share": "lexical.per_text",
    "self_bleu": "lexical.measures.self_bleu",
    "self_repetition": "lexical.measures.self_repetition",
    "tokenise": "lexical.tokenisation",
    "type_token_ratio": "lexical.pooled",
    "unknown_word_share": "lexical.per_text",
    "vendi_score": "vendi",
    "vendi_score_of_kernel": "vendi",
    "vocabulary_of": "lexical.per_text",
    "weisfeiler_lehman_diversity": "syntactic.distance_of_trees",
}

__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
