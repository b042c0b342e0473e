"""Test errors of random designs, exactly averaged over signal, shift and label noise (or drawn plainly, as a check).

Given the features the estimator is linear in the labels, so that its mean error over w1, w2 - w1 and the noise is a trace;
what is left to chance is the features alone, and some ten designs do the work of hundreds of plain simulations.
Least squares and ridge need the features only through X1'X1 and X2'X2, which are drawn as Wishart matrices by Bartlett's
decomposition (1933): the cost does not grow with the number of samples, and the law is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular

from modelcollapse.regression.ridge.spectra import label_shift, signal_prior


@dataclass(frozen=True)
class UnitParts:
    """Conditional mean error of one design by source, at unit signal, noise variance and quality.

    With other values multiply; all qualities and noises of one design are thereby paired.
    """

    bias: float
    variance: float
    zeta: float


def wishart(random: np.random.Generator, samples: int, dimension: int) -> np.ndarray:
    """X'X of standard normal X [samples, dimension], from X if it is small, else by Bartlett's decomposition: [d, d]."""
    factor = gram_factor(random, samples, dimension)
    return factor.T @ factor


def gram_factor(random: np.random.Generator, samples: int, dimension: int) -> np.ndarray:
    """R with R'R distributed as X'X: X itself if samples <= d, else upper triangular [d, d]."""
    if samples <= dimension:
        return random.standard_normal((samples, dimension))
    upper = np.triu(random.standard_normal((dimension, dimension)), 1)
    # row i of the triangle has the chi law with samples - i degrees of freedom on its diagonal
    np.fill_diagonal(upper, np.sqrt(random.chisquare(samples - np.arange(dimension, dtype=np.float64))))
    return upper


def nested_moments(
    random: np.random.Generator, synthetic: Sequence[int], samples: int, spectrum: np.ndarray
) -> tuple[list[np.ndarray], np.ndarray]:
    """X2'X2 for growing numbers of synthetic samples (each set contains the smaller ones), and X'X of all samples.

    Args:
        random: stream.
        synthetic: numbers n2, not falling, none above ``samples``.
        samples: n.
        spectrum: eigenvalues of Sigma [d].
    """
    root = np.sqrt(spectrum)
    moments, sofar, total = [], 0, np.zeros((spectrum.size, spectrum.size))
    for count in (*synthetic, samples):
        if count < sofar:
            raise ValueError("Numbers of synthetic samples must not fall and not exceed the number of samples.")
        if count > sofar:
            total = total + wishart(random, count - sofar, spectrum.size) * root[:, None] * root
        moments.append(total)
        sofar = count
    return moments[:-1], total


def ridge_parts(
    total: np.ndarray,
    synthetic: Sequence[np.ndarray],
    samples: int,
    spectrum: np.ndarray,
    ridge: float,
    shift: np.ndarray | None = None,
    prior: np.ndarray | None = None,
) -> list[UnitParts]:
    """Ridge regression on one design, for several synthetic parts of it.

    Args:
        total: X'X [d, d].
        synthetic: X2'X2 of each mixture.
        samples: n.
        spectrum: eigenvalues of Sigma, which is diagonal.
        ridge: lambda, positive if n < d.
        shift: eigenvalues of cov(w2 - w1) at quality 1; None means Sigma^-1 / d.
        prior: eigenvalues of cov(w1) at signal 1; None means I / tr Sigma.

    Returns:
        One for each mixture; noise variances of real and synthetic labels are equal.
    """
    shift = label_shift(spectrum) if shift is None else shift
    prior = signal_prior(spectrum) if prior is None else prior
    regularised = total + samples * ridge * np.eye(spectrum.size)
    factor = cho_factor(regularised, lower=True, check_finite=False)
    inverse = cho_solve(factor, np.eye(spectrum.size), check_finite=False)
    fitted = inverse @ total
    lost = fitted - np.eye(spectrum.size)
    bias = np.einsum("i,ij,ij,j->", spectrum, lost, lost, prior, optimize=True)
    variance = float(spectrum @ np.einsum("ij,ij->i", fitted, inverse))
    parts = []
    for moment in synthetic:
        moved = inverse @ moment
        zeta = spectrum @ (moved * moved) @ shift
        parts.append(UnitParts(float(bias), variance, float(zeta)))
    return parts


@dataclass(frozen=True)
class ProjectionDesign:
    """Samples [n, d] shared by all widths of one replicate; the last rows are the synthetic ones."""

    features: np.ndarray
    spectrum: np.ndarray
    outer: np.ndarray
    """X X' [n, n]."""
    shifted: np.ndarray
    """X Delta X' at unit quality [n, n]."""

    @classmethod
    def draw(cls, random: np.random.Generator, samples: int, spectrum: np.ndarray) -> ProjectionDesign:
        """Gaussian samples."""
        features = random.standard_normal((samples, spectrum.size)) * np.sqrt(spectrum)
        return cls(features, spectrum, features @ features.T, (features * label_shift(spectrum)) @ features.T)

    def parts(
        self, random: np.random.Generator, width: int, ridges: Sequence[float], synthetic: Sequence[int]
    ) -> list[list[UnitParts]]:
        """Ridge regression on ``width`` random projections.

        With P = S'(S X'X S' + n lambda)^-1 S all parts are sums over pairs of samples of K = X P Sigma P X' times a fixed
        matrix, so that any number of mixtures costs no more than one.

        Args:
            random: draws the projections, of variance 1/d.
            width: m; from d on only a triangular factor of S'S is drawn.
            ridges: lambda > 0.
            synthetic: numbers n2 of synthetic samples.

        Returns:
            [ridge][mixture].
        """
        n, d = self.features.shape
        projections = gram_factor(random, width, d) / np.sqrt(d)
        projected = projections @ self.features.T
        gram = projected @ projected.T
        prior = float(signal_prior(self.spectrum)[0])
        found = []
        for ridge in ridges:
            lower = np.linalg.cholesky(gram + n * ridge * np.eye(len(gram)))
            half = solve_triangular(lower, projections, lower=True, check_finite=False)
            weights = half.T @ solve_triangular(lower, projected, lower=True, check_finite=False)
            kernel = (weights.T * self.spectrum) @ weights
            # tr Gamma F' Sigma F with F = W X - I, Gamma = prior I
            cross = float(np.einsum("i,in,ni->", self.spectrum, weights, self.features, optimize=True))
            bias = prior * (float(np.vdot(kernel, self.outer)) - 2 * cross + float(self.spectrum.sum()))
            variance = float(np.trace(kernel))
            found.append(
                [
                    UnitParts(
                        bias, variance, float(np.vdot(kernel[n - n2 :, n - n2 :], self.shifted[n - n2 :, n - n2 :]))
                    )
                    for n2 in synthetic
                ]
            )
        return found


