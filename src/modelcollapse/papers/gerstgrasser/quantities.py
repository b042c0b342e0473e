"""Quantities that the claims of Gerstgrasser et al. (COLM 2024) and its sequel may name."""

from __future__ import annotations

from modelcollapse.evidence.quantities import Registry
from modelcollapse.evidence.simulation_quantities import SIMULATION_QUANTITIES
from modelcollapse.papers.gerstgrasser.accumulation_quantities import ACCUMULATION_QUANTITIES

QUANTITIES = Registry({**SIMULATION_QUANTITIES, **ACCUMULATION_QUANTITIES})
