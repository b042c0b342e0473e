"""Mean share of distinct tokens in all windows of running tokens inside texts."""

from __future__ import annotations

from modelcollapse.diversity.lexical.per_text import prepare_moving_average_type_token_ratio
from modelcollapse.diversity.measure_entry import MeasureEntry

MEASURE = MeasureEntry(prepare_moving_average_type_token_ratio, unit="share", bounds=(0, 1), more_diverse="higher")
