"""Scaling laws when the tail of a power law is lost ("A Tale of Tails", Dohmatob et al., ICML 2024).

The learner remembers every token it has seen and errs on the others; tokens have probabilities p_i ~ i^-beta. Means over
samples are exact sums; the exponents are the paper's (quoted from memory in our sources, verified here).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from modelcollapse.regression.ridge.spectra import check_count, check_share, check_sizes


def token_law(exponent: float, vocabulary: int) -> np.ndarray:
    """p_i ~ i^-beta for i = 1..vocabulary, normalised.

    Raises:
        ValueError: beta <= 1, for which no law exists on infinitely many tokens.
    """
    if not (np.isfinite(exponent) and exponent > 1):
        raise ValueError(f"The exponent of a law over tokens must exceed 1, not {exponent}.")
    weights = np.arange(1, check_count(vocabulary, "vocabulary") + 1, dtype=np.float64) ** -float(exponent)
    return weights / weights.sum()


def expected_error(law: np.ndarray, samples: ArrayLike, training_law: np.ndarray | None = None) -> np.ndarray | float:
    """Mean probability of a token that T samples did not show: sum p_i (1 - q_i)^T (exact).

    Args:
        law: p, of the test [tokens].
        samples: T.
        training_law: q, of the samples [tokens]; None means p.
    """
    drawn = law if training_law is None else training_law
    if drawn.shape != law.shape:
        raise ValueError("Both laws must be over the same tokens.")
    counts = check_sizes(samples, "samples")
    # log1p(-1) of a certain token is -inf, and e^-inf its chance to be missed
    with np.errstate(divide="ignore"):
        missed = np.log1p(-drawn)
    flat = np.array([law @ np.exp(count * missed) for count in counts.ravel()]).reshape(counts.shape)
    return float(flat) if flat.ndim == 0 else flat


def cut_law(law: np.ndarray, kept: int) -> np.ndarray:
    """The law without the tokens after the first ``kept``, normalised."""
    first = check_count(kept, "kept")
    short = np.where(np.arange(law.size) < first, law, 0.0)
    return short / short.sum()


def mixed_law(law: np.ndarray, kept: int, real_share: float) -> np.ndarray:
    """A share of real samples among samples of the cut law."""
    share = float(check_share(real_share, "real_share"))
    return share * law + (1 - share) * cut_law(law, kept)


def rate(exponent: float, training_exponent: float | None = None) -> float:
    """c = 1 - 1/beta: the error falls like T^-c; (beta-1)/beta' if the samples' law has the exponent beta'."""
    other = exponent if training_exponent is None else training_exponent
    if not (exponent > 1 and other > 1):
        raise ValueError("Exponents of laws over tokens must exceed 1.")
    return (exponent - 1) / other


def simulate_generations(random: np.random.Generator, law: np.ndarray, sizes: Sequence[int]) -> list[float]:
    """Error after each generation, generation k being learnt from ``sizes[k]`` samples of what generation k-1 remembers.

    A generation writes the tokens it has seen with their frequencies among its own samples.
    """
    tokens, cumulative = np.arange(law.size), np.cumsum(law)
    errors = []
    for size in sizes:
        places = np.searchsorted(cumulative, random.random(size) * cumulative[-1], side="right")
        places = np.minimum(places, tokens.size - 1)
        seen, counts = np.unique(places, return_counts=True)
        tokens, cumulative = tokens[seen], np.cumsum(counts.astype(np.float64))
        errors.append(1.0 - float(law[tokens].sum()))
    return errors
