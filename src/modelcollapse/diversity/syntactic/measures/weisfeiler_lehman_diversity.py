"""Mean distance between the dependency trees of all pairs of sentences."""

from __future__ import annotations

from modelcollapse.diversity.measure_entry import MeasureEntry
from modelcollapse.diversity.syntactic.distance_of_trees import prepare

MEASURE = MeasureEntry(prepare, unit="1 - kernel", bounds=(0, 1), more_diverse="higher")
