"""Share of running tokens that a reference vocabulary lacks."""

from __future__ import annotations

from modelcollapse.diversity.lexical.per_text import prepare_unknown_word_share
from modelcollapse.diversity.measure_entry import MeasureEntry

MEASURE = MeasureEntry(
    prepare_unknown_word_share, unit="share", bounds=(0, 1), more_diverse="higher", needs="vocabulary"
)
