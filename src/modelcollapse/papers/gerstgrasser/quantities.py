"""Quantities that the claims of Gerstgrasser et al. (COLM 2024) and its sequel may name, and their judge."""

from __future__ import annotations

from functools import partial

from modelcollapse.evidence.judge import judge_claims
from modelcollapse.evidence.quantities import Registry
from modelcollapse.evidence.simulation_quantities import SIMULATION_QUANTITIES
from modelcollapse.papers.gerstgrasser.accumulation_quantities import ACCUMULATION_QUANTITIES

QUANTITIES = Registry({**SIMULATION_QUANTITIES, **ACCUMULATION_QUANTITIES})
judge = partial(judge_claims, QUANTITIES)
"""What the step ``judge-claims`` calls for this paper: ``modelcollapse.evidence.<paper>.judge``."""
