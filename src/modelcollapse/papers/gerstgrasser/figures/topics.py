"""Figures and tables of replaced and accumulated data: theory lines over simulated points with intervals."""

from __future__ import annotations

from modelcollapse.papers.gerstgrasser.figures.refitted_densities import (
    draw_discrete,
    draw_gaussian,
    draw_gaussian_grid,
    tabulate_discrete,
    tabulate_gaussian,
    tabulate_gaussian_grid,
)
from modelcollapse.papers.gerstgrasser.figures.refitted_kde import (
    draw_kde,
    draw_kde_variance,
    tabulate_kde,
    tabulate_kde_variance,
)
from modelcollapse.papers.gerstgrasser.figures.refitted_regressions import (
    draw_linear,
    draw_linear_gap,
    tabulate_linear,
    tabulate_linear_grid,
)

__all__ = [
    "draw_discrete",
    "draw_gaussian",
    "draw_gaussian_grid",
    "draw_kde",
    "draw_kde_variance",
    "draw_linear",
    "draw_linear_gap",
    "tabulate_discrete",
    "tabulate_gaussian",
    "tabulate_gaussian_grid",
    "tabulate_kde",
    "tabulate_kde_variance",
    "tabulate_linear",
    "tabulate_linear_grid",
]
