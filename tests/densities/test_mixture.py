"""Mixtures: the closed-form distance against integration, and EM against scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest, multivariate_normal
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture

from modelcollapse.densities.mixture import kmeans_start as mixture_start
from modelcollapse.densities.mixture.em_steps import RIDGE, features_of
from modelcollapse.densities.mixture.expectation_maximisation import Fit, Sample, fit_chains
from modelcollapse.densities.mixture.mixtures import (
    Mixtures,
    normalised_squared_l2,
    overlap,
    sample_mixture,
    squared_l2,
    truth_of,
)
from modelcollapse.runtime.seeds import generator

FIRST = Mixtures([0.3, 0.7], [[-1.0, 0.5], [1.0, 0.0]], [[[1.0, 0.4], [0.4, 0.5]], [[0.3, 0.0], [0.0, 0.8]]])
SECOND = Mixtures([1.0], [[0.2, -0.3]], [[[1.2, -0.1], [-0.1, 0.9]]])


def fit_mixture(
    points: np.ndarray,
    components: int,
    random: np.random.Generator,
    tolerance: float = 1e-5,
    max_iterations: int = 2000,
) -> Fit:
    """Fit a mixture to one sample [n, 2]."""
    fits = []

    def next_sample(chain: int, fit: Fit | None) -> Sample | None:
        if fit is None:
            return points, random
        fits.append(fit)
        return None

    fit_chains(next_sample, 1, len(points), components, tolerance, max_iterations)
    return fits[0]


def mixture_of(fit: Fit) -> Mixtures:
    """A fit as a mixture."""
    return Mixtures(fit.weights, fit.means, fit.covariances)


def density(mixture: Mixtures, grid: np.ndarray) -> np.ndarray:
    parts = zip(mixture.weights, mixture.means, mixture.covariances, strict=True)
    return sum(weight * multivariate_normal(mean, covariance).pdf(grid) for weight, mean, covariance in parts)


def test_squared_l2_against_integration_on_a_grid():
    axis = np.linspace(-9, 9, 601)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1)
    cell = (axis[1] - axis[0]) ** 2
    p, q = density(FIRST, grid), density(SECOND, grid)
    assert squared_l2(FIRST, SECOND) == pytest.approx(np.sum((p - q) ** 2) * cell, rel=1e-8)
    assert normalised_squared_l2(FIRST, SECOND) == pytest.approx(np.sum((p - q) ** 2) / np.sum(q**2), rel=1e-8)


def test_squared_l2_of_a_shrinking_fit_grows_like_the_sheets_asymptote():
    narrow = Mixtures([1.0], [[0.0, 0.0]], [0.01**2 * np.eye(2)])
    assert squared_l2(narrow, truth_of("one_blob")) == pytest.approx(1 / (4 * math.pi * 0.01**2), rel=1e-3)


def test_distances_of_many_mixtures_are_those_of_each():
    many = Mixtures(*(np.stack([part, part[::-1]]) for part in (FIRST.weights, FIRST.means, FIRST.covariances)))
    assert squared_l2(many, FIRST) == pytest.approx([0, 0], abs=1e-15)
    assert squared_l2(many, SECOND) == pytest.approx([float(squared_l2(FIRST, SECOND))] * 2)
    assert overlap(many[1], SECOND) == pytest.approx(float(overlap(FIRST, SECOND)))


@given(st.floats(-3, 3), st.floats(0.1, 3), st.floats(0.05, 0.95))
def test_squared_l2_is_symmetric_and_non_negative(shift, scale, weight):
    other = Mixtures([weight, 1 - weight], [[shift, 0.0], [0.0, shift]], [scale * np.eye(2), np.eye(2)])
    assert squared_l2(FIRST, other) >= 0
    assert squared_l2(FIRST, other) == pytest.approx(float(squared_l2(other, FIRST)), abs=1e-14)
    assert squared_l2(other, other) == pytest.approx(0, abs=1e-14)


def test_samples_have_the_moments_of_the_mixture():
    points = sample_mixture(FIRST, 200_000, generator("sample"))
    mean = FIRST.weights @ FIRST.means
    np.testing.assert_allclose(points.mean(axis=0), mean, atol=0.02)
    second = np.einsum("k,kij->ij", FIRST.weights, FIRST.covariances)
    second += np.einsum("k,ki,kj->ij", FIRST.weights, FIRST.means - mean, FIRST.means - mean)
    np.testing.assert_allclose(np.cov(points.T), second, atol=0.02)


def data(name: str, count: int, offset: float = 0.0) -> np.ndarray:
    return sample_mixture(truth_of(name), count, generator("data", name, count)) + offset


def start_parameters(points: np.ndarray, components: int, *stream: object) -> dict[str, np.ndarray]:
    """The first M-step of ``fit_mixture`` in plain NumPy, as scikit-learn's starting values."""
    centred = points - points.mean(axis=0)
    features = features_of(centred.T[None])[:, :3]
    labels = np.argmax(mixture_start.cluster(features, components, [generator(*stream)])[0], axis=0)
    parts = [points[labels == k] for k in range(components)]
    covariances = [np.cov(part.T, bias=True) + RIDGE * np.eye(2) for part in parts]
    return {
        "weights_init": np.array([len(part) / len(points) for part in parts]),
        "means_init": np.array([part.mean(axis=0) for part in parts]),
        "precisions_init": np.linalg.inv(covariances),
    }


