"""The k-means start of expectation-maximisation, for many two-dimensional samples side by side.

The algorithm is that of scikit-learn's ``KMeans`` with ``n_init=1``: greedy k-means++, then Lloyd's iterations until
the centres move by no more than 1e-4 of the mean variance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from modelcollapse.densities.mixture.em_steps import BLOCK

TOLERANCE = 1e-4
MAX_ITERATIONS = 300


def cluster(features: np.ndarray, components: int, random: Sequence[np.random.Generator]) -> np.ndarray:
    """Cluster samples by k-means.

    Args:
        features: 1, x, y of samples centred on their mean, [s, 3, n].
        components: number of clusters k.
        random: one stream per sample.

    Returns:
        memberships, zeros and ones, [s, k, n].
    """
    samples, _, count = features.shape
    if components == 1:
        return np.ones((samples, 1, count))
    totals = features.sum(axis=2)
    tolerance = TOLERANCE * 0.5 * _variances(features).sum(axis=1)
    centres = _plus_plus(features, components, random)
    final = np.empty_like(centres)
    held, chosen = np.arange(samples), features
    for iteration in range(1, MAX_ITERATIONS + 1):
        moved = _means(chosen, totals[held], centres)
        difference = moved - centres
        # labels that do not change leave the centres where they are: scikit-learn's test of labels stops here too
        still = (difference * difference).sum(axis=(1, 2)) <= tolerance[held]
        centres = moved
        if iteration == MAX_ITERATIONS:
            still[:] = True
        if still.any():
            final[held[still]] = moved[still]
            centres, held, chosen = moved[~still], held[~still], chosen[~still]
            if len(held) == 0:
                break
    return _memberships(features, final)


def _variances(features: np.ndarray) -> np.ndarray:
    """Variances of x and y of centred samples, [s, 2]."""
    return np.stack([np.mean(features[:, axis] * features[:, axis], axis=1) for axis in (1, 2)], axis=1)


def _plus_plus(features: np.ndarray, components: int, random: Sequence[np.random.Generator]) -> np.ndarray:
    """Starting centres [s, k, 2]: each new one is the best of 2 + int(ln k) points drawn by squared distance."""
    samples, _, count = features.shape
    trials = 2 + int(np.log(components))
    uniform = np.stack([stream.random(1 + trials * (components - 1)) for stream in random])
    rows = np.arange(samples)
    centres = np.empty((samples, components, 2))
    centres[:, 0] = features[rows, 1:3, np.minimum((uniform[:, 0] * count).astype(np.int64), count - 1)]
    closest = _squared_distances(features, centres[:, 0])
    for component in range(1, components):
        cumulated = np.cumsum(closest, axis=1)
        best, least = np.empty((samples, 2)), np.full(samples, np.inf)
        best_closest = closest
        for trial in range(trials):
            target = uniform[:, 1 + (component - 1) * trials + trial] * cumulated[:, -1]
            candidate = np.minimum((cumulated < target[:, None]).sum(axis=1), count - 1)
            position = features[rows, 1:3, candidate]
            distances = np.minimum(closest, _squared_distances(features, position))
            potential = distances.sum(axis=1)
            better = potential < least
            best = np.where(better[:, None], position, best)
            if component + 1 < components:
                best_closest = np.where(better[:, None], distances, best_closest)
            least = np.where(better, potential, least)
        centres[:, component], closest = best, best_closest
    return centres


def _squared_distances(features: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """[s, n] from points to one centre [s, 2] each."""
    x, y = features[:, 1] - centre[:, :1], features[:, 2] - centre[:, 1:]
    x *= x
    y *= y
    x += y
    return x


def _memberships(features: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Ones where a centre is the nearest of all, zeros elsewhere, [s, k, n]; ties go to the first."""
    first = _first_memberships(features, centres)
    if centres.shape[1] == 2:
        return np.stack([first[:, 0], 1.0 - first[:, 0]], axis=1)
    return np.concatenate([first, 1.0 - first.sum(axis=1, keepdims=True)], axis=1)


def _first_memberships(features: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """``_memberships`` without the last cluster, which has the rest."""
    # |x - c|^2 = |x|^2 + |c|^2 - 2 x c, and |x|^2 is the same for every centre
    coefficients = np.concatenate([(centres * centres).sum(axis=2, keepdims=True), -2 * centres], axis=2)
    if centres.shape[1] == 2:
        difference = (coefficients[:, 1:] - coefficients[:, :1]) @ features
        return (difference >= 0.0).astype(np.float64)
    nearest = np.argmin(coefficients @ features, axis=1)
    return (nearest[:, None, :] == np.arange(centres.shape[1] - 1)[None, :, None]).astype(np.float64)


def _means(features: np.ndarray, totals: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Means of the clusters around ``centres``, [s, k, 2]; an empty one moves to the point farthest from its centre."""
    sums = np.zeros((*centres.shape[:2], 3))
    for start in range(0, features.shape[2], BLOCK):
        block = features[:, :, start : start + BLOCK]
        sums[:, :-1] += _first_memberships(block, centres) @ block.swapaxes(1, 2)
    sums[:, -1] = totals - sums[:, :-1].sum(axis=1)
    if sums[..., 0].min() < 0.5:
        _fill_empty_clusters(sums, features, _memberships(features, centres), centres)
    return sums[..., 1:] / sums[..., :1]


def _fill_empty_clusters(sums: np.ndarray, features: np.ndarray, memberships: np.ndarray, centres: np.ndarray) -> None:
    """Give each empty cluster the point farthest from its own centre, as scikit-learn does."""
    for sample in np.flatnonzero((sums[..., 0] < 0.5).any(axis=1)):
        labels = np.argmax(memberships[sample], axis=0)
        distances = np.sum((features[sample, 1:3].T - centres[sample][labels]) ** 2, axis=1)
        farthest = iter(np.argsort(-distances, kind="stable"))
        for component in np.flatnonzero(sums[sample, :, 0] < 0.5):
            point = next(point for point in farthest if sums[sample, labels[point], 0] > 1.5)
            sums[sample, labels[point]] -= features[sample, :, point]
            sums[sample, component] = features[sample, :, point]
