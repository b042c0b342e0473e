"""Gaussian mixtures fitted by expectation-maximisation to many two-dimensional samples side by side.

The algorithm is that of scikit-learn's ``GaussianMixture`` with its defaults (k-means start, full covariances, 1e-6 on
their diagonals, stop on the gain of the mean log-likelihood). The speed comes from its shape: the log-density of a
Gaussian is linear in the six features 1, x, y, x^2, xy, y^2, so an E-step and an M-step are one matrix product each;
chains of samples are stacked as long as they fit into the processor's cache, and a chain whose fit has converged goes
on with its next sample while the others are still at theirs. What a chain gives does not depend on its
neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from modelcollapse.densities.mixture.em_steps import (
    Parameters,
    Workspace,
    expect,
    features_of,
    maximise,
    stack_size,
)
from modelcollapse.densities.mixture.kmeans_start import cluster


@dataclass(frozen=True)
class Fit:
    """The mixture fitted to one sample."""

    weights: np.ndarray
    """[k]."""
    means: np.ndarray
    """[k, 2]."""
    covariances: np.ndarray
    """[k, 2, 2]."""
    iterations: int
    """EM iterations made."""
    log_likelihood: float
    """Mean log-likelihood per point (nats) at the last E-step."""
    converged: bool
    """Whether the gain fell below the tolerance."""
    sample_trace: float
    """Trace of the unbiased covariance of the sample."""


Sample = tuple[np.ndarray, np.random.Generator]
NextSample = Callable[[int, Fit | None], Sample | None]


def fit_chains(
    next_sample: NextSample,
    chains: int,
    count: int,
    components: int,
    tolerance: float = 1e-5,
    max_iterations: int = 2000,
) -> None:
    """Fit mixtures to chains of samples until every chain ends.

    Args:
        next_sample: called with a chain's number and its last fit (None at its start); returns the chain's next sample
            ([count, 2], finite) with the stream for its k-means start, or None to end the chain.
        chains: number of chains.
        count: points per sample.
        components: number of Gaussians k.
        tolerance: EM stops when the mean log-likelihood changes by less.
        max_iterations: most EM iterations per fit.

    Raises:
        ValueError: impossible numbers, points that are not finite, or a covariance that is not positive definite.
    """
    _check(count, components, tolerance, max_iterations)
    stacks = -(-chains // stack_size(count))
    slots = -(-chains // stacks)
    waiting = iter(range(slots, chains))
    stack = _Stack(slots, count, components)
    ready: list[tuple[int, int, Sample]] = []

    def ask(slot: int, chain: int, fit: Fit | None) -> None:
        """Queue the next sample for a slot: of its chain, or of the first waiting chain that has one."""
        sample = next_sample(chain, fit)
        while sample is None:
            following = next(waiting, None)
            if following is None:
                stack.chain[slot] = -1
                return
            chain, sample = following, next_sample(following, None)
        ready.append((slot, chain, sample))

    for slot in range(slots):
        ask(slot, slot, None)
    while ready or stack.busy.any():
        # starts are batched: a slot waits until a quarter of the stack does, but never while all are idle
        if ready and (len(ready) * 4 >= len(stack.busy) or not stack.busy.any()):
            stack.start(ready)
            ready.clear()
        for slot in stack.iterate(tolerance, max_iterations):
            ask(int(slot), int(stack.chain[slot]), stack.result(slot))
        if not ready and stack.busy.sum() <= len(stack.busy) // 2:
            stack.shrink()


class _Stack:
    """Samples that are fitted in step: slot i holds one sample of chain ``chain[i]``, centred on its mean."""

    def __init__(self, slots: int, count: int, components: int) -> None:
        self.features = np.empty((slots, 6, count))
        # idle slots are computed along with the busy ones: they need numbers that do no harm
        self.features[:] = features_of(np.eye(2)[:, np.arange(count) % 2][None])
        self.centres = np.zeros((slots, 2))
        self.trace = np.zeros(slots)
        self.parameters = Parameters.standard(slots, components)
        self.bound = np.full(slots, -np.inf)
        self.iterations = np.zeros(slots, dtype=np.int64)
        self.converged = np.zeros(slots, dtype=bool)
        self.busy = np.zeros(slots, dtype=bool)
        self.chain = np.arange(slots)
        self.components = components
        self.workspace = Workspace(slots, components, count)

    def start(self, samples: Sequence[tuple[int, int, Sample]]) -> None:
        """Put samples into slots and make the first M-step from their k-means clusters."""
        slots = np.array([slot for slot, _, _ in samples])
        for _slot, chain, (points, _random) in samples:
            _check_points(points, self.features.shape[2], chain)
        # sums run along contiguous rows only, so that their rounding does not depend on what is stacked
        coordinates = np.ascontiguousarray(np.stack([points.T for _, _, (points, _) in samples]))
        self.centres[slots] = coordinates.mean(axis=2)
        features = features_of(coordinates - self.centres[slots][:, :, None])
        self.features[slots] = features
        squares = features[:, 3].sum(axis=1) + features[:, 5].sum(axis=1)
        self.trace[slots] = squares / (coordinates.shape[2] - 1)
        memberships = cluster(features[:, :3], self.components, [random for _, _, (_, random) in samples])
        totals = memberships @ features.swapaxes(1, 2)
        self.chain[slots] = [chain for _, chain, _ in samples]
        self.parameters.put(slots, maximise(totals, self.centres[slots], self.chain[slots]))
        self.bound[slots], self.iterations[slots], self.busy[slots] = -np.inf, 0, True

    def iterate(self, tolerance: float, max_iterations: int) -> np.ndarray:
        """One EM iteration of every sample; the slots whose fit is complete, which are idle from now on."""
        totals, bound = expect(self.features, self.parameters, self.workspace)
        # a complete fit must not be stepped again before its result is taken: idle slots step along unread
        self.parameters = maximise(totals, self.centres, self.chain)
        self.iterations += 1
        self.converged = np.abs(bound - self.bound) < tolerance
        self.bound = bound
        complete = np.flatnonzero(self.busy & (self.converged | (self.iterations >= max_iterations)))
        self.busy[complete] = False
        return complete

    def result(self, slot: int) -> Fit:
        """The fit in a slot, in the coordinates of the data."""
        weights, means, covariances = self.parameters.of(slot)
        return Fit(
            weights=weights,
            means=means + self.centres[slot],
            covariances=covariances,
            iterations=int(self.iterations[slot]),
            log_likelihood=float(self.bound[slot]),
            converged=bool(self.converged[slot]),
            sample_trace=float(self.trace[slot]),
        )

    def shrink(self) -> None:
        """Drop the idle slots: their chains have ended."""
        keep = np.flatnonzero(self.busy)
        self.features, self.centres, self.trace = self.features[keep], self.centres[keep], self.trace[keep]
        self.parameters = self.parameters.rows(keep)
        self.bound, self.iterations = self.bound[keep], self.iterations[keep]
        self.converged, self.busy, self.chain = self.converged[keep], self.busy[keep], self.chain[keep]
        self.workspace = Workspace(len(keep), self.components, self.features.shape[2])


def _check(count: int, components: int, tolerance: float, max_iterations: int) -> None:
    if components < 1 or count < max(components, 2):
        raise ValueError(f"{components} components cannot be fitted to {count} points.")
    if not tolerance > 0 or max_iterations < 1:
        raise ValueError(
            "The tolerance must be positive and at least one iteration allowed, "
            f"but they are {tolerance} and {max_iterations}."
        )


def _check_points(points: np.ndarray, count: int, chain: int) -> None:
    if points.shape != (count, 2):
        raise ValueError(f"The sample of chain {chain} has the shape {points.shape}; expected {(count, 2)}.")
    if not np.all(np.isfinite(points)):
        raise ValueError(f"The sample of chain {chain} has points that are NaN or infinite.")