@pytest.mark.parametrize(
    ("name", "count", "components", "scale", "offset"),
    [
        ("one_blob", 300, 2, 1.0, 0.0),
        ("two_blobs", 1000, 2, 1.0, 3.0),
        ("one_blob", 500, 3, 1.0, 0.0),
        ("two_blobs", 400, 1, 1.0, 0.0),
        ("one_blob", 500, 2, 0.01, 5.0),
        ("two_blobs", 13_000, 2, 1.0, 0.0),
    ],
)
def test_em_makes_scikit_learns_steps(name, count, components, scale, offset):
    points = data(name, count) * scale + offset
    fit = fit_mixture(points, components, generator("start", name))
    model = GaussianMixture(components, tol=1e-5, max_iter=2000, **start_parameters(points, components, "start", name))
    model.fit(points)
    assert fit.converged
    assert fit.iterations == model.n_iter_
    assert fit.log_likelihood == pytest.approx(model.lower_bound_, abs=1e-9)
    np.testing.assert_allclose(fit.weights, model.weights_, atol=1e-6)
    np.testing.assert_allclose(fit.means, model.means_, atol=1e-6)
    np.testing.assert_allclose(fit.covariances, model.covariances_, atol=1e-6 * scale**2)
    assert fit.sample_trace == pytest.approx(np.trace(np.cov(points.T)))


@pytest.mark.parametrize("components", [2, 4])
def test_clusters_are_scikit_learns_from_the_same_centres(components, monkeypatch):
    points = data("one_blob", 700)
    points -= points.mean(axis=0)
    centres = points[[3, 50, 600, 9][:components]]
    monkeypatch.setattr(mixture_start, "_plus_plus", lambda *_: centres[None])
    labels = np.argmax(mixture_start.cluster(features_of(points.T[None])[:, :3], components, [])[0], axis=0)
    expected = KMeans(components, init=centres, n_init=1).fit(points).labels_
    np.testing.assert_array_equal(labels, expected)


def test_starting_centres_are_drawn_like_scikit_learns():
    points = data("one_blob", 60)
    points -= points.mean(axis=0)
    repeats = 400
    features = np.repeat(features_of(points.T[None])[:, :3], repeats, axis=0)
    ours = mixture_start._plus_plus(features, 3, [generator("start", repeat) for repeat in range(repeats)])
    from sklearn.cluster import kmeans_plusplus

    theirs = np.array([kmeans_plusplus(points, 3, random_state=repeat)[0] for repeat in range(repeats)])
    for component in range(3):
        for axis in range(2):
            assert kstest(ours[:, component, axis], theirs[:, component, axis]).pvalue > 0.001


