"""Types that occur once / types, in the pooled texts."""

from __future__ import annotations

from modelcollapse.diversity.lexical.pooled import prepare_hapax_share
from modelcollapse.diversity.measure_entry import MeasureEntry

MEASURE = MeasureEntry(prepare_hapax_share, unit="share", bounds=(0, 1), more_diverse="higher", sampled=True)
