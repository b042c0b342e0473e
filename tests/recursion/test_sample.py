"""Cached sampling and beam search against `transformers`."""

from __future__ import annotations

from tempfile import TemporaryDirectory

import numpy as np
import pytest
import torch
from peers import PEERS, VOCABULARY, tiny_peer
from scipy.stats import chisquare

from modelcollapse.recursion.models.conversion import convert, shape_of
from modelcollapse.recursion.models.network import LanguageModel, Shape, initialise
from modelcollapse.recursion.models.pretrained import load_pretrained
from modelcollapse.recursion.settings import DecodingSettings
from modelcollapse.recursion.writing import sampling as sample
from modelcollapse.recursion.writing.cache import Reader
from modelcollapse.recursion.writing.logits import log_distribution
from modelcollapse.recursion.writing.sampling import sample_rows

BEGIN, PAD = 2, 1


@pytest.fixture(params=PEERS)
def peer(request):
    model = tiny_peer(request.param, seed=1)
    for parameter in model.parameters():
        # far from uniform, so that beams and arg maxima are decided clearly
        parameter.data *= 8 if parameter.dim() > 1 else 1
    return model


@pytest.fixture
def prompts():
    return [np.random.default_rng(row).integers(3, VOCABULARY, 8).astype(np.int32) for row in range(6)]


def theirs(peer, prompts, **options):
    ids = torch.as_tensor(np.stack(prompts), dtype=torch.long)
    options = {"do_sample": False, "pad_token_id": PAD, "eos_token_id": BEGIN, "early_stopping": False} | options
    if options.get("num_beams", 1) == 1:
        options.pop("early_stopping")
    written = peer.generate(ids, attention_mask=torch.ones_like(ids), **options)
    return written[:, ids.shape[1] :].numpy()


def ours(peer, prompts, **decoding):
    with TemporaryDirectory() as folder:
        peer.save_pretrained(folder)
        model, _ = load_pretrained(folder)
    return sample_rows(model, prompts, len(prompts), DecodingSettings(**decoding), BEGIN, PAD, (0,))


