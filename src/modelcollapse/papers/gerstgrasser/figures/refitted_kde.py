"""Figures and tables of refitted kernel density estimates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from modelcollapse.measures.paper_data import NotAvailable, PaperData
from modelcollapse.papers.gerstgrasser.figures.regime_points import (
    HALF_WIDTH,
    REGIME_COLOURS,
    REGIME_MARKERS,
    REGIMES,
    add_key,
    regimes_over_iterations,
    rows_of,
    write_comparison,
)
from modelcollapse.papers.gerstgrasser.settings import KdeChainSettings
from modelcollapse.presentation.style import hide_unused, legend_below, new_figure, save_figure
from modelcollapse.presentation.tables import read_columns, write_table

COLUMNS = ("regime", "iteration", "seed", "test_loss", "limit")
ACROSS = 4
SEQUEL = {
    ("circles", 0.1, 10): ((4.49, 37.2, 113.7), (4.49, 9.32, 11.7), (4.49, 2.93, 2.00)),
    ("circles", 0.1, 100): ((1.036, 2.81, 17.0), (1.036, 1.406, 1.607), (1.036, 1.237, 1.375)),
    ("circles", 0.1, 1000): ((1.016, 1.656, 2.76), (1.016, 1.211, 1.366), (1.016, 1.198, 1.349)),
    ("circles", 0.5, 1000): ((1.948, 3.07, 5.16), (1.948, 2.315, 2.593), (1.948, 2.315, 2.593)),
    ("moons", 0.1, 100): ((0.731, 3.18, 21.9), (0.731, 1.304, 1.615), (0.731, 1.120, 1.364)),
    ("swiss_roll", 0.5, 100): ((18.4, 57.2, 194.0), (18.4, 27.7, 28.0), (18.4, 15.3, 12.2)),
    ("swiss_roll", 1.0, 1000): ((8.57, 10.2, 13.2), (8.57, 9.17, 9.50), (8.57, 9.03, 9.31)),
}
"""Data, bandwidth, N -> the sequel's test losses by regime at iterations 1, 10 and 100: means of 100 seeds, read off its
vector figures."""


def draw_kde(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Test loss by iteration and regime, one panel per estimate; lines: infinitely many samples; crosses: the sequel."""
    chains = _chains(data)
    lines = -(-len(chains) // ACROSS)
    figure, axes = new_figure(lines, min(ACROSS, len(chains)), width=10.0, height=2.7 * lines + 0.6)
    for axis, (name, settings) in zip(axes.flat, chains.items(), strict=False):
        frame = read_columns(data, "kde", name, COLUMNS)
        paper = sequel_losses(settings)
        for regime in REGIMES:
            grouped = frame[frame.regime == regime].groupby("iteration")
            mean, half = grouped.test_loss.mean(), HALF_WIDTH * grouped.test_loss.sem().fillna(0)
            colour, marker = REGIME_COLOURS[regime], REGIME_MARKERS[regime]
            axis.errorbar(mean.index, mean, half, fmt=marker, markersize=3.5, color=colour, elinewidth=1)
            axis.plot(mean.index, grouped.limit.first(), color=colour, linewidth=1)
            if paper:
                axis.plot((1, 10, 100), paper[regime], "x", color="black", markersize=5, zorder=3)
        axis.set(title=_title(settings), xlabel="iteration", xscale="log", yscale="log")
    hide_unused(axes, len(chains))
    for line in axes:
        line[0].set_ylabel("test loss [nats]")
    add_key(axes[0, 0], REGIMES, "infinitely many samples, exact")
    axes[0, 0].plot([], [], "x", color="black", label="the sequel's means")
    legend_below(figure, axes[0, 0], columns=5)
    save_figure(figure, outputs)


def _chains(data: PaperData) -> dict[str, KdeChainSettings]:
    """Settings of the estimates that were run, by name.

    Raises:
        NotAvailable: there is none.
    """
    chains = {
        name: chain for name, chain in data.settings.theory.kde_chains.items() if name in data.files.get("kde", {})
    }
    if not chains:
        raise NotAvailable("no kernel density estimate was run: name some under gerstgrasser.theory.kde_chains")
    return chains


def sequel_losses(settings: KdeChainSettings) -> dict[str, tuple[float, ...]]:
    """The sequel's losses of this estimate by regime; empty where it reports none."""
    found = SEQUEL.get((settings.data, settings.bandwidth, settings.samples), ())
    return dict(zip(REGIMES, found, strict=False))


def _title(settings: KdeChainSettings) -> str:
    name, width = settings.data.replace("_", " "), settings.bandwidth
    return f"{name}, {width if isinstance(width, str) else f'h = {width:g}'}, N = {settings.samples}"


def draw_kde_variance(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Variance added to the real distribution by iteration and regime, one panel per bandwidth."""
    rows = rows_of(data, "kde_variance", "added_variance")
    names = list(dict.fromkeys(rows.setting.str.partition(", ")[0]))
    figure, (axes,) = new_figure(1, len(names), width=9.0, height=3.3)
    for axis, name in zip(axes, names, strict=True):
        regimes_over_iterations(axis, rows, {regime: f"{name}, {regime}" for regime in REGIMES})
        axis.set(title=name.replace("=", " = "), xlabel="iteration", xscale="log", yscale="log")
    axes[0].set_ylabel("variance added per dimension")
    add_key(axes[0], REGIMES, "exact")
    legend_below(figure, axes[0], columns=4)
    save_figure(figure, outputs)


def tabulate_kde(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Test losses at the recorded iterations: mean, standard error and median over seeds, limit, the sequel's mean."""
    parts = []
    for name, settings in _chains(data).items():
        frame = read_columns(data, "kde", name, COLUMNS)
        paper = sequel_losses(settings)
        grouped = frame.groupby(["regime", "iteration"], sort=False)
        loss = grouped.test_loss
        table = pd.DataFrame(
            {
                "mean": loss.mean(),
                "standard_error": loss.sem(),
                "median": loss.median(),
                "limit": grouped.limit.first(),
                "seeds": loss.size(),
            }
        ).reset_index()
        reported = [dict(zip((1, 10, 100), paper.get(row.regime, ()), strict=False)) for row in table.itertuples()]
        table["sequel"] = [values.get(number) for values, number in zip(reported, table.iteration, strict=True)]
        table.insert(0, "estimate", name)
        parts.append(table)
    frame = pd.concat(parts, ignore_index=True)
    write_table(frame.astype({"sequel": float}), outputs)


def tabulate_kde_variance(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Added variance beside its exact value at all recorded iterations."""
    write_comparison(rows_of(data, "kde_variance", "added_variance", "median_added_variance"), outputs)


FIGURES = {"kde": draw_kde, "kde_variance": draw_kde_variance}
TABLES = {"kde": tabulate_kde, "kde_variance": tabulate_kde_variance}
