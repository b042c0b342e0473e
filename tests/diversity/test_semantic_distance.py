"""Mean pairwise distance in closed form against the plain double loop."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import pdist

from modelcollapse.diversity.semantic.distance import mean_pairwise_distance, unit_rows
from modelcollapse.runtime.seeds import generator

MATRICES = arrays(
    np.float64,
    st.tuples(st.integers(2, 12), st.integers(1, 5)),
    elements=st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-6),
).filter(lambda matrix: np.abs(matrix).max(axis=1).min() > 0)


@settings(max_examples=80, deadline=None)
@given(MATRICES)
def test_equals_scipys_distances_of_all_pairs(matrix):
    assert mean_pairwise_distance(matrix) == pytest.approx(pdist(matrix, "cosine").mean(), abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(MATRICES, st.randoms(use_true_random=False))
def test_neither_order_nor_length_of_rows_matters_and_halving_halves(matrix, random):
    value = mean_pairwise_distance(matrix)
    order = random.sample(range(len(matrix)), len(matrix))
    lengths = np.array([random.uniform(0.1, 10) for _ in matrix])[:, None]
    assert mean_pairwise_distance(matrix[order] * lengths) == pytest.approx(value, abs=1e-9)
    assert mean_pairwise_distance(matrix, halved=True) == value / 2
    assert 0 <= value <= len(matrix) / (len(matrix) - 1) + 1e-9


@settings(max_examples=40, deadline=None)
@given(MATRICES)
def test_writing_every_row_twice_lowers_the_mean_by_the_share_of_new_equal_pairs(matrix):
    n = len(matrix)
    # of the 2n (2n - 1) ordered pairs 2n join equal rows, the others carry the old mean
    expected = mean_pairwise_distance(matrix) * 4 * n * (n - 1) / (2 * n * (2 * n - 1))
    assert mean_pairwise_distance(np.concatenate([matrix, matrix])) == pytest.approx(expected, abs=1e-9)


def test_equal_rows_have_distance_0_and_opposite_ones_2():
    assert mean_pairwise_distance(np.full((50, 7), 0.1)) == pytest.approx(0, abs=1e-14)
    assert mean_pairwise_distance([[1, 2], [-1, -2]]) == pytest.approx(2)


def test_single_precision_and_extreme_lengths_lose_nothing():
    matrix = generator("semantic").normal(size=(400, 16)) + 3
    expected = pdist(matrix, "cosine").mean()
    assert mean_pairwise_distance(matrix.astype(np.float32)) == pytest.approx(expected, abs=1e-7)
    assert mean_pairwise_distance(matrix * 1e-200) == pytest.approx(expected, abs=1e-12)
    assert mean_pairwise_distance(matrix * 1e200) == pytest.approx(expected, abs=1e-12)
    np.testing.assert_allclose(np.linalg.norm(unit_rows(matrix), axis=1), 1, atol=1e-15)


def test_no_matrix_of_all_pairs_is_made():
    matrix = generator("semantic").normal(size=(20_000, 8)).astype(np.float32)
    tracemalloc.start()
    mean_pairwise_distance(matrix)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e6  # all pairs would take 3.2 GB


@pytest.mark.parametrize(
    ("embeddings", "message"),
    [
        (np.ones((1, 3)), "at least two rows of embeddings, but there is 1"),
        (np.ones((0, 3)), "there are none"),
        ([1.0, 2.0], "1 dimensions"),
        ([["a"], ["b"]], "matrix of numbers"),
        ([[1, 0], [0, 0]], "Row 1 of the embeddings is zero"),
        ([[1, 0], [np.nan, 1]], "Row 1 of the embeddings contains NaN"),
        ([[1, np.inf], [1, 1]], "Row 0 of the embeddings contains NaN or infinity"),
        (np.zeros((3, 0)), "Row 0 of the embeddings is zero"),
    ],
)
def test_what_cannot_be_measured_is_refused_with_its_row(embeddings, message):
    with pytest.raises(ValueError, match=message):
        mean_pairwise_distance(embeddings)
