"""Mean distances on subsets of texts, and the standard error that their half-samples give."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial.distance import pdist

from modelcollapse.diversity.jackknife import jackknife
from modelcollapse.diversity.kernel_mean import MeanDistance
from modelcollapse.diversity.semantic.distance import unit_rows
from modelcollapse.runtime.seeds import generator


def clustered(texts: int, name: object, per_text: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors of texts whose sentences resemble each other, and their owners."""
    rng = generator("kernel mean", name)
    owner = np.repeat(np.arange(texts), per_text)
    rows = rng.normal(size=(texts, 4))[owner] + 0.7 * rng.normal(size=(len(owner), 4)) + [1, 0.5, 0, 0]
    return unit_rows(rows), owner


def test_any_subset_of_texts_equals_all_pairs_of_its_items_dense_and_sparse():
    rows, owner = clustered(9, "subset")
    # text 9 owns nothing
    dense = MeanDistance(rows, owner, 10, "sentences")
    thin = MeanDistance(sparse.csr_array(rows), owner, 10, "sentences", scale=0.5)
    for subset in (np.arange(10), np.array([0, 3, 9]), np.array([7])):
        expected = pdist(rows[np.isin(owner, subset)], "cosine").mean()
        assert dense.value(subset) == pytest.approx(expected, abs=1e-12)
        assert thin.value(subset) == pytest.approx(expected / 2, abs=1e-12)
    assert dense.value() == dense.value(np.arange(10))
    with pytest.raises(ValueError, match="at least two sentences, but there are none"):
        dense.value(np.array([9]))
    with pytest.raises(ValueError, match="there is 1"):
        MeanDistance(rows[:1], [0], 1, "sentences")


def test_the_mean_over_half_samples_is_the_whole_up_to_pairs_within_texts():
    # with one item per text the mean over pairs is unbiased on halves, however small
    rows, owner = clustered(40, "halves", per_text=1)
    statistic = MeanDistance(rows, owner, 40, "texts")
    rng = generator("kernel mean", "draws")
    halves = statistic.values([rng.choice(40, 20, replace=False) for _ in range(4000)])
    assert abs(halves.mean() - statistic.value()) < 4 * halves.std() / np.sqrt(4000)


def test_the_jackknifes_standard_error_is_the_spread_over_new_texts_not_over_sentences():
    texts, repeats = 60, 300
    values, errors = [], []
    for repeat in range(repeats):
        statistic = MeanDistance(*clustered(texts, repeat), texts, "sentences")
        values.append(statistic.value())
        if repeat < 40:
            errors.append(jackknife(statistic, 200, repeat).standard_error)
    # the spread of 300 values is known to 4 %, the mean of 40 errors to about 3 %
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.15)
