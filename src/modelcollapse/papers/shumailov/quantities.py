"""Quantities that the claims of Shumailov et al. (Nature 2024) may name, and their judge."""

from __future__ import annotations

from functools import partial

from modelcollapse.evidence.judge import judge_claims
from modelcollapse.evidence.language_quantities import LANGUAGE_QUANTITIES
from modelcollapse.evidence.quantities import Registry
from modelcollapse.evidence.simulation_quantities import SIMULATION_QUANTITIES

QUANTITIES = Registry({**LANGUAGE_QUANTITIES, **SIMULATION_QUANTITIES})
judge = partial(judge_claims, QUANTITIES)
"""What the step ``judge-claims`` calls for this paper: ``modelcollapse.evidence.<paper>.judge``."""
