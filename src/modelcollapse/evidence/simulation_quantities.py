"""Quantities of Gaussian mixtures, variational autoencoders and theory simulations."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from modelcollapse.evidence.estimates import Estimate, fixed
from modelcollapse.evidence.intervals import (
    chi_square_distance,
    quantile_estimate,
    seed_contrast,
    simulation_estimate,
    slope_over_generations,
    two_sample_contrast,
)
from modelcollapse.evidence.quantities import Registry
from modelcollapse.measures.paper_data import NotAvailable, PaperData

SIMULATION_QUANTITIES = Registry()
quantity = SIMULATION_QUANTITIES.register
Generation = str | int
"""A number, or ``last``."""


@quantity("median over chains of the squared L2 distance to the truth, in units of the truth's own squared norm, of the "
          "mixture {mixture} at generation {generation}", "normalised L2")  # fmt: skip
def mixture_distance(data: PaperData, mixture: str, generation: Generation) -> list[Estimate]:
    """How wrong the fit is."""
    values, number = _column(data.table("mixture", mixture), "normalised_l2_to_truth", generation)
    return [quantile_estimate(values, seeds=values.index, label=f"{mixture}, generation {number}")]


@quantity("median over chains of the growth of the normalised squared L2 distance to the truth of the mixture {mixture} "
          "from generation 0 to {generation}", "normalised L2")  # fmt: skip
def mixture_distance_growth(data: PaperData, mixture: str, generation: Generation) -> list[Estimate]:
    """How much more wrong the fit is than the first one."""
    chains = data.table("mixture", mixture)
    values, number = _column(chains, "normalised_l2_to_truth", generation)
    growth = values - _column(chains, "normalised_l2_to_truth", 0)[0]
    return [quantile_estimate(growth, seeds=growth.index, label=f"{mixture}, generation {number} - 0")]


@quantity("median over chains of ln(trace of the sample covariance of the mixture {mixture} at generation {generation} / "
          "at generation 0)", "log ratio")  # fmt: skip
def mixture_log_trace_ratio(data: PaperData, mixture: str, generation: Generation) -> list[Estimate]:
    """Loss of variance."""
    chains = data.table("mixture", mixture)
    values, number = _column(chains, "trace_covariance", generation)
    ratio = np.log(values / _column(chains, "trace_covariance", 0)[0])
    return [quantile_estimate(ratio, seeds=ratio.index, label=f"{mixture}, generation {number} / 0")]


@quantity("median over chains of the slope of ln(squared L2 distance to the first fit) on ln(generation), mixture "
          "{mixture} (recorded generations: 1 to 200, then every 25th)", "log-log slope")  # fmt: skip
def mixture_distance_trend(data: PaperData, mixture: str) -> list[Estimate]:
    """Growth of the distance over the recorded generations >= 1, fitted in each chain."""
    chains = data.table("mixture", mixture)
    table = chains[chains["generation"] >= 1].pivot(
        index="seed", columns="generation", values="squared_l2_to_first_fit"
    )
    if table.shape[1] < 3:
        raise NotAvailable(f"the mixture '{mixture}' has only {table.shape[1]} generations; a trend needs 3")
    at = np.log(table.columns.to_numpy(dtype=np.float64))
    weights = (at - at.mean()) / np.sum((at - at.mean()) ** 2)
    slopes = np.log(_positive(table, mixture)) @ weights
    return [quantile_estimate(slopes, seeds=table.index, label=f"{mixture}, slope")]


@quantity("mean over chains of ln(squared L2 distance to the first fit) of the mixture {mixture} minus that of {other}, "
          "generation {generation}", "log ratio")  # fmt: skip
def mixture_log_distance_difference(
    data: PaperData, mixture: str, other: str, generation: Generation
) -> list[Estimate]:
    """Which of two independent mixtures has moved farther."""
    values = [
        np.log(_positive(_column(data.table("mixture", name), "squared_l2_to_first_fit", generation)[0], name))
        for name in (mixture, other)
    ]
    return [two_sample_contrast(*values, label=f"{mixture} - {other}, generation {generation}")]


@quantity("median over chains of ln(squared L2 distance to the first fit) of the mixture {mixture} at generation "
          "{generation}", "log distance")  # fmt: skip
def mixture_log_distance(data: PaperData, mixture: str, generation: Generation) -> list[Estimate]:
    """Absolute distance, for the published plot."""
    values, number = _column(data.table("mixture", mixture), "squared_l2_to_first_fit", generation)
    logs = np.log(_positive(values, mixture))
    return [quantile_estimate(logs, seeds=values.index, label=f"{mixture}, generation {number}")]


@quantity("{column} of the VAE at generation {generation}; generations up to {through}", "as measured")
def vae_value(data: PaperData, column: str, generation: Generation, through: int | None = None) -> list[Estimate]:
    """A measure at one generation, or at ``each`` generation >= 1 up to ``through``."""
    chains = data.tables("vae")
    if generation != "each":
        values, number = _column(chains, column, generation)
        return [seed_contrast(values, list(values.index), f"generation {number}")]
    later = _later(chains, through)
    return [vae_value(data, column, number)[0] for number in later]


@quantity(
    "{column} of the VAE at generation {generation} minus that at generation {reference_generation}", "as measured"
)
def vae_change(
    data: PaperData, column: str, generation: Generation = "last", reference_generation: int = 0
) -> list[Estimate]:
    """Change of a measure within each chain."""
    chains = data.tables("vae")
    values, number = _column(chains, column, generation)
    change = values - _column(chains, column, reference_generation)[0]
    return [seed_contrast(change, list(change.index), f"generation {number} - {reference_generation}")]


@quantity("ln({column} of the VAE at generation {generation} / at generation {reference_generation})", "log ratio")
def vae_log_ratio(
    data: PaperData, column: str, generation: Generation = "last", reference_generation: int = 0
) -> list[Estimate]:
    """Relative change of a positive measure within each chain."""
    chains = data.tables("vae")
    values, number = _column(chains, column, generation)
    reference = _column(chains, column, reference_generation)[0]
    ratio = np.log(_positive(values, "vae")) - np.log(_positive(reference, "vae"))
    return [seed_contrast(ratio, list(values.index), f"ln generation {number} / {reference_generation}")]


@quantity(
    "slope of ln({column} of the VAE) per generation, fitted in each seed over generations 1 to {through}", "log ratio"
)
def vae_log_trend(data: PaperData, column: str, through: int | None = None) -> list[Estimate]:
    """Trend after the first step."""
    chains = data.tables("vae")
    later = _later(chains, through)
    table = chains[chains["generation"].isin(later)].pivot(index="seed", columns="generation", values=column)
    if table.shape[1] < 3:
        raise NotAvailable(f"there are only {table.shape[1]} generations after the original; a trend needs 3")
    values = np.log(_positive(table, "vae"))
    return [slope_over_generations(values, table.columns, seeds=list(table.index), label=f"{column}, slope")]


@quantity("simulated / exact - 1 for {quantity} of the theory experiment {experiment}, settings: {settings}, generations: "
          "{generations}", "theory")  # fmt: skip
def theory_agreement(
    data: PaperData,
    experiment: str,
    quantity: str,
    settings: str | list[str] = "each",
    generations: Generation = "last",
) -> list[Estimate]:
    """Simulation against the exact formula, relative to the latter."""
    rows = _theory(data, experiment, quantity, settings, generations)
    estimates = []
    for row in rows.itertuples():
        if not (math.isfinite(row.exact) and row.exact != 0):
            raise ValueError(
                f"{experiment}/{quantity} at {_where(row)} has the exact value {row.exact}: expected non-zero."
            )
        error = row.standard_error / abs(row.exact)
        estimates.append(simulation_estimate(row.simulated / row.exact - 1, error, row.replicates, _where(row)))
    return estimates


@quantity("published formula / exact - 1 for {quantity} of the theory experiment {experiment}, settings: {settings}, "
          "generations: {generations}, where generations / samples <= {largest_ratio}", "theory")  # fmt: skip
def formula_agreement(
    data: PaperData,
    experiment: str,
    quantity: str,
    settings: str | list[str] = "each",
    generations: Generation = "each",
    largest_ratio: float | None = None,
) -> list[Estimate]:
    """The paper's formula against the exact one; no chance involved."""
    rows = _theory(data, experiment, quantity, settings, generations)
    if largest_ratio is not None:
        rows = rows[rows["generation"] / rows["samples"] <= largest_ratio]
    rows = rows[rows["paper_formula"].notna()]
    if rows.empty:
        raise NotAvailable(f"the theory experiment '{experiment}' has no published formula for '{quantity}' there")
    return [fixed(row.paper_formula / row.exact - 1, _where(row)) for row in rows.itertuples()]


