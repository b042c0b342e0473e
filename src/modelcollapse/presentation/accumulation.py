"""Figures and tables of replaced and accumulated data: theory lines over simulated points with intervals."""

from __future__ import annotations

from modelcollapse.presentation.accumulation_linear import draw_linear, tabulate_linear, tabulate_linear_grid

__all__ = ["draw_linear", "tabulate_linear", "tabulate_linear_grid"]
