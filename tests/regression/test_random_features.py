"""Random features and their ridge readout against the exact kernel and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from modelcollapse.regression.images import random_features_ridge
from modelcollapse.regression.images.random_features import BLOCK, RandomFeatures, arc_cosine_kernel
from modelcollapse.regression.images.random_features_ridge import fit_and_predict, gram_matrix

DIMENSION, IMAGES = 12, 60


@pytest.fixture
def inputs() -> np.ndarray:
    random = np.random.default_rng(1)
    return (random.standard_normal((IMAGES, DIMENSION)) / np.sqrt(DIMENSION)).astype(np.float32)


def test_kernel_of_wide_features_is_the_arc_cosine_kernel(inputs: np.ndarray):
    width = 40_000
    phi = RandomFeatures(DIMENSION, width, seed=3).all(inputs[:6])
    exact = arc_cosine_kernel(inputs[:6], inputs[:6])
    # every entry is a mean over features, with the standard error of that mean
    products = phi[:, None, :] * phi[None, :, :] * width
    error = products.std(axis=-1) / np.sqrt(width)
    assert np.all(np.abs(phi @ phi.T - exact) < 5 * error)
    norms = np.square(inputs[:6]).sum(axis=1)
    np.testing.assert_allclose(np.diag(exact), (norms + 1) / 2, rtol=1e-6)


def test_narrow_features_are_the_first_of_wide_ones(inputs: np.ndarray):
    narrow, wide = RandomFeatures(DIMENSION, BLOCK + 7, seed=3), RandomFeatures(DIMENSION, 2 * BLOCK + 1, seed=3)
    expected = wide.all(inputs)[:, : BLOCK + 7] * np.sqrt(wide.width / narrow.width)
    np.testing.assert_allclose(narrow.all(inputs), expected, rtol=1e-12)
    assert list(wide.blocks()) == [(0, BLOCK), (BLOCK, 2 * BLOCK), (2 * BLOCK, 2 * BLOCK + 1)]
    assert not np.allclose(narrow.all(inputs), RandomFeatures(DIMENSION, BLOCK + 7, seed=4).all(inputs))


@pytest.mark.parametrize("width", [1, 17, IMAGES, 61, BLOCK, BLOCK + 300])
@pytest.mark.parametrize("ridge", [1e-4, 1e-1])
def test_readout_is_scikit_learns_ridge(inputs: np.ndarray, width: int, ridge: float):
    random = np.random.default_rng(2)
    features = RandomFeatures(DIMENSION, width, seed=5)
    test = random.standard_normal((9, DIMENSION)).astype(np.float32)
    subsets = [np.arange(IMAGES), np.arange(20), np.sort(random.choice(IMAGES, 31, replace=False)), np.arange(20)]
    fits = [(rows, random.standard_normal((len(rows), 3))) for rows in subsets]
    ours = fit_and_predict(features, ridge, inputs, fits, test)
    for (rows, targets), predicted in zip(fits, ours, strict=True):
        # scikit-learn minimises the sum of squares, so its penalty is n times ours
        theirs = Ridge(alpha=len(rows) * ridge, fit_intercept=False, solver="svd")
        theirs.fit(features.all(inputs[rows]), targets)
        np.testing.assert_allclose(predicted, theirs.predict(features.all(test)), rtol=1e-6, atol=1e-8)


def test_gram_matrix_is_the_sum_over_blocks(inputs: np.ndarray):
    features = RandomFeatures(DIMENSION, 2 * BLOCK + 3, seed=5)
    phi = features.all(inputs)
    np.testing.assert_allclose(np.tril(gram_matrix(features, inputs)), np.tril(phi @ phi.T), atol=1e-12)


def test_primal_and_dual_systems_agree(inputs: np.ndarray, monkeypatch: pytest.MonkeyPatch):
    features, test = RandomFeatures(DIMENSION, 40, seed=5), inputs[:5] + np.float32(0.1)
    fits = [(np.arange(50), np.random.default_rng(1).standard_normal((50, 2)))]
    primal = fit_and_predict(features, 1e-3, inputs, fits, test)[0]
    monkeypatch.setattr(random_features_ridge, "_is_primal", lambda features, fit: False)
    dual = fit_and_predict(features, 1e-3, inputs, fits, test)[0]
    np.testing.assert_allclose(primal, dual, rtol=1e-8, atol=1e-10)


@settings(max_examples=25, deadline=None)
@given(width=st.integers(1, 90), first=st.floats(-3, 3), second=st.floats(-3, 3), ridge=st.floats(1e-3, 10.0))
def test_predictions_are_linear_in_the_targets(width: int, first: float, second: float, ridge: float):
    random = np.random.default_rng(4)
    inputs = random.standard_normal((30, 5)).astype(np.float32)
    one, two = random.standard_normal((2, 30, 2))
    rows = np.arange(30)
    fits = [(rows, one), (rows, two), (rows, first * one + second * two)]
    a, b, both = fit_and_predict(RandomFeatures(5, width, seed=1), ridge, inputs, fits, inputs[:7])
    np.testing.assert_allclose(both, first * a + second * b, atol=1e-7)


def test_a_larger_ridge_shrinks_predictions_to_zero(inputs: np.ndarray):
    targets = np.random.default_rng(1).standard_normal((IMAGES, 2))
    sizes = [
        np.square(
            fit_and_predict(RandomFeatures(DIMENSION, 80, 1), ridge, inputs, [(np.arange(IMAGES), targets)], inputs)[0]
        ).sum()
        for ridge in (1e-6, 1e-3, 1.0, 1e4)
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 1e-6


def test_without_ridge_there_is_an_error(inputs: np.ndarray):
    fits = [(np.arange(3), np.ones((3, 1)))]
    with pytest.raises(ValueError, match="ridge must be positive"):
        fit_and_predict(RandomFeatures(DIMENSION, 5, 1), 0.0, inputs, fits, inputs)


def test_a_singular_system_is_an_error():
    twice = np.ones((40, 3), dtype=np.float32)
    with pytest.raises(ValueError, match="singular in double precision"):
        fit_and_predict(RandomFeatures(3, 100, 1), 1e-300, twice, [(np.arange(40), np.ones((40, 1)))], twice)