@quantity("simulated {quantity} of the theory experiment {experiment}, settings: {settings}, generations: {generations}",
          "as simulated")  # fmt: skip
def simulated_value(
    data: PaperData,
    experiment: str,
    quantity: str,
    settings: str | list[str] = "each",
    generations: Generation = "last",
) -> list[Estimate]:
    """A simulated mean."""
    rows = _theory(data, experiment, quantity, settings, generations)
    return [
        # without spread there is nothing to replicate
        simulation_estimate(row.simulated, row.standard_error, row.replicates, _where(row))
        if row.standard_error > 0
        else fixed(row.simulated, _where(row))
        for row in rows.itertuples()
    ]


@quantity("simulated {quantity} of the theory experiment {experiment} at generation {generation} minus that at generation "
          "{reference_generation}, setting {setting}", "as simulated")  # fmt: skip
def simulated_change(
    data: PaperData, experiment: str, quantity: str, setting: str, generation: Generation, reference_generation: int
) -> list[Estimate]:
    """A change over generations; errors are added as if perfectly anticorrelated, the widest case."""
    later = _one(_theory(data, experiment, quantity, [setting], generation))
    earlier = _one(_theory(data, experiment, quantity, [setting], reference_generation))
    error = later.standard_error + earlier.standard_error
    label = f"{setting}, generation {later.generation} - {earlier.generation}"
    return [simulation_estimate(later.simulated - earlier.simulated, error, later.replicates, label)]


