"""Do the intervals cover? The jackknife's standard error beside the spread of the measure over fresh samples of texts.

Usage: OMP_NUM_THREADS=1 PYTHONPATH=src:. python benchmarks/diversity_intervals.py [--texts FILE --column abstract]
Without a file the texts are drawn from a Zipfian law, each about one of many topics.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from modelcollapse.diversity.collection import TextCollection
from modelcollapse.diversity.jackknife import jackknife
from modelcollapse.diversity.measure_entry import find_measure
from modelcollapse.diversity.measure_files import read_texts
from modelcollapse.diversity.measurement import measure_names, prepared

TEXTS = 200
"""Texts in each sample."""
HALVES = 40


def topical_samples(samples: int) -> Iterator[list[list[str]]]:
    """Samples of texts of 100 words, a third of them from the words of one of 500 topics."""
    shares = 1 / (np.arange(20_000) + 2.7)
    limits = np.cumsum(shares / shares.sum())
    for sample in range(samples):
        random = np.random.default_rng([11, sample])
        words = np.searchsorted(limits, random.random((TEXTS, 100)))
        topic = 20_000 + 50 * random.integers(500, size=(TEXTS, 1)) + random.integers(0, 50, (TEXTS, 100))
        yield [[f"w{word}" for word in text] for text in np.where(random.random((TEXTS, 100)) < 2 / 3, words, topic)]


def drawn_samples(texts: Sequence[str], samples: int) -> Iterator[list[str]]:
    """Samples of the texts of a file, each without replacement."""
    for sample in range(samples):
        yield [texts[i] for i in np.random.default_rng([12, sample]).choice(len(texts), TEXTS, replace=False)]


def main(arguments: Sequence[str] = ()) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=40)
    parser.add_argument("--texts", type=Path, help="file of texts to draw samples from, many more than 200")
    parser.add_argument("--column", default="text")
    chosen = parser.parse_args(arguments)
    samples = (
        drawn_samples(read_texts(chosen.texts, chosen.column), chosen.samples)
        if chosen.texts
        else topical_samples(chosen.samples)
    )
    found: dict[tuple[str, str], list[tuple[float, float, float, float]]] = {}
    for number, sample in enumerate(samples):
        collection = TextCollection(sample)
        for name in measure_names("lexical"):
            for budget in (None, 5_000, 10_000) if find_measure(name).sampled else (None,):
                estimate = jackknife(prepared(name, collection, budget, number), HALVES, number)
                key = (name, "all" if budget is None else f"{budget:,}")
                found.setdefault(key, []).append((estimate.value, estimate.standard_error, *estimate.interval()))
    print(f"{chosen.samples} samples of {TEXTS} texts, {HALVES} half-samples each\n")
    print("| measure | tokens drawn | mean | spread over samples | claimed / spread | intervals with the mean |")
    print("|---|--:|--:|--:|--:|--:|")
    for (name, budget), estimates in found.items():
        values, errors, low, high = np.array(estimates).T
        spread = values.std(ddof=1)
        ratio = np.sqrt(np.mean(errors**2)) / spread if spread > 0 else np.nan
        covered = np.mean((low <= values.mean()) & (values.mean() <= high))
        print(f"| {name} | {budget} | {values.mean():.4g} | {spread:.2g} | {ratio:.2f} | {covered:.0%} |")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