def plain_ridge_error(
    random: np.random.Generator,
    samples: int,
    synthetic_samples: int,
    spectrum: np.ndarray,
    quality: float,
    noise_variance: float,
    ridge: float,
    signal: float,
    width: int | None = None,
) -> float:
    """One plain simulation: draw w1, w2, features, noise (and projections), fit, and take the test error on real data.

    Args:
        random: stream.
        samples: n.
        synthetic_samples: n2.
        spectrum: eigenvalues of Sigma [d].
        quality: c^2.
        noise_variance: of all labels.
        ridge: lambda > 0 (0 for least squares with n > d).
        signal: E[w1' Sigma w1].
        width: m of the random-projections model; None means the classical model.
    """
    d = spectrum.size
    truth = np.sqrt(signal_prior(spectrum, signal)) * random.standard_normal(d)
    wrong = truth + np.sqrt(label_shift(spectrum, quality)) * random.standard_normal(d)
    features = random.standard_normal((samples, d)) * np.sqrt(spectrum)
    real = samples - synthetic_samples
    labels = np.concatenate([features[:real] @ truth, features[real:] @ wrong])
    labels += np.sqrt(noise_variance) * random.standard_normal(samples)
    projections = np.eye(d) if width is None else random.standard_normal((width, d)) / np.sqrt(d)
    inputs = features @ projections.T
    gram = inputs.T @ inputs / samples + ridge * np.eye(inputs.shape[1])
    weights = np.linalg.solve(gram, inputs.T @ labels / samples)
    error = projections.T @ weights - truth
    return float(spectrum @ error**2)
