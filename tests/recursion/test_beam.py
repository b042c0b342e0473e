"""Beam search against `transformers`, where many texts end early."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import OPTConfig, OPTForCausalLM

from modelcollapse.recursion.models.conversion import convert, shape_of
from modelcollapse.recursion.settings import DecodingSettings
from modelcollapse.recursion.writing.beam_search import largest
from modelcollapse.recursion.writing.sampling import sample_rows

VOCABULARY, BEGIN, PAD, ROWS, PROMPT, NEW_TOKENS = 40, 2, 1, 12, 8, 30


def tiny_peer(seed, weight_of_the_end):
    torch.manual_seed(seed)
    sizes = {"hidden_size": 16, "word_embed_proj_dim": 16, "ffn_dim": 32, "num_hidden_layers": 2}
    model = OPTForCausalLM(
        OPTConfig(vocab_size=VOCABULARY, num_attention_heads=4, max_position_embeddings=40, dropout=0.0, **sizes)
    )
    for parameter in model.parameters():
        parameter.data *= 6 if parameter.dim() > 1 else 1
    model.get_input_embeddings().weight.data[BEGIN] *= weight_of_the_end
    return model.eval()


def both(peer, prompts, penalty, stop_at_end):
    options = {"repetition_penalty": penalty, "num_beams": 5, "do_sample": False, "early_stopping": False}
    options |= {"max_new_tokens": NEW_TOKENS, "pad_token_id": PAD, "eos_token_id": BEGIN, "suppress_tokens": [PAD]}
    if not stop_at_end:
        options["min_new_tokens"] = NEW_TOKENS
    ids = torch.as_tensor(np.stack(prompts), dtype=torch.long)
    theirs = peer.generate(ids, attention_mask=torch.ones_like(ids), **options)[:, PROMPT:].numpy()
    decoding = DecodingSettings(
        method="beam", new_tokens=NEW_TOKENS, repetition_penalty=penalty, stop_at_end=stop_at_end
    )
    ours = sample_rows(convert(peer.state_dict(), shape_of(peer.config)), prompts, ROWS, decoding, BEGIN, PAD, (0,))
    return [text[text != PAD].tolist() for text in theirs], [text.tolist() for text in ours.ids]


# these cases hold texts that end early while a longer one of the same prompt still rises above them
@pytest.mark.parametrize(
    ("seed", "weight", "penalty"),
    [(1, 1.5, 2.0), (2, 2.0, 3.0), (3, 2.5, 1.0), (4, 1.0, 2.0), (11, 2.5, 3.0), (18, 2.0, 1.0), (22, 2.0, 2.0)],
)
def test_texts_that_may_end_are_those_of_generate(seed, weight, penalty):
    prompts = [
        np.random.default_rng([seed, row]).integers(3, VOCABULARY, PROMPT).astype(np.int32) for row in range(ROWS)
    ]
    theirs, ours = both(tiny_peer(seed, weight), prompts, penalty, stop_at_end=True)
    assert ours == theirs


@pytest.mark.parametrize("penalty", [1.0, 2.0, 3.0])
def test_texts_of_fixed_length_are_those_of_generate_after_some_training(penalty):
    peer = tiny_peer(0, 1.0)
    # a language with structure: each token is followed by one of three
    random = np.random.default_rng(0)
    successors = random.integers(3, VOCABULARY, (VOCABULARY, 3))
    text = [3]
    for choice in random.integers(0, 3, 16 * 20 * 20):
        text.append(int(successors[text[-1], choice]))
    rows = torch.tensor(text[1:]).view(20, 16, 20)
    optimiser = torch.optim.AdamW(peer.parameters(), lr=3e-3)
    for batch in rows:
        optimiser.zero_grad()
        peer(batch, labels=batch).loss.backward()
        optimiser.step()
    theirs, ours = both(peer.eval(), [row[:PROMPT].numpy().astype(np.int32) for row in rows[0][:ROWS]], penalty, False)
    assert ours == theirs


@pytest.mark.parametrize("count", [7, 640, 1001, 4096])
def test_the_largest_values_and_their_places(count):
    values = torch.rand(9, count, generator=torch.Generator().manual_seed(count))
    best, places = largest(values, 5)
    torch.testing.assert_close(best, values.topk(5).values)
    torch.testing.assert_close(values.gather(1, places), best)
