"""Weighted and iterative mixing, chains of generations, lost tails: against Monte Carlo, identities and limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcollapse.papers.dohmatob.simulations.mixing_weights import weighted_parts
from modelcollapse.regression.ridge import generations
from modelcollapse.regression.ridge import iterative_mixing as iterative
from modelcollapse.regression.ridge import lost_tails as tails
from modelcollapse.regression.ridge import weighted_mixing as mixing
from modelcollapse.regression.ridge.designs import wishart
from modelcollapse.regression.ridge.exact_forms import isotropic_ridgeless
from modelcollapse.regression.ridge.spectra import isotropic, power_law
from modelcollapse.regression.strong_collapse import ridge
from modelcollapse.runtime.seeds import generator


@given(n=st.integers(60, 5000), p2=st.floats(0.05, 0.95), quality=st.floats(0, 2))
@settings(max_examples=60, deadline=None)
def test_the_natural_weight_is_corollary_1(n, p2, quality):
    weighted = mixing.weighted_error(50, n, p2, p2, quality, 0.3)
    plain = isotropic_ridgeless(50, n, p2, quality, 0.3)
    assert weighted.variance == pytest.approx(plain.variance, rel=1e-9)
    assert weighted.zeta == pytest.approx(plain.zeta, rel=1e-9, abs=1e-12)


@given(n=st.integers(200, 5000), p2=st.floats(0.3, 0.7))
@settings(max_examples=40, deadline=None)
def test_dropping_one_part_is_a_fit_on_the_other(n, p2):
    dropped = mixing.weighted_error(50, n, p2, 0.0, 1.0, 0.3)
    alone = isotropic_ridgeless(50, (1 - p2) * n, 0.0, 1.0, 0.3)
    assert dropped.zeta == 0
    assert dropped.variance == pytest.approx(alone.variance, rel=1e-9)
    synthetic = mixing.weighted_error(50, n, p2, 1.0, 1.0, 0.3)
    assert synthetic.zeta == pytest.approx(1.0)
    # the form of the root that is used changes sign on the way; nothing jumps there
    near = mixing.weighted_error(50, n, p2, [1e-9, 1 - 1e-9], 1.0, 0.3).total
    np.testing.assert_allclose(near, [dropped.total, synthetic.total], rtol=1e-5)


@pytest.mark.parametrize("weight", [0.0, 0.05, 0.3, 0.9])
def test_weighted_error_agrees_with_simulation_and_the_quoted_one_does_not(weight):
    found = []
    for replicate in range(80):
        random = generator("weighted", replicate)
        real, synthetic = wishart(random, 300, 100), wishart(random, 300, 100)
        parts = weighted_parts(real, synthetic, weight)
        found.append(parts.zeta + 0.25 * parts.variance)
    mean, error = np.mean(found), np.std(found) / np.sqrt(80)
    assert mean == pytest.approx(
        mixing.weighted_error(100, 600, 0.5, weight, 1.0, 0.25).total, abs=4 * error + 0.02 * mean
    )
    quoted = mixing.quoted_weighted_error(100, 600, 0.5, weight, 1.0, 0.25)
    assert abs(quoted - mean) > 0.3 * mean


def test_small_ratios_of_the_weighted_error():
    alpha, phi = np.array([0.01, 0.2, 0.8]), 1e-6
    expected = alpha**2 * 0.7 + phi * (0.2 * (1 - alpha) ** 2 / 0.6 + 0.5 * alpha**2 / 0.4)
    found = mixing.weighted_error(1, 1e6, 0.4, alpha, 0.7, 0.2, 0.5).total
    # alpha^2 c^2 has a term of order phi too
    np.testing.assert_allclose(found, expected, rtol=2e-5)


def test_the_best_weight_is_the_sheets_and_falls_like_one_over_n():
    best = [mixing.optimal_weight(100, n, 0.5, 1.0, 0.25) for n in (1e3, 1e4, 1e5, 1e6)]
    np.testing.assert_allclose(best, [3.9e-2, 4.9e-3, 5.0e-4, 5.0e-5], rtol=0.01)
    around = mixing.weighted_error(100, 1e4, 0.5, np.array([0.9, 1.0, 1.1]) * best[1], 1.0, 0.25).total
    assert np.argmin(around) == 1
    assert mixing.quoted_optimal_weight(100, 1e4, 0.5, 1.0, 0.25) == 1.0


@pytest.mark.parametrize("variant", iterative.VARIANTS)
def test_limits_of_iterative_mixing(variant):
    path = iterative.expected_errors(variant, 60, 10, 10**6, 0.5, 1.0, 0.3)
    assert path[0] == 1.0
    assert path[-1] / (0.3 * 10 / 10**6) == pytest.approx(iterative.small_ratio_limit(variant, 0.5), rel=1e-3)
    expected = {"fresh_noisy": 4 / 3, "fresh_noiseless": 2 / 3, "fixed_noisy": 8 / 3, "fixed_noiseless": 2.0}
    assert iterative.small_ratio_limit(variant, 0.5) == pytest.approx(expected[variant])


@pytest.mark.parametrize("variant", iterative.VARIANTS)
def test_iterative_mixing_drawn_plainly(variant):
    """Samples, shift and all noise drawn; the recursion that the formulas come from is not used."""
    d, n, noise, rounds, replicates = 5, 400, 0.4, 4, 400
    fresh, noisy = iterative.parse_variant(variant)
    errors = np.empty((replicates, rounds + 1))
    for replicate in range(replicates):
        random = generator("iterative", variant, replicate)
        error = random.standard_normal(d) / np.sqrt(d)
        errors[replicate, 0] = error @ error
        for at in range(1, rounds + 1):
            if fresh or at == 1:
                real = random.standard_normal((n // 2, d))
                real_noise = np.sqrt(noise) * random.standard_normal(n // 2)
            synthetic = random.standard_normal((n // 2, d))
            labels = synthetic @ error + noisy * np.sqrt(noise) * random.standard_normal(n // 2)
            features = np.concatenate([real, synthetic])
            error = np.linalg.lstsq(features, np.concatenate([real_noise, labels]), rcond=None)[0]
            errors[replicate, at] = error @ error
    expected = iterative.expected_errors(variant, rounds, d, n, 0.5, 1.0, noise)
    standard = errors.std(axis=0) / np.sqrt(replicates)
    assert np.all(np.abs(errors.mean(axis=0) - expected) < 4 * standard + 0.03 * expected)


def test_fixed_real_data_without_label_noise_end_at_the_real_part_alone():
    path = iterative.expected_errors("fixed_noiseless", 200, 20, 100, 0.5, 5.0, 0.3)
    assert path[-1] == pytest.approx(iterative.real_part_error(20, 100, 0.5, 0.3))
    assert iterative.real_part_error(20, 100, 0.5, 0.3) == pytest.approx(0.3 * 20 / 29)


def test_without_real_data_errors_add_up():
    path = iterative.expected_errors("fresh_noisy", 5, 20, 100, 1.0, 0.7, 0.3)
    np.testing.assert_allclose(path, 0.7 + np.arange(6) * 0.3 * 20 / 79)


def test_the_chain_of_generations_is_theorem_1_without_real_data():
    spectrum = power_law(30)
    rate = generations.fake_data_rate(spectrum, [40, 400], 90, [0.1, 0.01])
    zeta = ridge(spectrum, [40, 400], 1.0, 30 / (90 - 31), 0.0, [0.1, 0.01]).zeta
    np.testing.assert_allclose(rate, zeta, rtol=1e-9)
    after = generations.error_after_generations(spectrum, 3, 40, 90, 0.2, 0.5, 0.1)
    clean = ridge(spectrum, 40, 0.0, 0.0, 0.2, 0.1)
    assert after.total == pytest.approx(clean.total + 3 * 0.5 * rate[0])


def test_linear_law_and_its_ridgeless_limit():
    assert generations.linear_law(4, 20, 100, 0.5) == pytest.approx(5 * 0.5 * 20 / 79)
    after = generations.error_after_generations(isotropic(20), 4, 10**6, 10**6, 0.5, 0.5, 0.0).total
    assert after == pytest.approx(generations.linear_law(4, 20, 10**6, 0.5), rel=1e-4)


def test_over_parametrised_loss_by_random_projections():
    d, t0, replicates = 12, 5, 3000
    errors = np.empty((replicates, 3))
    for replicate in range(replicates):
        random = generator("lost", replicate)
        truth = np.zeros(d)
        truth[0] = 1.0
        fitted = truth
        for generation in range(3):
            features = random.standard_normal((t0, d))
            fitted = np.linalg.pinv(features) @ (features @ fitted + 0.5 * random.standard_normal(t0))
            errors[replicate, generation] = np.sum((fitted - truth) ** 2)
    expected = generations.over_parametrised_error([1, 2, 3], d, t0, 0.25)
    standard = errors.std(axis=0) / np.sqrt(replicates)
    assert np.all(np.abs(errors.mean(axis=0) - expected) < 4 * standard)
    assert generations.over_parametrised_error(50, d, t0) == pytest.approx(1.0)


def test_ridge_exponents():
    assert generations.critical_ridge_exponent(1.5, 0.5) == pytest.approx(0.6)
    assert generations.clean_rate(1.5, 0.5) == pytest.approx(0.6)
    assert generations.clean_rate(2.0, 5.0) == pytest.approx(0.8)
    assert generations.adaptive_ridge_exponent(1.5, 0.5, 0.5) == pytest.approx(0.3)
    spectrum, prior = generations.power_law_problem(100, 1.5, 0.5)
    assert np.sum(spectrum * prior) == pytest.approx(1.0)


def test_exact_error_of_the_learner_with_memory():
    law = tails.token_law(1.5, 2000)
    errors = [tails.simulate_generations(generator("tail", k), law, [300])[0] for k in range(400)]
    expected = tails.expected_error(law, 300)
    assert np.mean(errors) == pytest.approx(expected, abs=4 * np.std(errors) / 20)
    assert tails.expected_error(law, [1, 300])[1] == expected


def test_tail_cut_mixed_and_narrowed():
    law = tails.token_law(1.5, 10**5)
    assert tails.rate(1.5) == pytest.approx(1 / 3)
    slope = np.diff(np.log(tails.expected_error(law, [300, 3000]))) / np.log(10)
    assert slope[0] == pytest.approx(-1 / 3, abs=0.02)
    cut = tails.expected_error(law, [1e7], tails.cut_law(law, 100))[0]
    assert cut == pytest.approx(law[100:].sum(), rel=1e-6)
    # a share of human samples takes up the law again, as if they were alone
    mixed = tails.expected_error(law, 1e7, tails.mixed_law(law, 100, 0.01))
    assert mixed == pytest.approx(tails.expected_error(law, 1e5), rel=0.02)
    narrow = tails.token_law(2.0, 10**5)
    slope = np.diff(np.log(tails.expected_error(law, [300, 3000], narrow))) / np.log(10)
    assert slope[0] == pytest.approx(-tails.rate(1.5, 2.0), abs=0.02)


def test_generations_never_regain_a_token():
    law = tails.token_law(1.5, 5000)
    for k in range(20):
        path = tails.simulate_generations(generator("path", k), law, [200] * 6)
        assert np.all(np.diff(path) >= -1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: iterative.expected_errors("stale_noisy", 2, 5, 100, 0.5, 1, 1),
            "fresh_noisy, fresh_noiseless, fixed_noisy",
        ),
        (lambda: iterative.small_ratio_limit("fresh", 0.5), "no variant 'fresh'"),
        (lambda: iterative.small_ratio_limit("fresh_noisy", 1.0), "no limit at share 1"),
        (lambda: iterative.expected_errors("fixed_noisy", 2, 50, 100, 0.5, 1, 1), "more than 51 samples"),
        (lambda: iterative.expected_errors("fresh_noisy", -1, 5, 100, 0.5, 1, 1), "rounds must be"),
        (lambda: mixing.weighted_error(50, 90, 0.5, 0.0, 1, 1), "Only 45 samples"),
        (lambda: mixing.weighted_error(50, 200, 0.0, 0.1, 1, 1), "strictly between 0 and 1"),
        (lambda: mixing.weighted_error(50, 200, 0.5, 1.1, 1, 1), "weight must be between 0 and 1"),
        (lambda: mixing.optimal_weight(50, 200, 0.5, 0.0, 1), "perfect synthetic data"),
        (lambda: generations.linear_law(1, 20, 21, 1), "more than 21 samples"),
        (lambda: generations.over_parametrised_error(1, 20, 19), "fewer than 19 samples"),
        (lambda: generations.critical_ridge_exponent(1.0, 0.5), "capacity exponent above 1"),
        (lambda: generations.adaptive_ridge_exponent(1.5, 0.5, 1.0), "below 1"),
        (lambda: tails.token_law(1.0, 10), "must exceed 1"),
        (lambda: tails.expected_error(np.ones(3) / 3, 10, np.ones(2) / 2), "same tokens"),
        (lambda: tails.rate(0.5), "must exceed 1"),
    ],
)
def test_impossible_values_are_refused_with_their_reason(call, words):
    with pytest.raises(ValueError, match=words):
        call()
