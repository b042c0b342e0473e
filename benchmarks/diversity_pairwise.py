"""Seconds and memory of the mean pairwise distance at 100,000 x 384, and of a full matrix where that is feasible.

Usage: OMP_NUM_THREADS=1 python -m benchmarks.diversity_pairwise
"""

from __future__ import annotations

import time
import tracemalloc

import numpy as np
from scipy.spatial.distance import pdist

from modelcollapse.diversity import mean_pairwise_distance
from modelcollapse.runtime.seeds import generator

DIMENSION = 384
SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)
FULL_UP_TO = 3_000
REPEATS = 3


def full_matrix(rows: np.ndarray) -> float:
    """1 - the mean off-diagonal entry of the n x n matrix of cosines."""
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    n = len(unit)
    return float(1 - ((unit @ unit.T).sum() - n) / (n * (n - 1)))


def main() -> None:
    """Print a row per size; the best of three runs, in wall and CPU seconds."""
    rows = generator("benchmark", "pairwise").normal(size=(SIZES[-1], DIMENSION)).astype(np.float32) + 0.3
    print(
        f"embeddings of {DIMENSION} numbers in single precision; full matrix and SciPy's pdist up to n = {FULL_UP_TO}"
    )
    print("     n   closed form s  (CPU s)   peak MB   full matrix s   pdist s   largest difference")
    for size in SIZES:
        given = rows[:size]
        seconds, cpu, value = _best(mean_pairwise_distance, given)
        tracemalloc.start()
        mean_pairwise_distance(given)
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        line = f"{size:>6}   {seconds:>13.4f}  {cpu:>7.4f}   {peak:>7.1f}"
        if size <= FULL_UP_TO:
            full, _, by_matrix = _best(full_matrix, given.astype(np.float64))
            start = time.perf_counter()
            by_pairs = float(pdist(given.astype(np.float64), "cosine").mean())
            pairs = time.perf_counter() - start
            worst = max(abs(value - by_matrix), abs(value - by_pairs))
            line += f"   {full:>13.4f}   {pairs:>7.3f}   {worst:.1e}"
        print(line, flush=True)


def _best(function, rows: np.ndarray) -> tuple[float, float, float]:
    times = []
    for _ in range(REPEATS):
        wall, cpu = time.perf_counter(), time.process_time()
        value = function(rows)
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
    return min(wall for wall, _ in times), min(cpu for _, cpu in times), value


if __name__ == "__main__":
    main()
