"""Ridge regression on random features of any width: the smaller of the primal and the dual system, block by block."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import LinAlgError, blas, cho_factor, cho_solve

from modelcollapse.regression.images.random_features import RandomFeatures

Fit = tuple[np.ndarray, np.ndarray]
"""Ascending rows [n] of the training inputs, and targets [n, outputs] for them."""


def fit_and_predict(
    features: RandomFeatures, ridge: float, inputs: np.ndarray, fits: Sequence[Fit], test: np.ndarray
) -> list[np.ndarray]:
    """Predictions of readouts v that minimise mean_i |v . phi(x_i) - y_i|^2 + ridge |v|^2, one per fit.

    With n images and width m, the system has min(m, n) unknowns: v = (Phi'Phi + n ridge I)^-1 Phi'y, or
    v = Phi'(Phi Phi' + n ridge I)^-1 y. The second never holds more than one block of features of all images; fits on
    the same images share one factorisation.

    Args:
        features: the features.
        ridge: more than 0.
        inputs: float32 [images, dimension].
        fits: what is fitted.
        test: float32 [test images, dimension].

    Returns:
        float64 [test images, outputs] for every fit.

    Raises:
        ValueError: the ridge is not positive, or so small that the system is singular in double precision.
    """
    if not ridge > 0:
        raise ValueError(f"The ridge must be positive, but is {ridge}: without it the features' system is singular.")
    groups: dict[bytes, list[int]] = {}
    for index, (rows, _) in enumerate(fits):
        groups.setdefault(rows.astype(np.int64).tobytes(), []).append(index)
    solutions = _solve(features, ridge, inputs, fits, list(groups.values()))
    return _predict(features, inputs, fits, solutions, test)


def _solve(
    features: RandomFeatures, ridge: float, inputs: np.ndarray, fits: Sequence[Fit], groups: Sequence[list[int]]
) -> list[np.ndarray]:
    """Per fit: the readout [width, outputs] where the width is the smaller number, else dual weights [n, outputs]."""
    solutions: list[np.ndarray] = [np.empty(0)] * len(fits)
    wide = [group for group in groups if not _is_primal(features, fits[group[0]])]
    reach = max((int(fits[group[0]][0][-1]) + 1 for group in wide), default=0)
    gram = gram_matrix(features, inputs[:reach]) if wide else None
    for group in groups:
        rows = fits[group[0]][0]
        targets = np.concatenate([fits[index][1] for index in group], axis=1).astype(np.float64)
        if group in wide:
            system = np.asfortranarray(gram[np.ix_(rows, rows)])
        else:
            phi = features.all(inputs[rows])
            system, targets = np.asfortranarray(phi.T @ phi), phi.T @ targets
        system[np.diag_indices_from(system)] += ridge * len(rows)
        solved = _positive_solve(system, targets, ridge)
        stops = np.cumsum([fits[index][1].shape[1] for index in group])
        for index, part in zip(group, np.split(solved, stops[:-1], axis=1), strict=True):
            solutions[index] = part
    return solutions


def gram_matrix(features: RandomFeatures, inputs: np.ndarray) -> np.ndarray:
    """Phi Phi' of inputs [n, dimension]: float64 [n, n], Fortran order; only its lower triangle is filled."""
    gram = np.zeros((len(inputs), len(inputs)), order="F")
    for start, stop in features.blocks():
        phi = features.block(inputs, start, stop)
        # the transposed view is Fortran-ordered, so that BLAS copies nothing and adds in place
        gram = blas.dsyrk(1.0, phi.T, beta=1.0, c=gram, trans=1, lower=1, overwrite_c=1)
    return gram


def _predict(
    features: RandomFeatures,
    inputs: np.ndarray,
    fits: Sequence[Fit],
    solutions: Sequence[np.ndarray],
    test: np.ndarray,
) -> list[np.ndarray]:
    """All fits side by side in one matrix, so that a block takes two large products and not two per fit."""
    stops = np.cumsum([targets.shape[1] for _, targets in fits])
    places = [slice(stop - targets.shape[1], stop) for stop, (_, targets) in zip(stops, fits, strict=True)]
    primal = [index for index, fit in enumerate(fits) if _is_primal(features, fit)]
    dual = [index for index in range(len(fits)) if index not in primal]
    reach = max((int(fits[index][0][-1]) + 1 for index in dual), default=0)
    # images outside a fit have the weight 0
    weights = np.zeros((reach, stops[-1]))
    for index in dual:
        weights[fits[index][0], places[index]] = solutions[index]
    predictions = np.zeros((len(test), stops[-1]))
    for start, stop in features.blocks():
        readout = (
            features.block(inputs[:reach], start, stop).T @ weights if dual else np.zeros((stop - start, stops[-1]))
        )
        for index in primal:
            readout[:, places[index]] = solutions[index][start:stop]
        predictions += features.block(test, start, stop) @ readout
    return [predictions[:, place] for place in places]


def _is_primal(features: RandomFeatures, fit: Fit) -> bool:
    return features.width <= len(fit[0])


def _positive_solve(system: np.ndarray, targets: np.ndarray, ridge: float) -> np.ndarray:
    try:
        factor = cho_factor(system, lower=True, overwrite_a=True, check_finite=False)
    except LinAlgError as error:
        raise ValueError(
            f"With the ridge {ridge:g} the system of {len(system)} unknowns is singular in double precision ({error}): "
            "give a larger ridge."
        ) from error
    return cho_solve(factor, targets, check_finite=False)
