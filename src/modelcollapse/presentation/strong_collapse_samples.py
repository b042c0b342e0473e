"""Error by number of samples: Fig. 3 of Dohmatob et al., the floors, and where they become visible."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from modelcollapse.presentation.strong_collapse_points import draw_points, read_parts, replicates, with_error
from modelcollapse.presentation.style import MARKERS, generation_colours, legend_below, new_figure, save_figure
from modelcollapse.regression.strong_collapse_closed_forms import crossover_samples, floor, isotropic_ridgeless

QUALITY, NOISE = 1.0, 0.25


def draw_error_by_samples(tables: Mapping[str, Path], outputs: dict[str, Path]) -> None:
    """Test error by n for every share of synthetic data: Corollary 1 as lines, simulated designs as points."""
    rows = with_error(read_parts(tables["error_by_samples"]), QUALITY, NOISE)
    figure, (axes,) = new_figure(1, 1, width=6.5, height=4.8)
    axis = axes[0]
    shares = sorted(rows.synthetic_share.unique())
    d = int(rows.dimension.iloc[0])
    n = np.geomspace(rows.samples.min(), rows.samples.max(), 400)
    for place, (share, colour) in enumerate(zip(shares, generation_colours(len(shares)), strict=True)):
        label = "p2 = 0: real data alone" if share == 0 else f"p2 = {share:g}"
        axis.plot(n, isotropic_ridgeless(d, n, share, QUALITY, NOISE).total, color=colour, linewidth=1.2)
        draw_points(
            axis, rows[rows.synthetic_share == share], "samples", colour, MARKERS[place % len(MARKERS)], label=label
        )
        if share > 0:
            where = crossover_samples(d, share, QUALITY, NOISE)
            if n[0] < where < n[-1]:
                axis.plot(where, 2 * floor(share, QUALITY), "|", color=colour, markersize=14, markeredgewidth=1.5)
    axis.plot([], [], "|", color="black", markersize=10, label="cross-over sample size")
    axis.plot([], [], color="black", linewidth=1.2, label="Corollary 1")
    axis.set(
        xscale="log",
        yscale="log",
        xlabel="samples n, real and synthetic",
        ylabel="test error on real data",
        title=f"d = {d}, identity covariance, c² = {QUALITY:g}, σ² = {NOISE:g}; {replicates(rows)}, 95 % intervals",
    )
    legend_below(figure, axis, columns=3)
    save_figure(figure, outputs)
