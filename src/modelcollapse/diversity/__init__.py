"""Diversity of texts: exact, fast, with intervals. Names are imported when first used, so that none costs the others'."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelcollapse.diversity.compression import compression_ratio as compression_ratio
    from modelcollapse.diversity.contrasts import contrast as contrast
    from modelcollapse.diversity.contrasts import contrast_tables as contrast_tables
    from modelcollapse.diversity.lexical_per_text import (
        moving_average_type_token_ratio as moving_average_type_token_ratio,
    )
    from modelcollapse.diversity.lexical_per_text import repeated_ngram_share as repeated_ngram_share
    from modelcollapse.diversity.lexical_per_text import unknown_word_share as unknown_word_share
    from modelcollapse.diversity.lexical_per_text import vocabulary_of as vocabulary_of
    from modelcollapse.diversity.lexical_pooled import distinct_n as distinct_n
    from modelcollapse.diversity.lexical_pooled import hapax_share as hapax_share
    from modelcollapse.diversity.lexical_pooled import type_token_ratio as type_token_ratio
    from modelcollapse.diversity.lexical_repetition import self_repetition as self_repetition
    from modelcollapse.diversity.lexical_self_bleu import self_bleu as self_bleu
    from modelcollapse.diversity.measurement import measure as measure
    from modelcollapse.diversity.semantic import mean_pairwise_distance as mean_pairwise_distance
    from modelcollapse.diversity.syntactic import weisfeiler_lehman_diversity as weisfeiler_lehman_diversity
    from modelcollapse.diversity.tokenisation import tokenise as tokenise
    from modelcollapse.diversity.vendi import ngram_vendi_score as ngram_vendi_score
    from modelcollapse.diversity.vendi import vendi_score as vendi_score
    from modelcollapse.diversity.vendi import vendi_score_of_kernel as vendi_score_of_kernel

_MODULES = {
    "compression_ratio": "compression",
    "contrast": "contrasts",
    "contrast_tables": "contrasts",
    "distinct_n": "lexical_pooled",
    "hapax_share": "lexical_pooled",
    "mean_pairwise_distance": "semantic",
    "measure": "measurement",
    "moving_average_type_token_ratio": "lexical_per_text",
    "ngram_vendi_score": "vendi",
    "repeated_ngram_share": "lexical_per_text",
    "self_bleu": "lexical_self_bleu",
    "self_repetition": "lexical_repetition",
    "tokenise": "tokenisation",
    "type_token_ratio": "lexical_pooled",
    "unknown_word_share": "lexical_per_text",
    "vendi_score": "vendi",
    "vendi_score_of_kernel": "vendi",
    "vocabulary_of": "lexical_per_text",
    "weisfeiler_lehman_diversity": "syntactic",
}

__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
