"""Training tokens per CPU-second: our fit, a bare PyTorch loop on the same network, and `transformers`' OPT.

Usage: OMP_NUM_THREADS=1 PYTHONPATH=src python benchmarks/training.py [--repeats 7] [--steps 20]

Everything that a fit does beyond the bare loop counts: order of rows, masks, learning rates, counters, checks of the
loss. Validation is left to one row, since the loops have none. The runs take turns, so that a busy machine slows all of
them, and a ratio is the median over turns.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional
from transformers import OPTConfig, OPTForCausalLM

from modelcollapse.recursion.models.model_files import build_model
from modelcollapse.recursion.models.network import LanguageModel
from modelcollapse.recursion.packing import TokenRows, rows_from
from modelcollapse.recursion.settings import ModelSettings, TrainingSettings
from modelcollapse.recursion.train import fit

VOCABULARY, BATCH, TOKENS = 2048, 16, 64
RATE = 4e-4
SIZES = {
    "d64 L2": {"width": 64, "layers": 2, "dropout": 0.0},
    "d128 L2": {"width": 128, "layers": 2, "dropout": 0.0},
    "d128 L2 dropout": {"width": 128, "layers": 2, "dropout": 0.1},
}


def ours(model: LanguageModel, rows: TokenRows) -> None:
    """The engine's fit, one epoch."""
    training = TrainingSettings(epochs=1, batch_size=BATCH, learning_rate=RATE)
    with tempfile.TemporaryDirectory() as folder:
        fit(model, rows, rows.take(np.array([0])), training, (0, 0), Path(folder))


def bare(model: LanguageModel, rows: TokenRows) -> None:
    """The shortest loop one would write for this network."""
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE)
    ids = torch.from_numpy(rows.ids.astype(np.int64))
    for batch in ids[torch.randperm(len(ids))].split(BATCH):
        loss = functional.cross_entropy(model(batch)[:, :-1].flatten(0, 1), batch[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def library(model: OPTForCausalLM, rows: TokenRows) -> None:
    """The same loop on the library's network with the library's loss."""
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE)
    ids = torch.from_numpy(rows.ids.astype(np.int64))
    for batch in ids[torch.randperm(len(ids))].split(BATCH):
        loss = model(input_ids=batch, labels=batch).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def build_library(size: dict[str, float]) -> OPTForCausalLM:
    """OPT of the same size."""
    width = int(size["width"])
    config = OPTConfig(
        vocab_size=VOCABULARY,
        hidden_size=width,
        num_hidden_layers=int(size["layers"]),
        num_attention_heads=4,
        ffn_dim=4 * width,
        max_position_embeddings=2 * TOKENS,
        word_embed_proj_dim=width,
        dropout=size["dropout"],
        attention_dropout=size["dropout"],
    )
    return OPTForCausalLM(config)


def cpu_seconds(runs: dict[str, Callable[[], None]], repeats: int) -> dict[str, np.ndarray]:
    """CPU seconds of every run in every turn, after one turn to warm up."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats + 1):
        for name, run in runs.items():
            start = time.process_time()
            run()
            seconds[name].append(time.process_time() - start)
    return {name: np.array(found[1:]) for name, found in seconds.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--steps", type=int, default=20)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    random = np.random.default_rng(0)
    rows = rows_from(list(random.integers(2, VOCABULARY, (arguments.steps * BATCH, TOKENS)).astype(np.int32)))
    table = [f"{'model':18s} {'ours':>8s} {'bare':>8s} {'transformers':>13s}  ours / bare  ours / transformers"]
    for name, size in SIZES.items():
        settings = ModelSettings.model_validate({"heads": 4, "positions": 2 * TOKENS} | size)
        runs = {
            "ours": lambda s=settings: ours(build_model(s, VOCABULARY, seed=0), rows),
            "bare": lambda s=settings: bare(build_model(s, VOCABULARY, seed=0), rows),
            "transformers": lambda s=size: library(build_library(s), rows),
        }
        seconds = cpu_seconds(runs, arguments.repeats)
        rates = [len(rows) * TOKENS / float(np.median(found)) for found in seconds.values()]
        ratios = [float(np.median(seconds[peer] / seconds["ours"])) for peer in ("bare", "transformers")]
        table.append(
            f"{name:18s} {rates[0]:8.0f} {rates[1]:8.0f} {rates[2]:13.0f}  {ratios[0]:11.2f}  {ratios[1]:19.2f}"
        )
    print(f"training tokens per CPU-second, batches of {BATCH} x {TOKENS}, vocabulary {VOCABULARY}, one thread")
    print("\n".join(table))


if __name__ == "__main__":
    main()
