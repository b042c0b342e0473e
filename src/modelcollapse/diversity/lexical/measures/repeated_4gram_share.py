"""Share of a text's 4-grams of words that occurred before in it, mean over texts."""

from __future__ import annotations

from modelcollapse.diversity.lexical.per_text import prepare_repeated_ngram_share
from modelcollapse.diversity.measure_entry import MeasureEntry

MEASURE = MeasureEntry(
    prepare_repeated_ngram_share, unit="share", bounds=(0, 1), more_diverse="lower", options={"n": 4}
)
