"""The step that simulates one theory experiment and writes it beside its closed forms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from modelcollapse.papers.shumailov.settings import TheorySettings
from modelcollapse.papers.shumailov.simulations import discrete_theory as theory_discrete
from modelcollapse.papers.shumailov.simulations import gaussian_theory as theory_gaussian
from modelcollapse.runtime.parquet import write_parquet
from modelcollapse.simulation.rows import Rows

EXPERIMENTS: dict[str, Callable[[TheorySettings], Rows]] = {
    "discrete": theory_discrete.simulate_laws,
    "expressivity": theory_discrete.fit_by_population_moments,
    "gaussian_unbiased": theory_gaussian.simulate_unbiased,
    "gaussian_growth": theory_gaussian.simulate_growth,
    "gaussian_loop": theory_gaussian.simulate_loop,
    "gaussian_pool": theory_gaussian.simulate_pools,
    "gaussian_multivariate": theory_gaussian.simulate_dimensions,
    "single_fit": theory_gaussian.simulate_single_fits,
}

NOTES = {
    "gaussian_loop": "ddof=0; means of the variance are carried by rare chains once generations exceed samples",
    "gaussian_pool": "ddof=0; the fixed-size draw has no closed form here",
    "single_fit": "the notebook's figure titled mu_hat shows numpy.std of each fit: compare with mean_of_sd",
    "expressivity": "simulated: integration on a grid; no chance involved",
}


def run_theory(experiment: str, settings: TheorySettings, outputs: dict[str, Path]) -> None:
    """Simulate one experiment.

    Args:
        experiment: a name in ``EXPERIMENTS``.
        settings: replicates, lengths and seed.
        outputs: ``table``: Parquet with the columns of ``theory_rows.SCHEMA``; a generation is a number of fits made.

    Raises:
        ValueError: an unknown experiment.
    """
    if experiment not in EXPERIMENTS:
        raise ValueError(f"There is no theory experiment {experiment!r}: expected one of {', '.join(EXPERIMENTS)}.")
    rows = EXPERIMENTS[experiment](settings)
    facts = {
        "paper": "shumailov",
        "experiment": experiment,
        "settings": settings.model_dump(),
        "note": NOTES.get(experiment, ""),
    }
    write_parquet(rows.table(), outputs["table"], facts)
