"""Draws from a distribution, against the distribution itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare
from transformers import RepetitionPenaltyLogitsProcessor, TopKLogitsWarper, TopPLogitsWarper

from modelcollapse.recursion.settings import DecodingSettings
from modelcollapse.recursion.writing.logits import draw, forbid, log_distribution, mark_seen


def logits(rows, vocabulary, spread=3.0, seed=0):
    return torch.randn(rows, vocabulary, generator=torch.Generator().manual_seed(seed)) * spread


@given(
    temperature=st.floats(0.1, 3.0),
    top_k=st.none() | st.integers(1, 60),
    top_p=st.floats(0.05, 1.0),
    penalty=st.floats(0.5, 3.0),
    forbidden=st.sets(st.integers(0, 49), max_size=5),
    seed=st.integers(0, 100),
)
def test_probabilities_sum_to_one_and_forbidden_tokens_have_none(temperature, top_k, top_p, penalty, forbidden, seed):
    decoding = DecodingSettings(temperature=temperature, top_k=top_k, top_p=top_p, repetition_penalty=penalty)
    seen = torch.zeros(4, 50, dtype=torch.bool)
    mark_seen(seen, torch.arange(8).view(4, 2))
    law = log_distribution(forbid(logits(4, 50, seed=seed), sorted(forbidden)), seen, decoding).exp()
    torch.testing.assert_close(law.sum(-1), torch.ones(4))
    assert (law[:, sorted(forbidden)] == 0).all()
    if top_k is not None:
        assert ((law > 0).sum(-1) <= top_k).all()


def test_penalty_top_k_and_top_p_are_those_of_transformers_on_a_large_vocabulary():
    given_logits, prompt = logits(20, 3000), torch.arange(100).view(20, 5)
    seen = torch.zeros(20, 3000, dtype=torch.bool)
    mark_seen(seen, prompt)
    expected = RepetitionPenaltyLogitsProcessor(1.7)(prompt, given_logits.clone())
    expected = TopPLogitsWarper(0.9)(prompt, TopKLogitsWarper(500)(prompt, expected)).log_softmax(-1)
    decoding = DecodingSettings(top_k=500, top_p=0.9, repetition_penalty=1.7)
    torch.testing.assert_close(log_distribution(given_logits, seen, decoding), expected)


@pytest.mark.parametrize("vocabulary", [5, 64, 65, 300])
def test_draws_follow_the_law(vocabulary):
    law = logits(1, vocabulary, spread=1.0).log_softmax(-1)
    uniform = torch.from_numpy(np.random.default_rng(0).random(40_000))
    observed = np.bincount(draw(law.expand(len(uniform), -1), uniform), minlength=vocabulary)
    expected = law[0].double().exp().numpy()
    assert chisquare(observed, len(uniform) * expected / expected.sum()).pvalue > 1e-3


@pytest.mark.parametrize("place", [0, 199])
def test_a_token_of_probability_one_in_a_billion_keeps_it(place):
    """Of equally spaced uniform numbers around its interval, a share as large as its probability draws it."""
    law = torch.full((200,), 1 / 199, dtype=torch.float64)
    law[place] = 1e-9
    below = float(law[:place].sum() / law.sum())
    steps = torch.linspace(-5e-9, 5e-9, 20_001, dtype=torch.float64)
    uniform = (below + steps)[(below + steps >= 0) & (below + steps < 1)]
    drawn = draw(law.log().float().expand(len(uniform), -1), uniform)
    width = float((drawn == place).sum()) * 5e-13
    assert width == pytest.approx(1e-9 / float(law.sum()), rel=0.01)


@pytest.mark.parametrize("uniform", [0.0, 1 - 1e-9, np.nextafter(1.0, 0.0)])
@pytest.mark.parametrize("vocabulary", [6, 64, 200])
def test_tokens_of_probability_zero_are_never_drawn(uniform, vocabulary):
    law = torch.full((1, vocabulary), -float("inf"))
    law[0, [2, 3]] = np.log(0.5)
    token = int(draw(law, torch.tensor([uniform], dtype=torch.float64)))
    assert token == (2 if uniform == 0 else 3)
