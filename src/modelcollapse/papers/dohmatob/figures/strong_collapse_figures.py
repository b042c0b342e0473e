"""Figures and tables of strong collapse: the theory's lines over simulated points with 95 % intervals."""

from __future__ import annotations

from functools import partial

from modelcollapse.papers.dohmatob.figures.error_by_samples import draw_error_by_samples, draw_floors
from modelcollapse.papers.dohmatob.figures.error_by_width import (
    draw_amplification,
    draw_double_descent,
    draw_error_by_width,
    draw_pareto,
)
from modelcollapse.papers.dohmatob.figures.mixing import draw_iterative_mixing, draw_weighted_mixing
from modelcollapse.papers.dohmatob.figures.theorem_figures import (
    draw_finite_size,
    draw_generations,
    draw_tails,
    draw_theorems,
)
from modelcollapse.papers.dohmatob.figures.theory_tables import tabulate_experiments

FIGURES = {
    "theorems": draw_theorems,
    "finite_size": draw_finite_size,
    "error_by_samples": draw_error_by_samples,
    "floors": draw_floors,
    "pareto": draw_pareto,
    "double_descent": draw_double_descent,
    "error_by_width": draw_error_by_width,
    "amplification": draw_amplification,
    "weighted_mixing": draw_weighted_mixing,
    "iterative_mixing": draw_iterative_mixing,
    "generations": draw_generations,
    "tails": draw_tails,
}
EXPERIMENTS = {
    "theorem_1": ("ridge_mixture", "finite_size"),
    "theorem_2": ("projection_mixture", "plain_mixture"),
    "samples": ("error_by_samples",),
    "widths": ("error_by_width", "double_descent"),
    "mixing": ("weighted_mixing", "optimal_weight", "iterative_mixing"),
    "generations": ("generations", "adaptive_ridge"),
    "tails": ("tails",),
}
"""Table -> the experiments it is made from."""
TABLES = {table: partial(tabulate_experiments, experiments) for table, experiments in EXPERIMENTS.items()}
