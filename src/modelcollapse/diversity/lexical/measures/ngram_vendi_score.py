"""Effective number of different texts under the similarity of their n-grams."""

from __future__ import annotations

import math

from modelcollapse.diversity.measure_entry import MeasureEntry
from modelcollapse.diversity.vendi import prepare_ngram_vendi_score

MEASURE = MeasureEntry(prepare_ngram_vendi_score, unit="texts", bounds=(1, math.inf), more_diverse="higher")