def recursion(fit_one, chains: int, generations: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """ln distance to the truth and ln trace of the last model's covariance, after refits with ``fit_one``."""
    fits = []
    for chain in range(chains):
        points = sample_mixture(truth_of("one_blob"), count, generator("human", chain, fit_one.__name__))
        for generation in range(generations):
            mixture = fit_one(points, chain, generation)
            points = sample_mixture(mixture, count, generator(fit_one.__name__, chain, generation))
        fits.append((float(squared_l2(mixture, truth_of("one_blob"))), float(np.trace(np.cov(points.T)))))
    return tuple(np.log(np.array(fits)).T)


def test_refits_have_the_law_of_scikit_learns():
    def ours(points, chain, generation):
        return mixture_of(fit_mixture(points, 2, generator("ours start", chain, generation)))

    def theirs(points, chain, generation):
        model = GaussianMixture(2, tol=1e-5, max_iter=2000, random_state=1000 * chain + generation).fit(points)
        return Mixtures(model.weights_, model.means_, model.covariances_)

    for mine, other in zip(recursion(ours, 40, 8, 60), recursion(theirs, 40, 8, 60), strict=True):
        assert kstest(mine, other).pvalue > 0.01


def run_together(chains: range, count: int, generations: int, components: int = 2) -> dict[int, list[Fit]]:
    fits: dict[int, list[Fit]] = {chain: [] for chain in chains}
    names = list(chains)

    def next_sample(index: int, fit: Fit | None):
        chain = names[index]
        if fit is not None:
            fits[chain].append(fit)
        done = len(fits[chain])
        if done == generations:
            return None
        law = truth_of("two_blobs") if done == 0 else mixture_of(fits[chain][-1])
        return sample_mixture(law, count, generator("s", chain, done)), generator("k", chain, done)

    fit_chains(next_sample, len(names), count, components)
    return fits


@pytest.mark.parametrize(
    ("chains", "count", "generations", "components"),
    [(20, 100, 12, 2), (45, 1000, 3, 2), (3, 13_001, 2, 2), (7, 150, 6, 3)],
)
def test_a_chain_is_the_same_bit_for_bit_whatever_runs_beside_it(chains, count, generations, components):
    together = run_together(range(chains), count, generations, components)
    for chain in (0, chains // 2, chains - 1):
        alone = run_together(range(chain, chain + 1), count, generations, components)[chain]
        for one, other in zip(together[chain], alone, strict=True):
            assert one.iterations == other.iterations
            assert one.log_likelihood == other.log_likelihood and one.sample_trace == other.sample_trace
            for part in ("weights", "means", "covariances"):
                np.testing.assert_array_equal(getattr(one, part), getattr(other, part))


def test_points_on_one_spot_or_one_line_give_the_ridge_and_no_nan():
    spot = fit_mixture(np.full((40, 2), 3.0), 2, generator("spot"))
    np.testing.assert_allclose(spot.weights @ spot.means, [3.0, 3.0], atol=1e-6)
    np.testing.assert_allclose(spot.covariances, np.stack([RIDGE * np.eye(2)] * 2), atol=1e-9)
    line = np.stack([np.linspace(-1, 1, 100), np.zeros(100)], axis=1)
    fit = fit_mixture(line, 2, generator("line"))
    assert np.all(np.isfinite(fit.covariances)) and np.all(np.linalg.eigvalsh(fit.covariances) > 0)


def test_an_iteration_limit_is_kept():
    fit = fit_mixture(data("one_blob", 300), 2, generator("start", "one_blob"), max_iterations=2)
    assert fit.iterations == 2 and not fit.converged


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: fit_mixture(np.full((10, 2), math.nan), 2, generator("x")), "NaN or infinite"),
        (lambda: fit_mixture(np.zeros((10, 3)), 2, generator("x")), "shape"),
        (lambda: fit_mixture(np.zeros((1, 2)), 2, generator("x")), "cannot be fitted to 1 points"),
        (lambda: fit_mixture(np.zeros((5, 2)), 0, generator("x")), "0 components"),
        (lambda: fit_mixture(np.zeros((5, 2)), 2, generator("x"), tolerance=0), "tolerance"),
        (lambda: fit_mixture(np.zeros((5, 2)), 2, generator("x"), max_iterations=0), "one iteration"),
        (lambda: Mixtures([0.5, 0.6], np.zeros((2, 2)), np.stack([np.eye(2)] * 2)), "sum to 1"),
        (lambda: Mixtures([1.0], [[0.0, math.nan]], [np.eye(2)]), "finite"),
        (lambda: Mixtures([1.0], [[0.0, 0.0]], [-np.eye(2)]), "positive definite"),
        (lambda: Mixtures([1.0], [[0.0, 0.0]], np.eye(2)), "shapes"),
        (lambda: truth_of("three_blobs"), "one_blob or two_blobs"),
        (lambda: sample_mixture(FIRST, 0, generator("x")), "at least one point"),
    ],
)
def test_impossible_input_is_refused_in_a_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()
