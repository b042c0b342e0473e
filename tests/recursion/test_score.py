"""Cross-entropy of rows against `transformers`' loss and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import OPTConfig, OPTForCausalLM

from modelcollapse.recursion.models.conversion import convert, shape_of
from modelcollapse.recursion.models.model_files import build_model
from modelcollapse.recursion.packing import TokenRows, rows_from
from modelcollapse.recursion.score import (
    mean_cross_entropy,
    negative_log_likelihood,
    predicted_tokens,
    row_perplexity,
)
from modelcollapse.recursion.settings import ModelSettings

VOCABULARY = 30
LENGTHS = (9, 4, 7, 2, 9)


@pytest.fixture(scope="module")
def peer():
    torch.manual_seed(0)
    config = OPTConfig(
        vocab_size=VOCABULARY,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        ffn_dim=32,
        max_position_embeddings=16,
        word_embed_proj_dim=16,
        init_std=0.3,
    )
    return OPTForCausalLM(config).eval()


@pytest.fixture(scope="module")
def model(peer):
    return convert(peer.state_dict(), shape_of(peer.config)).train()


@pytest.fixture(scope="module")
def texts():
    random = np.random.default_rng(0)
    return [random.integers(3, VOCABULARY, length).astype(np.int32) for length in LENGTHS]


def test_each_row_has_the_loss_that_transformers_gives_it(peer, model, texts):
    sums, tokens = negative_log_likelihood(model, rows_from(texts), batch_size=2)
    assert (sums.dtype, tokens.dtype) == (np.float64, np.int32)
    assert tokens.tolist() == [length - 1 for length in LENGTHS]
    for text, total, count in zip(texts, sums, tokens, strict=True):
        ids = torch.from_numpy(text.astype(np.int64))[None]
        with torch.no_grad():
            loss = peer(ids, labels=ids).loss.item()
        assert total / count == pytest.approx(loss, rel=1e-5)


def test_batches_filling_and_training_mode_do_not_matter(model, texts):
    rows = rows_from(texts)
    filled = TokenRows(np.pad(rows.ids, ((0, 0), (0, 5)), constant_values=11), rows.lengths, rows.prompt_lengths)
    expected, _ = negative_log_likelihood(model, rows, batch_size=1)
    for other, size in ((rows, 3), (rows, 64), (filled, 2)):
        np.testing.assert_allclose(negative_log_likelihood(model, other, size)[0], expected, rtol=1e-5)
    assert model.training


def test_a_prompt_is_read_and_not_scored(model, texts):
    prompts = [np.array([5, 6, 7], dtype=np.int32), np.array([8], dtype=np.int32)]
    given = rows_from(texts[:2], prompts)
    whole = rows_from([np.concatenate(pair) for pair in zip(prompts, texts[:2], strict=True)])
    sums, tokens = negative_log_likelihood(model, given, 2)
    assert tokens.tolist() == [9, 4]
    difference = negative_log_likelihood(model, whole, 2)[0] - negative_log_likelihood(model, rows_from(prompts), 2)[0]
    np.testing.assert_allclose(sums, difference, rtol=1e-5)


def test_an_untaught_uniform_model_has_the_perplexity_of_its_vocabulary(texts):
    uniform = build_model(ModelSettings(width=16, layers=1, heads=2, positions=16), VOCABULARY, seed=0)
    with torch.no_grad():
        uniform.embedding.weight.zero_()
    rows = rows_from(texts)
    np.testing.assert_allclose(row_perplexity(uniform, rows, 2), VOCABULARY, rtol=1e-6)
    assert mean_cross_entropy(uniform, rows, 2) == pytest.approx(np.log(VOCABULARY))


def test_the_mean_weighs_tokens_and_not_rows(model, texts):
    rows = rows_from(texts)
    sums, tokens = negative_log_likelihood(model, rows, 5)
    assert mean_cross_entropy(model, rows, 5) == pytest.approx(sums.sum() / tokens.sum(), rel=1e-12)
    np.testing.assert_allclose(row_perplexity(model, rows, 5), np.exp(sums / tokens))


def test_bf16_comes_close(model, texts):
    rows = rows_from(texts)
    expected = mean_cross_entropy(model, rows, 5)
    rounded = mean_cross_entropy(model, rows, 5, "bf16")
    assert rounded != expected
    assert rounded == pytest.approx(expected, rel=0.02)


def test_a_row_of_one_token_predicts_nothing(model):
    rows = rows_from([np.array([3], dtype=np.int32), np.array([3, 4], dtype=np.int32)])
    sums, tokens = negative_log_likelihood(model, rows, 2)
    assert (tokens.tolist(), sums[0]) == ([0, 1], 0.0)
    assert predicted_tokens(rows).tolist() == [0, 1]
    assert row_perplexity(model, rows, 2)[0] == 1.0
