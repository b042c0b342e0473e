"""Quantities that the claims of Dohmatob et al. (ICLR 2025) may name."""

from __future__ import annotations

from modelcollapse.evidence.quantities import Registry
from modelcollapse.papers.dohmatob.image_quantities import IMAGE_QUANTITIES
from modelcollapse.papers.dohmatob.mixing_quantities import MIXING_QUANTITIES
from modelcollapse.papers.dohmatob.strong_collapse_quantities import STRONG_COLLAPSE_QUANTITIES

QUANTITIES = Registry({**STRONG_COLLAPSE_QUANTITIES, **MIXING_QUANTITIES, **IMAGE_QUANTITIES})
