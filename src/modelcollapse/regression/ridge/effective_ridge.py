"""The ridge that population traces see: the fixed point of ridge regression on n samples, solved for whole grids."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from modelcollapse.regression.ridge.spectra import check_not_negative, check_sizes, check_spectrum, chunks

MOST_STEPS = 500
TOLERANCE = 1e-12


def effective_ridge(spectrum: np.ndarray, samples: ArrayLike, ridge: ArrayLike) -> np.ndarray:
    """The root kappa >= ridge of kappa - ridge = kappa df_1(kappa) / n with df_1(k) = tr Sigma (Sigma + k I)^-1.

    The difference of both sides is convex in kappa, so that Newton's steps from the right never overshoot.

    Args:
        spectrum: eigenvalues of Sigma [d].
        samples: n.
        ridge: lambda >= 0; for 0 the limit from above: 0 if n > d, positive if n < d.

    Returns:
        kappa, of the common shape of ``samples`` and ``ridge``.

    Raises:
        ValueError: ridge 0 with n = d: the error diverges; no convergence.
    """
    values = check_spectrum(spectrum)
    n, penalty = np.broadcast_arrays(check_sizes(samples, "samples"), check_not_negative(ridge, "ridge"))
    if np.any((penalty == 0) & (n == values.size)):
        raise ValueError(
            f"With ridge 0 and as many samples as dimensions ({values.size}) the error diverges: "
            "give a positive ridge, or another number of samples."
        )
    pairs, back = np.unique(np.stack([n.ravel(), penalty.ravel()]), axis=1, return_inverse=True)
    kappa = np.empty(pairs.shape[1])
    for chunk in chunks(kappa.size, values.size):
        kappa[chunk] = _newton(values, pairs[0, chunk], pairs[1, chunk])
    return kappa[back.ravel()].reshape(n.shape)


def _newton(spectrum: np.ndarray, n: np.ndarray, ridge: np.ndarray) -> np.ndarray:
    kappa = np.where((ridge == 0) & (n > spectrum.size), 0.0, ridge + spectrum.sum() / n)
    active = np.flatnonzero(kappa > 0)
    for _ in range(MOST_STEPS):
        if active.size == 0:
            return kappa
        at, size = kappa[active], n[active]
        shrunk = spectrum / (spectrum + at[:, None])
        # n - df_1 without cancellation
        left = (size - spectrum.size) + at * np.sum(1 / (spectrum + at[:, None]), axis=1)
        excess = at * left / size - ridge[active]
        slope = 1 - np.einsum("pd,pd->p", shrunk, shrunk) / size
        moved = at - excess / slope
        kappa[active] = moved
        active = active[~(np.abs(moved - at) <= TOLERANCE * np.abs(moved))]
    where = active[0]
    raise ValueError(
        f"The fixed point kappa was not found in {MOST_STEPS} steps at n = {n[where]:g}, ridge = {ridge[where]:g}: "
        "the error is about to diverge there; give a larger ridge."
    )
