"""New tokens per CPU-second of our sampling, and of `transformers`' `generate` on the same weights in the same run.

Usage: OMP_NUM_THREADS=1 PYTHONPATH=src python benchmarks/sampling.py [--repeats 3]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from transformers import OPTConfig, OPTForCausalLM

from modelcollapse.recursion.models.conversion import convert, shape_of
from modelcollapse.recursion.settings import DecodingSettings
from modelcollapse.recursion.writing.sampling import sample_rows

BEGIN, PAD = 2, 1
VOCABULARY, ROWS, PROMPT, NEW_TOKENS = 2048, 100, 64, 64
WIDTHS = (64, 96, 128)
TASKS = {
    "ancestral": ({}, {"do_sample": True, "top_k": 0}),
    "top-k 50": ({"top_k": 50}, {"do_sample": True, "top_k": 50}),
    "top-p 0.9": ({"top_p": 0.9}, {"do_sample": True, "top_k": 0, "top_p": 0.9}),
    "greedy": ({"method": "greedy"}, {"do_sample": False}),
    "beam 5": ({"method": "beam"}, {"do_sample": False, "num_beams": 5}),
    "beam 5, penalty 2": (
        {"method": "beam", "repetition_penalty": 2.0},
        {"do_sample": False, "num_beams": 5, "repetition_penalty": 2.0},
    ),
}


def peer_of(width: int) -> OPTForCausalLM:
    """An OPT of `transformers` with random weights that are not close to uniform."""
    torch.manual_seed(0)
    config = OPTConfig(
        vocab_size=VOCABULARY,
        hidden_size=width,
        num_hidden_layers=2,
        num_attention_heads=4,
        ffn_dim=4 * width,
        max_position_embeddings=PROMPT + NEW_TOKENS,
        word_embed_proj_dim=width,
        init_std=0.1,
    )
    return OPTForCausalLM(config).eval()


def fastest(write: Callable[[], object], repeats: int) -> float:
    """CPU seconds of the fastest run after one to warm up."""
    seconds = []
    for _ in range(repeats + 1):
        start = time.process_time()
        write()
        seconds.append(time.process_time() - start)
    return min(seconds[1:])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(1)
    prompts = list(np.random.default_rng(0).integers(3, VOCABULARY, (ROWS, PROMPT)).astype(np.int32))
    ids = torch.as_tensor(np.stack(prompts), dtype=torch.long)
    fixed = {"max_new_tokens": NEW_TOKENS, "min_new_tokens": NEW_TOKENS, "pad_token_id": PAD, "eos_token_id": BEGIN}
    mask = torch.ones_like(ids)
    print("width  decoding            ours [tokens/CPU-s]  generate  ratio")
    for width in WIDTHS:
        peer = peer_of(width)
        ours = convert(peer.state_dict(), shape_of(peer.config))
        for name, (settings, options) in TASKS.items():
            decoding = DecodingSettings(new_tokens=NEW_TOKENS, batch_size=ROWS, **settings)
            mine = fastest(lambda d=decoding, m=ours: sample_rows(m, prompts, ROWS, d, BEGIN, PAD, (0,)), repeats)
            theirs = fastest(lambda o=options, p=peer: p.generate(ids, attention_mask=mask, **fixed, **o), repeats)
            rates = [ROWS * NEW_TOKENS / seconds for seconds in (mine, theirs)]
            print(f"{width:5d}  {name:18s}  {rates[0]:19.0f}  {rates[1]:8.0f}  {theirs / mine:5.2f}", flush=True)


if __name__ == "__main__":
    main()
