"""Distinct 2-grams / running 2-grams in the pooled texts."""

from __future__ import annotations

from modelcollapse.diversity.lexical.pooled import prepare_distinct_n
from modelcollapse.diversity.measure_entry import MeasureEntry

MEASURE = MeasureEntry(
    prepare_distinct_n, unit="share", bounds=(0, 1), more_diverse="higher", options={"n": 2}, sampled=True
)
