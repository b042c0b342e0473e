"""Simulations of refitted least squares at a cost per iteration that does not grow (Gerstgrasser et al., section 3).

All errors are in whitened coordinates u = Sigma^1/2 (w - w*) and at noise variance 1: the test error |u|^2 does not
depend on Sigma or w*, and the noise variance only scales it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelcollapse.regression.accumulation import check_design_size, check_iterations
from modelcollapse.simulation.draws import draw_without_replacement

NUMBERS_AT_ONCE = 1 << 21
"""Numbers that are held together (16 MB)."""
RECURSIVE = ("replace", "accumulate", "replace_growing")
"""Regimes whose fits are a weighted sum of past noise."""


@dataclass(frozen=True)
class ErrorPaths:
    """Test errors at noise variance 1."""

    iterations: np.ndarray
    """[n], counted from 1."""
    errors: dict[str, np.ndarray]
    """Regime -> |w - w*|^2_Sigma, [n, designs, streams]; all regimes of a design share it and its noise."""
    given_design: np.ndarray
    """tr((X'X)^-1) of each design, [designs]: the expectation over noise at iteration 1."""


def simulate_recursions(
    dimension: int,
    samples: int,
    iterations: int,
    designs: int,
    random: np.random.Generator,
    record: Sequence[int] | None = None,
    streams: int = 1,
) -> ErrorPaths:
    """replace, accumulate and replace_growing by their recursions.

    Exact without drawing rows or labels: X'X is Wishart, A A' with Bartlett's triangular A, and X^+ E given X is
    N(0, (X'X)^-1), so A'^-1 z with standard normal z. Replace adds it, accumulate adds it divided by i, and
    replace_growing (the mean of i such draws) divided by sqrt(i).

    Args:
        dimension: d.
        samples: T >= d + 2.
        iterations: n.
        designs: independent designs.
        random: the stream.
        record: iterations whose errors are kept; default: all.
        streams: independent sequences of noise on each design.

    Raises:
        ValueError: T < d + 2, or impossible numbers.
    """
    kept = _check(dimension, samples, iterations, designs, streams, record)
    steps = np.arange(1, iterations + 1)
    weights = {"replace": np.ones(iterations), "accumulate": 1 / steps, "replace_growing": steps**-0.5}
    errors = {regime: np.empty((len(kept), designs, streams)) for regime in RECURSIVE}
    given_design = np.empty(designs)
    together = max(1, NUMBERS_AT_ONCE // (dimension * iterations * streams + dimension**2))
    for start in range(0, designs, together):
        part = slice(start, min(start + together, designs))
        count = part.stop - part.start
        triangular = _bartlett(dimension, samples, count, random)
        inverse = np.linalg.inv(triangular).swapaxes(1, 2)
        given_design[part] = np.sum(inverse**2, axis=(1, 2))
        normal = random.standard_normal((count, dimension, streams * iterations))
        noise = (inverse @ normal).reshape(count, dimension, streams, iterations)
        for regime, weight in weights.items():
            moved = np.cumsum(noise * weight, axis=-1)[..., kept - 1]
            errors[regime][:, part] = np.sum(moved**2, axis=1).transpose(2, 0, 1)
    return ErrorPaths(kept, errors, given_design)


def simulate_subsample(
    dimension: int,
    samples: int,
    iterations: int,
    designs: int,
    random: np.random.Generator,
    record: Sequence[int] | None = None,
    streams: int = 1,
) -> ErrorPaths:
    """accumulate_subsample: every fit uses T rows drawn without replacement from all labels so far.

    The pool holds labels only (rows are those of X again), so that an iteration costs the same however large the pool is.
    Streams of one design share its draws, and so the factor of each fit. Where a draw has fewer than d different rows, the
    fit of least norm is taken (in whitened coordinates around w*).

    Args and errors: as ``simulate_recursions``.
    """
    kept = _check(dimension, samples, iterations, designs, streams, record)
    errors = np.empty((len(kept), designs, streams))
    given_design = np.empty(designs)
    together = max(1, NUMBERS_AT_ONCE // (samples * (iterations * streams + dimension)))
    for start in range(0, designs, together):
        part = slice(start, min(start + together, designs))
        count = part.stop - part.start
        design = random.standard_normal((count, samples, dimension))
        given_design[part] = np.trace(np.linalg.inv(design.swapaxes(1, 2) @ design), axis1=1, axis2=2)
        # labels relative to X w*: only noise and the error of the fit that wrote them matter
        pool = np.empty((count, iterations * samples, streams))
        parameter = np.zeros((count, dimension, streams))
        chain = np.arange(count)[:, None]
        for iteration in range(1, iterations + 1):
            held = iteration * samples
            new = pool[:, held - samples : held]
            random.standard_normal(out=(noise := np.empty((count, samples, streams))))
            np.add(design @ parameter, noise, out=new)
            chosen = draw_without_replacement(held, samples, count, random)
            rows = design[chain, chosen % samples]
            moments = rows.swapaxes(1, 2) @ rows
            parameter = _solve(moments, rows.swapaxes(1, 2) @ pool[chain, chosen])
            if iteration in kept:
                errors[np.searchsorted(kept, iteration), part] = np.sum(parameter**2, axis=1)
    return ErrorPaths(kept, {"accumulate_subsample": errors}, given_design)


def _solve(moments: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solutions [r, d, s] of symmetric systems; of least norm where one is singular."""
    try:
        return np.linalg.solve(moments, right)
    except np.linalg.LinAlgError:
        return np.linalg.pinv(moments, hermitian=True) @ right


def _bartlett(dimension: int, samples: int, count: int, random: np.random.Generator) -> np.ndarray:
    """Lower triangular A with A A' ~ Wishart(I, T): square roots of chi-squares of T, T-1, ... on the diagonal."""
    factor = np.zeros((count, dimension, dimension))
    freedom = samples - np.arange(dimension)
    diagonal = np.arange(dimension)
    factor[:, diagonal, diagonal] = np.sqrt(2 * random.standard_gamma(freedom / 2, (count, dimension)))
    rows, columns = np.tril_indices(dimension, -1)
    factor[:, rows, columns] = random.standard_normal((count, len(rows)))
    return factor


def _check(
    dimension: int, samples: int, iterations: int, designs: int, streams: int, record: Sequence[int] | None
) -> np.ndarray:
    """The iterations to record, in order."""
    check_design_size(dimension, samples)
    check_iterations(iterations)
    if designs < 1 or streams < 1:
        raise ValueError(f"A simulation needs designs and streams of noise, but got {designs} and {streams}.")
    kept = np.unique(np.arange(1, iterations + 1) if record is None else np.asarray(record, dtype=int))
    if kept.size == 0 or kept[0] < 1 or kept[-1] > iterations:
        raise ValueError(f"Iterations to record must lie between 1 and {iterations}, but they are {kept.tolist()}.")
    return kept
