"""Lexical diversity beside NLTK, fast-bleu, `diversity` and vendi-score: CPU seconds, agreement, growth with n.

Usage: OMP_NUM_THREADS=1 PYTHONPATH=src:. python benchmarks/diversity_lexical.py [--figure scaling.svg]
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

from benchmarks import peers
from modelcollapse.diversity import compression_ratio, measure, self_bleu, self_repetition, vendi_score
from modelcollapse.diversity.lexical.measures.self_bleu import self_bleu_scores

SIZES = (1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000)
"""Texts in the measurement of growth."""
SUMMARIES, SUMMARY_TOKENS = 11_535, 22
"""The test split of XL-Sum English: sentences, and mean tokens."""
WINDOW = {"moving_average_type_token_ratio": {"window": 10}}
Tokens = list[str]


def zipfian_texts(count: int, mean_length: int, seed: int = 0) -> list[Tokens]:
    """Texts of words from a Zipf-Mandelbrot law over 30,000 types, lengths from half to one and a half of the mean."""
    random = np.random.default_rng([count, mean_length, seed])
    shares = 1 / (np.arange(30_000) + 2.7)
    lengths = random.integers(mean_length // 2, mean_length + mean_length // 2 + 1, count)
    words = np.searchsorted(np.cumsum(shares / shares.sum()), random.random(int(lengths.sum())))
    return [[f"w{word}" for word in part] for part in np.split(words, np.cumsum(lengths)[:-1])]


def fastest(call: Callable[[], object], repeats: int) -> tuple[float, object]:
    """CPU seconds (of all threads) of the fastest call, and what it returned."""
    seconds, result = [], None
    for _ in range(repeats):
        start = time.process_time()
        result = call()
        seconds.append(time.process_time() - start)
    return min(seconds), result


def nltk_scores(texts: Sequence[Tokens]) -> np.ndarray:
    """BLEU of each text against all others, by NLTK."""
    method = SmoothingFunction().method1
    return np.array(
        [
            sentence_bleu([*texts[:index], *texts[index + 1 :]], text, smoothing_function=method)
            for index, text in enumerate(texts)
        ]
    )


def row(what: str, ours: float, name: str, theirs: float | None, agreement: str) -> None:
    """Print a line of the table."""
    peer, ratio = ("-", "-") if theirs is None else (f"{theirs:.4g}", f"{theirs / ours:.0f}x")
    print(f"| {what} | {ours:.4g} | {name} | {peer} | {ratio} | {agreement} |", flush=True)


def compare_self_bleu(count: int, repeats: int) -> None:
    """Against NLTK and fast-bleu on one set."""
    texts = zipfian_texts(count, SUMMARY_TOKENS)
    ours, scores = fastest(lambda: self_bleu_scores(texts), 5)
    theirs, reference = fastest(lambda: nltk_scores(texts), 1)
    what = f"self_bleu, {count} sentences"
    row(what, ours, "NLTK", theirs, f"largest difference {np.abs(scores - reference).max():.1e}")
    fast = peers.load("fast_bleu")
    if fast is None:
        row(what, ours, "fast-bleu", None, "not installed")
        return
    weights = {4: (0.25,) * 4}
    theirs, found = fastest(lambda: fast.SelfBLEU(texts, weights).get_score()[4], repeats)
    wrong = np.abs(np.array(found) - reference)
    row(what, ours, "fast-bleu", theirs, f"{np.sum(wrong > 1e-12)} of {count} scores differ from NLTK")


def compare_adversarial(sets: int = 200) -> None:
    """Small sets of texts of 1 to 12 tokens out of five words: duplicates, no overlap, lengths far apart."""
    random = np.random.default_rng(3)
    made = [
        [[f"w{word}" for word in random.integers(0, 5, size)] for size in random.choice([1, 2, 3, 4, 9, 12], 6)]
        for _ in range(sets)
    ]
    ours, scores = fastest(lambda: [self_bleu_scores(texts) for texts in made], 1)
    theirs, reference = fastest(lambda: [nltk_scores(texts) for texts in made], 1)
    what = f"self_bleu, {sets} sets of 6 short texts"
    difference = np.abs(np.array(scores) - np.array(reference)).max()
    row(what, ours, "NLTK", theirs, f"largest difference {difference:.1e}")
    fast = peers.load("fast_bleu")
    if fast is not None:
        weights = {4: (0.25,) * 4}
        theirs, found = fastest(lambda: [fast.SelfBLEU(texts, weights).get_score()[4] for texts in made], 1)
        wrong = np.abs(np.array(found) - np.array(reference)).max(axis=1) > 1e-12
        row(what, ours, "fast-bleu", theirs, f"{np.sum(wrong)} of {sets} sets differ from NLTK")


def compare_others(repeats: int) -> None:
    """Self-repetition, compression ratio and Vendi score."""
    strings = [" ".join(tokens) for tokens in zipfian_texts(1_000, 150)]
    repetition, compression = (
        peers.load("diversity.lexical.self_repetition"),
        peers.load("diversity.lexical.compression"),
    )
    ours, value = fastest(lambda: self_repetition(strings, tokenizer="whitespace"), repeats)
    theirs, other = (
        fastest(lambda: repetition.self_repetition_score(strings, verbose=False), 1) if repetition else (None, np.nan)
    )
    row("self_repetition, 1,000 texts of 150", ours, "diversity", theirs, f"difference {abs(value - other):.1e}")
    ours, value = fastest(lambda: compression_ratio(strings), repeats)
    theirs, other = fastest(lambda: compression.compression_ratio(strings), 1) if compression else (None, np.nan)
    row("compression_ratio, 1,000 texts of 150", ours, "diversity", theirs, f"{value:.4f} and {other:.4f}")
    embeddings = np.random.default_rng(0).normal(size=(3_000, 384)) + 1
    vendi = peers.load("vendi_score.vendi")
    ours, value = fastest(lambda: vendi_score(embeddings), repeats)
    for name in ("score_X", "score_dual"):
        theirs, other = fastest(lambda name=name: getattr(vendi, name)(embeddings), 1) if vendi else (None, np.nan)
        agreement = f"difference {abs(value - other):.1e}"
        row("vendi_score, 3,000 x 384", ours, f"vendi-score {name}", theirs, agreement)


def measure_growth() -> list[tuple[int, int, float, float]]:
    """Texts, n-grams, CPU seconds and peak memory in MB of ``self_bleu``, tokens given."""
    grown = []
    for count in SIZES:
        texts = zipfian_texts(count, SUMMARY_TOKENS)
        seconds, _ = fastest(lambda texts=texts: self_bleu(texts), 2)
        tracemalloc.start()
        self_bleu(texts)
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        ngrams = sum(max(0, len(text) - order) for text in texts for order in range(4))
        grown.append((count, ngrams, seconds, peak))
    return grown


def print_growth(grown: list[tuple[int, int, float, float]]) -> None:
    """The table and the exponents of the power laws fitted to it."""
    print("\n| texts | n-grams | CPU s | peak MB |\n|--:|--:|--:|--:|")
    for count, ngrams, seconds, peak in grown:
        print(f"| {count:,} | {ngrams:,} | {seconds:.3f} | {peak:.1f} |")
    columns = np.log(np.array(grown, dtype=float))
    exponents = [np.polyfit(columns[:, 1], columns[:, index], 1)[0] for index in (2, 3)]
    print(
        f"\nself_bleu grows with n-grams ^ {exponents[0]:.2f} in time and ^ {exponents[1]:.2f} in memory.", flush=True
    )


def draw_growth(grown: list[tuple[int, int, float, float]], path: Path) -> None:
    """Time and memory against the number of texts, both axes logarithmic."""
    from modelcollapse.presentation.style import new_figure, save_figure

    figure, axes = new_figure(1, 2, 7.0, 2.8)
    texts = np.array([line[0] for line in grown])
    for axis, index, label in ((axes[0, 0], 2, "CPU seconds"), (axes[0, 1], 3, "peak memory [MB]")):
        values = np.array([line[index] for line in grown])
        axis.loglog(texts, values, "o-", label="self_bleu")
        axis.loglog(texts, values[-1] * texts / texts[-1], "--", color="0.5", label="linear")
        axis.set(xlabel=f"texts of {SUMMARY_TOKENS} tokens", ylabel=label)
        axis.legend()
    save_figure(figure, {"svg": path.with_suffix(".svg"), "png": path.with_suffix(".png")})


def main(arguments: Sequence[str] = ()) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--figure", type=Path, help="write the plot of growth here, as SVG and PNG")
    chosen = parser.parse_args(arguments)
    warnings.simplefilter("ignore", UserWarning)
    missing = peers.install()
    if missing:
        print(f"Could not be installed, so not compared: {', '.join(missing)}")
    print("| what | ours [CPU s] | peer | peer [CPU s] | ratio | agreement |\n|---|--:|---|--:|--:|---|")
    compare_self_bleu(400, chosen.repeats)
    compare_adversarial()
    summaries = zipfian_texts(SUMMARIES, SUMMARY_TOKENS)
    row(f"self_bleu, {SUMMARIES:,} sentences", fastest(lambda: self_bleu(summaries), 2)[0], "-", None, "")
    compare_others(chosen.repeats)
    for length in (SUMMARY_TOKENS, 150):
        texts = [" ".join(tokens) for tokens in zipfian_texts(1_000, length)]
        seconds = fastest(lambda texts=texts: measure(texts, "lexical", options=WINDOW), 1)[0]
        row(
            f"all lexical measures with intervals, 1,000 texts of {length}", seconds, "-", None, "200 half-samples each"
        )
    grown = measure_growth()
    print_growth(grown)
    if chosen.figure:
        draw_growth(grown, chosen.figure)


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
