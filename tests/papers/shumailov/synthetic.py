"""Small files in the formats of the steps, with made-up numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from modelcollapse.measures.measure_rows import AGGREGATED, COLUMNS, HUMAN
from modelcollapse.measures.paper_data import PaperData
from modelcollapse.papers.shumailov.settings import ShumailovSettings
from modelcollapse.runtime.parquet import write_parquet

CORE = {"epochs5_kept0": 0.10, "epochs10_kept0": 0.14, "epochs5_kept10": 0.05, "epochs10_kept10": 0.06}
"""Arms and how much their cross-entropy grows per generation, in nats."""
ABLATIONS = {"beam5_penalty1": 0.5, "beam5_penalty2": 0.6, "greedy": 0.4, "continued": 0.02, "top_p_90": 0.15}


NAMES = [*CORE, "human_steps10", *ABLATIONS]


def settings(*names: str) -> ShumailovSettings:
    """The paper's settings with some of the arms above; all where none is named."""
    arms: dict[str, dict[str, object]] = {
        "epochs5_kept0": {"training": {"epochs": 5}},
        "epochs10_kept0": {"training": {"epochs": 10}},
        "epochs5_kept10": {"training": {"epochs": 5}, "regime": {"name": "preserve", "kept": 0.1}},
        "epochs10_kept10": {"training": {"epochs": 10}, "regime": {"name": "preserve", "kept": 0.1}},
        "human_steps10": {"role": "control", "generations": 1, "regime": {"name": "human_steps"}},
        "beam5_penalty1": {"role": "ablation", "decoding": {"method": "beam"}},
        "beam5_penalty2": {"role": "ablation", "decoding": {"method": "beam", "repetition_penalty": 2.0}},
        "greedy": {"role": "ablation", "decoding": {"method": "greedy"}},
        "top_p_90": {"role": "ablation", "decoding": {"top_p": 0.9}},
        "continued": {"role": "ablation", "weights": "continued"},
    }
    given = {"family": "opt", "generations": 5, "label": ""}
    language_model = {
        "families": {"opt": {"corpus": "prose", "tokenizer": "words", "model": {"width": 16, "heads": 2}}},
        "arms": {name: given | arms.get(name, {}) for name in names or NAMES},
    }
    mixture = {
        "one_blob_500": {"samples": 500},
        "one_blob_1000": {"samples": 1000},
        "two_blobs_1000": {"data": "two_blobs"},
    }
    return ShumailovSettings.model_validate(
        {"first_seed": 1, "language_model": language_model, "mixture": mixture, "vae": {"corpus": "digits"}}
    )


def with_arms(given: ShumailovSettings, **changes: dict[str, object]) -> ShumailovSettings:
    """The same settings with some fields of some arms changed."""
    models = given.language_model
    arms = {name: arm.model_copy(update=changes.get(name, {})) for name, arm in models.arms.items()}
    return given.model_copy(update={"language_model": models.model_copy(update={"arms": arms})})


def arm_data(paths: dict[str, Path]) -> PaperData:
    """Measures of some arms, and settings that hold no others."""
    return PaperData({"measures": paths}, settings(*paths))


def arm_measures(seed: int, generation: int, growth: float, rows: int = 150, beam: bool = False) -> list[tuple]:
    """One seed and generation of an arm, as (seed, generation, measure, unit, value, tokens)."""
    random = np.random.default_rng((seed, generation, round(growth * 1000)))
    sequences = random.normal(4.0 - 0.2 * generation, 0.5 + 0.08 * generation, rows)
    overall = {
        "cross_entropy": 4.2 + 0.02 * random.normal() + growth * np.sqrt(generation),
        "median_cross_entropy_under_generation_0": np.median(sequences),
        "share_above_human_99": 0.01 + 0.005 * generation,
        "repeated_token_4gram_share": 0.02 + 0.01 * generation,
        "repeating_rows": 0.2 + 0.05 * generation,
    }
    if generation >= 1 and not beam:
        entropy = 4.0 - 0.15 * generation + 0.02 * random.normal()
        overall |= {"own_cross_entropy": entropy + 0.3, "own_entropy": entropy, "own_divergence": 0.3}
    found = [(seed, generation, measure, AGGREGATED, value, 64 * rows) for measure, value in overall.items()]
    # rows of measures that have a value over all rows as well
    found += [(seed, generation, "repeated_token_4gram_share", row, 9.0, 64) for row in range(2)]
    return found + [(seed, generation, "sequence_cross_entropy", row, x, 63) for row, x in enumerate(sequences)]