def test_cached_logits_are_those_of_a_full_pass(peer, prompts):
    ids = torch.as_tensor(np.stack(prompts), dtype=torch.long)
    reader = Reader(convert(peer.state_dict(), shape_of(peer.config)).eval(), len(prompts), 8)
    with torch.no_grad():
        full = peer(ids).logits
        torch.testing.assert_close(reader.read(ids[:, :5]), full[:, 4], atol=1e-4, rtol=1e-4)
        for place in range(5, 8):
            step = reader.read(ids[:, place : place + 1])
            torch.testing.assert_close(step, full[:, place], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("penalty", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("method", ["greedy", "beam"])
def test_texts_of_fixed_length_are_those_of_generate(peer, prompts, method, penalty):
    options = {"max_new_tokens": 12, "min_new_tokens": 12, "repetition_penalty": penalty, "suppress_tokens": [PAD]}
    expected = theirs(peer, prompts, num_beams=5 if method == "beam" else 1, **options)
    found = ours(peer, prompts, method=method, new_tokens=12, repetition_penalty=penalty)
    np.testing.assert_array_equal(np.stack(found.ids), expected)


@pytest.mark.parametrize("method", ["greedy", "beam"])
def test_texts_that_may_end_are_those_of_generate(peer, prompts, method):
    with torch.no_grad():
        peer.get_input_embeddings().weight[BEGIN] *= 2
    expected = theirs(peer, prompts, num_beams=5 if method == "beam" else 1, max_new_tokens=12, suppress_tokens=[PAD])
    found = ours(peer, prompts, method=method, new_tokens=12, stop_at_end=True)
    for text, row in zip(found.ids, expected, strict=True):
        np.testing.assert_array_equal(text, row[: len(text)])
        assert set(row[len(text) :]) <= {PAD}


def tiny_model(vocabulary=7, seed=0):
    model = LanguageModel(Shape("opt", vocabulary, 8, 1, 2, 16, 24))
    initialise(model, torch.Generator().manual_seed(seed), deviation=0.8)
    return model.eval()


@pytest.mark.parametrize(
    "options", [{}, {"temperature": 0.5}, {"top_k": 3}, {"top_p": 0.8}, {"repetition_penalty": 1.5}]
)
def test_the_first_token_follows_the_decoding_distribution_and_log_q_is_its_logarithm(options):
    model, prompt, count = tiny_model(), np.array([3, 4], np.int32), 4000
    decoding = DecodingSettings(new_tokens=1, batch_size=500, **options)
    samples = sample_rows(model, [prompt] * count, count, decoding, begin_id=2, pad_id=1, seed_parts=(1,))
    with torch.no_grad():
        logits = model(torch.tensor([[3, 4]]))[:, -1].clone()
    logits[:, [1, 2]] = -float("inf")
    seen = torch.zeros(1, 7, dtype=torch.bool)
    seen[:, [3, 4]] = True
    law = log_distribution(logits, seen, decoding).exp().squeeze(0).numpy().astype(float)
    assert law.sum() == pytest.approx(1, abs=1e-6)
    tokens = np.array([text[0] for text in samples.ids])
    observed = np.bincount(tokens, minlength=7)
    assert observed[law == 0].sum() == 0
    assert chisquare(observed[law > 0], count * law[law > 0] / law.sum()).pvalue > 1e-3
    np.testing.assert_allclose([log[0] for log in samples.log_q], np.log(law[tokens]), atol=1e-5)


def test_warpers_are_those_of_transformers():
    from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

    logits = torch.randn(20, 50, generator=torch.Generator().manual_seed(0)) * 3
    expected = TemperatureLogitsWarper(0.7)(None, logits)
    expected = TopPLogitsWarper(0.85)(None, TopKLogitsWarper(20)(None, expected)).log_softmax(-1)
    found = log_distribution(logits, None, DecodingSettings(temperature=0.7, top_k=20, top_p=0.85))
    torch.testing.assert_close(found, expected)


def test_batches_do_not_depend_on_each_other():
    model, prompts = tiny_model(), [np.array([3, token], np.int32) for token in (3, 4, 5, 6)]
    decoding = DecodingSettings(new_tokens=6, batch_size=2)
    both = sample_rows(model, prompts, 4, decoding, 2, 1, (0,))
    first = sample_rows(model, prompts[:2], 2, decoding, 2, 1, (0,))
    for row in range(2):
        np.testing.assert_array_equal(both.ids[row], first.ids[row])


def test_a_killed_sampling_resumes_with_the_same_texts(tmp_path, monkeypatch):
    model, prompts = tiny_model(), [np.array([3], np.int32)] * 6
    decoding = DecodingSettings(new_tokens=6, batch_size=2)
    undisturbed = sample_rows(model, prompts, 6, decoding, 2, 1, (0,))
    write, calls = sample._write_batch, []

    def killed(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return write(*arguments)

    monkeypatch.setattr(sample, "_write_batch", killed)
    with pytest.raises(KeyboardInterrupt):
        sample_rows(model, prompts, 6, decoding, 2, 1, (0,), tmp_path)
    resumed = sample_rows(model, prompts, 6, decoding, 2, 1, (0,), tmp_path)
    assert len(calls) == 4
    for expected, found in zip(undisturbed.ids, resumed.ids, strict=True):
        np.testing.assert_array_equal(expected, found)


def test_a_damaged_batch_is_said_and_sampled_again(tmp_path, capsys):
    model, prompts = tiny_model(), [np.array([3], np.int32)] * 2
    decoding = DecodingSettings(new_tokens=4)
    expected = sample_rows(model, prompts, 2, decoding, 2, 1, (0,), tmp_path)
    (tmp_path / "batch0.npz").write_bytes(b"PK damaged")
    found = sample_rows(model, prompts, 2, decoding, 2, 1, (0,), tmp_path)
    np.testing.assert_array_equal(expected.ids[1], found.ids[1])
    assert "damaged" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("prompt", "new_tokens", "message"),
    [([], 4, "A prompt is empty"), ([3] * 20, 8, "need 28 positions, but the model has 24")],
)
def test_impossible_requests_are_refused(prompt, new_tokens, message):
    with pytest.raises(ValueError, match=message):
        sample_rows(tiny_model(), [np.array(prompt, np.int32)], 1, DecodingSettings(new_tokens=new_tokens), 2, 1, (0,))