@quantity("ln(simulated {quantity} in the setting {setting} / in {other}) of the theory experiment {experiment}, "
          "generation {generation}", "log ratio")  # fmt: skip
def simulated_log_ratio(
    data: PaperData, experiment: str, quantity: str, setting: str, other: str, generation: Generation = "last"
) -> list[Estimate]:
    """Two independent simulations compared; standard errors by the delta method."""
    rows = [_one(_theory(data, experiment, quantity, [name], generation)) for name in (setting, other)]
    if min(row.simulated for row in rows) <= 0:
        raise ValueError(f"{experiment}/{quantity} must be positive to be compared as a ratio.")
    error = math.hypot(*(row.standard_error / row.simulated for row in rows))
    value = math.log(rows[0].simulated / rows[1].simulated)
    replicates = min(row.replicates for row in rows)
    return [simulation_estimate(value, error, replicates, f"{setting} / {other}, generation {rows[0].generation}")]


@quantity("growth of the exact {quantity} of {experiment}, {setting}, in its last doubling of generations over growth in "
          "the doubling before: below 1 it has a finite limit", "ratio")  # fmt: skip
def doubling_ratio(data: PaperData, experiment: str, quantity: str, setting: str) -> list[Estimate]:
    """(f(n) - f(n/2)) / (f(n/2) - f(n/4)) at the largest n for which all three are there; no chance involved.

    2 for linear growth, 1 for logarithmic growth, 2^-a where the increments fall like n^-(1+a), a > 0.
    """
    rows = _theory(data, experiment, quantity, [setting], "each")
    exact = dict(zip(rows["generation"].tolist(), rows["exact"].tolist(), strict=True))
    last = max((n for n in exact if n % 4 == 0 and n // 2 in exact and n // 4 in exact and n > 0), default=None)
    if last is None:
        raise NotAvailable(f"the theory experiment '{experiment}' has no generations n/4, n/2 and n for '{setting}'")
    late, early = exact[last] - exact[last // 2], exact[last // 2] - exact[last // 4]
    return [fixed(late / early, f"{setting}, generations {last // 4}, {last // 2}, {last}")]


@quantity("rms relative deviation of the shares {quantity}* of {experiment} from their probabilities (chi-square "
          "distance), settings: {settings}", "theory")  # fmt: skip
def absorption_distance(
    data: PaperData, experiment: str, quantity: str, settings: str | list[str] = "each"
) -> list[Estimate]:
    """Chi-square distance of simulated shares from exact probabilities; one row per state, named by a prefix."""
    table = data.table("theory", experiment)
    rows = _settings(table[table["quantity"].str.startswith(quantity)], experiment, settings)
    if rows.empty:
        raise NotAvailable(f"the theory experiment '{experiment}' has no quantities that begin with '{quantity}'")
    estimates = []
    for setting, group in rows.groupby("setting", sort=False):
        at_end = group[group["generation"] == group["generation"].max()]
        replicates = int(at_end["replicates"].iloc[0])
        estimates.append(chi_square_distance(at_end["simulated"], at_end["exact"], replicates, str(setting)))
    return estimates


def _column(chains: pd.DataFrame, column: str, generation: Generation) -> tuple[pd.Series, int]:
    """One value per seed at a generation, and its number."""
    number = int(chains["generation"].max()) if generation == "last" else int(generation)
    rows = chains[chains["generation"] == number].set_index("seed")[column].sort_index()
    if rows.empty:
        raise NotAvailable(f"generation {number} was not reached (the last is {int(chains['generation'].max())})")
    if len(rows) != chains["seed"].nunique() or rows.isna().any():
        raise ValueError(
            f"'{column}' is missing for some chains at generation {number}: delete the files and run again."
        )
    return rows.astype(np.float64), number


def _later(chains: pd.DataFrame, through: int | None) -> list[int]:
    numbers = sorted(int(number) for number in chains["generation"].unique() if number >= 1)
    if through is not None and (not numbers or numbers[-1] < through):
        raise NotAvailable(f"generation {through} was not reached")
    return [number for number in numbers if through is None or number <= through]


def _positive(values: pd.Series | pd.DataFrame, name: str) -> np.ndarray:
    array = values.to_numpy(dtype=np.float64)
    if not np.all(array > 0):
        raise ValueError(f"'{name}' has values that are not positive, so that their logarithm does not exist.")
    return array


def _theory(
    data: PaperData, experiment: str, name: str, settings: str | list[str], generations: Generation
) -> pd.DataFrame:
    table = data.table("theory", experiment)
    rows = _settings(table[table["quantity"] == name], experiment, settings)
    if generations == "last":
        rows = rows[rows["generation"] == rows.groupby("setting")["generation"].transform("max")]
    elif generations == "each":
        rows = rows[rows["generation"] >= 1]
    else:
        rows = rows[rows["generation"] == generations]
    if rows.empty:
        raise NotAvailable(f"the theory experiment '{experiment}' has no '{name}' at generation {generations}")
    return rows


def _settings(rows: pd.DataFrame, experiment: str, settings: str | list[str]) -> pd.DataFrame:
    if settings == "each":
        return rows
    for setting in settings:
        if setting not in set(rows["setting"]):
            raise NotAvailable(f"the theory experiment '{experiment}' has no setting '{setting}'")
    return rows[rows["setting"].isin(settings)]


def _one(rows: pd.DataFrame):
    if len(rows) != 1:
        raise ValueError(
            f"One row was expected, but there are {len(rows)}: {rows[['setting', 'generation']].to_dict()}"
        )
    return next(rows.itertuples())


def _where(row) -> str:
    return f"{row.setting}, generation {row.generation}"
