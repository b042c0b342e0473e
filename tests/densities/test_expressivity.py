"""One Gaussian fitted to two, without statistical error."""

from __future__ import annotations

import numpy as np
import pytest

from modelcollapse.densities import expressivity


@pytest.mark.parametrize("weight", [0.5, 0.2])
def test_the_fit_changes_at_the_first_generation_and_never_again(weight):
    law = expressivity.two_gaussians(4.0, weight)
    exact = expressivity.refit_by_population_moments(law, 6)
    numerical = expressivity.refit_numerically(law, 6)
    assert exact.change[0] > 0.01
    assert np.all(exact.change[1:] == 0)
    np.testing.assert_allclose(numerical.change, exact.change, atol=1e-12)
    np.testing.assert_allclose(numerical.variance, exact.variance, rtol=1e-10)
    np.testing.assert_allclose(numerical.mean, exact.mean, atol=1e-10)


def test_population_moments_of_two_equal_gaussians():
    assert expressivity.population_moments(expressivity.two_gaussians(4.0)) == pytest.approx((0.0, 5.0))


def test_a_family_that_holds_the_law_makes_no_error():
    path = expressivity.refit_by_population_moments(expressivity.one_gaussian(1.0, 2.0), 3)
    assert path.change == pytest.approx([0, 0, 0])


def test_impossible_input_is_refused():
    with pytest.raises(ValueError, match="positive number"):
        expressivity.two_gaussians(variance=0.0)
    with pytest.raises(ValueError, match="non-negative and sum to 1"):
        expressivity.two_gaussians(weight=1.5)
    with pytest.raises(ValueError, match="At least one generation"):
        expressivity.refit_numerically(expressivity.two_gaussians(), 0)
