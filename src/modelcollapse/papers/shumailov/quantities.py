"""Quantities that the claims of Shumailov et al. (Nature 2024) may name."""

from __future__ import annotations

from modelcollapse.evidence.language_quantities import LANGUAGE_QUANTITIES
from modelcollapse.evidence.quantities import Registry
from modelcollapse.evidence.simulation_quantities import SIMULATION_QUANTITIES

QUANTITIES = Registry({**LANGUAGE_QUANTITIES, **SIMULATION_QUANTITIES})
