"""Small files in the formats of the steps, with made-up numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from modelcollapse.runtime.parquet import write_parquet

CORE = {"epochs5_kept0": 0.10, "epochs10_kept0": 0.14, "epochs5_kept10": 0.05, "epochs10_kept10": 0.06}
"""Arms and how much their cross-entropy grows per generation, in nats."""
ABLATIONS = {"beam5_penalty1": 0.5, "beam5_penalty2": 0.6, "greedy": 0.4, "continued": 0.02, "top_p_90": 0.15}


def arm_measures(seed: int, generation: int, growth: float, rows: int = 150, beam: bool = False) -> list[tuple]:
    """One seed and generation of an arm, as (seed, generation, measure, unit, value)."""
    random = np.random.default_rng((seed, generation, round(growth * 1000)))
    cross_entropy = 4.2 + 0.02 * random.normal() + growth * np.sqrt(generation)
    sequences = np.exp(random.normal(4.0 - 0.2 * generation, 0.5 + 0.08 * generation, rows))
    aggregated = {
        "cross_entropy": cross_entropy,
        "perplexity": np.exp(cross_entropy),
        "median_perplexity_under_generation_0": np.median(sequences),
        "share_above_human_99": 0.01 + 0.005 * generation,
        "repeated_4gram_share": 0.02 + 0.01 * generation,
        "repeating_rows": 0.2 + 0.05 * generation,
    }
    if generation >= 1 and not beam:
        entropy = 4.0 - 0.15 * generation + 0.02 * random.normal()
        aggregated |= {"own_cross_entropy": entropy + 0.3, "own_entropy": entropy, "own_divergence": 0.3}
    found = [(seed, generation, measure, -1, value) for measure, value in aggregated.items()]
    return found + [(seed, generation, "sequence_perplexity", row, value) for row, value in enumerate(sequences)]


def write_arm(folder: Path, name: str, growth: float, seeds: int = 5, generations: int = 5, rows: int = 150) -> Path:
    """Measures of an arm with human references as generation -1."""
    found = []
    for seed in range(seeds):
        human = np.exp(np.random.default_rng(seed).normal(4.4, 0.5, rows))
        found += [(seed, -1, "sequence_perplexity", row, value) for row, value in enumerate(human)]
        found += [(seed, -1, "median_perplexity_under_generation_0", -1, np.median(human))]
        found += [(seed, -1, "repeated_4gram_share", -1, 0.015), (seed, -1, "repeating_rows", -1, 0.1)]
        for generation in range(generations + 1):
            found += arm_measures(seed, generation, growth, rows, beam="beam" in name)
    frame = pd.DataFrame(found, columns=["seed", "generation", "measure", "unit", "value"])
    path = folder / f"{name}.parquet"
    write_parquet(frame.astype({"seed": "int32", "generation": "int32", "unit": "int32"}), path)
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
    parts = []
    for generation in generations:
        points = np.random.default_rng(generation + 1).normal(0, np.exp(-generation / 100), (80, 2))
        parts.append(pd.DataFrame({"generation": generation, "x": points[:, 0], "y": points[:, 1]}))
    path = folder / "mixture.samples.parquet"
    write_parquet(pd.concat(parts), path)
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


def write_theory(folder: Path) -> dict[str, Path]:
    """Every theory experiment, simulated by the step itself with few replicates."""
    from modelcollapse.papers.shumailov.settings import TheorySettings
    from modelcollapse.papers.shumailov.simulations.theory import EXPERIMENTS, run_theory

    settings = TheorySettings(
        replicates=200,
        loop_replicates=40,
        loop_generations=40,
        loop_samples=[100, 1000],
        pool_replicates=20,
        discrete_replicates=100,
        multivariate_replicates=100,
    )
    paths = {name: folder / f"{name}.parquet" for name in EXPERIMENTS}
    for name, path in paths.items():
        run_theory(name, settings, {"table": path})
    return paths