def write_arm(folder: Path, name: str, growth: float, seeds: int = 5, generations: int = 5, rows: int = 150) -> Path:
    """Measures of an arm with human references as generation -1; as the controls do, one whose name begins with
    ``human`` has no cross-entropy of generation 0."""
    found = []
    for seed in range(seeds):
        human = np.random.default_rng(seed).normal(4.4, 0.5, rows)
        found += [(seed, HUMAN, "sequence_cross_entropy", row, value, 63) for row, value in enumerate(human)]
        found += [(seed, HUMAN, "repeated_token_4gram_share", AGGREGATED, 0.015, 64 * rows)]
        for generation in range(generations + 1):
            found += arm_measures(seed, generation, growth, rows, beam="beam" in name)
    frame = pd.DataFrame(found, columns=list(COLUMNS))
    if name.startswith("human"):
        frame = frame[frame.generation != 0]
    path = folder / f"{name}.parquet"
    types = {"seed": "int32", "generation": "int32", "unit": "int32", "tokens": "int64"}
    write_parquet(frame.astype(types), path)
    return path


def write_core_arms(folder: Path, seeds: int = 5, generations: int = 5) -> dict[str, Path]:
    """The 2 x 2 of epochs and kept data."""
    return {name: write_arm(folder, name, growth, seeds, generations) for name, growth in CORE.items()}


def write_mixture(folder: Path, name: str, samples: int, seeds: int = 4, generations: int = 60) -> Path:
    """Chains whose distance grows like generation / samples."""
    rows = []
    for seed in range(seeds):
        for generation in range(generations + 1):
            distance = (generation * np.exp(np.random.default_rng((seed, generation)).normal(0, 0.3))) / samples
            rows.append(
                {
                    "seed": seed,
                    "generation": generation,
                    "squared_l2_to_first_fit": distance,
                    "normalised_l2_to_truth": 10 * distance + 0.01,
                    "trace_covariance": 2 * np.exp(-generation / samples),
                }
            )
    path = folder / f"{name}.parquet"
    write_parquet(pd.DataFrame(rows), path)
    return path


def write_mixture_samples(folder: Path, generations: tuple[int, ...] = (-1, 0, 50, 100)) -> Path:
    """Points of one chain; generation -1 is real data."""
    points = [np.random.default_rng(g + 1).normal(0, np.exp(-g / 100), (80, 2)) for g in generations]
    path = folder / "mixture.npz"
    x, y = np.concatenate(points).T
    np.savez(path, generation=np.repeat(generations, 80), x=x, y=y)
    return path


def write_vae(folder: Path, seed: int, generations: int = 20, size: int = 8) -> tuple[Path, Path]:
    """Table and arrays of one chain."""
    random = np.random.default_rng(seed)
    spread = 0.25 + 0.5 * np.exp(-np.arange(generations + 1) / 4) + random.normal(0, 0.01, generations + 1)
    latents = random.normal(size=(generations + 1, 30, 5)) * spread[:, None, None]
    grid = random.integers(0, 256, (generations + 1, 100, size, size), dtype=np.uint8)
    frame = pd.DataFrame(
        {
            "generation": range(generations + 1),
            "latent_mean": random.normal(0, 0.02, generations + 1),
            "latent_std": spread,
            "latent_max_abs_mean": 0.1,
            "share_beyond_1_5": spread / 10,
            "classifier_confidence": 0.5 + spread / 2,
            "class_entropy": 1.0 + spread,
            "prediction_entropy": 1.5 - spread,
            "train_loss": 1000.0,
            "training_images": 40,
        }
    )
    human = {"latent_std": 0.85, "classifier_confidence": 0.95, "class_entropy": 2.29, "prediction_entropy": 0.2}
    table, arrays = folder / f"seed{seed}.parquet", folder / f"seed{seed}.npz"
    write_parquet(frame, table, {"seed": seed, "classifier_test_accuracy": 0.95, "human_test": human})
    np.savez(arrays, grid=grid, latents=latents.astype(np.float32))
    return table, arrays
