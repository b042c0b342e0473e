"""Mean distance between the embedded sentences of all pairs."""

from __future__ import annotations

from modelcollapse.diversity.measure_entry import MeasureEntry
from modelcollapse.diversity.semantic.distance import prepare

MEASURE = MeasureEntry(prepare, unit="1 - cosine", bounds=(0, 2), more_diverse="higher")
