"""Human text of a corpus mirror measured as Guo et al. measured theirs, at stated numbers of tokens and texts.

Their Human row (Table 1) is one pool per task of unknown size. Rarefaction tells at which size another corpus of the
same kind would give the same ratio: the pool size that explains the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from modelcollapse.diversity.collection import TextCollection, draw_texts
from modelcollapse.diversity.jackknife import HALF_SAMPLES, jackknife
from modelcollapse.diversity.lexical.measures.self_bleu import prepare_self_bleu
from modelcollapse.diversity.lexical.pooled import expected_types, prepare_distinct_n
from modelcollapse.diversity.lexical.tokenisation import ngram_arrays
from modelcollapse.diversity.measure_files import read_texts

if TYPE_CHECKING:
    import pandas as pd

POOLED = {"type_token_ratio": 1, "distinct_2": 2, "distinct_3": 3}
"""Orders of the pooled measures."""
GUO_HUMAN = {
    "news": {"type_token_ratio": 7.36, "distinct_2": 48.1, "distinct_3": 81.1, "one_minus_self_bleu": 73.3},
    "abstracts": {"type_token_ratio": 3.09, "distinct_2": 35.4, "distinct_3": 75.0, "one_minus_self_bleu": 71.0},
    "stories": {"type_token_ratio": 2.23, "distinct_2": 30.5, "distinct_3": 70.6, "one_minus_self_bleu": 67.0},
}
"""Table 1 of Guo et al. 2024, row Human, x100 (by way of a lecture deck that reproduces it)."""
TOKENS = (40_000, 250_000, 500_000, 1_500_000)
"""Pool sizes at which the pooled measures are shown, where the corpus has so much text."""
TEXTS = (250, 500, 1_000, 2_000, 4_000)
"""Numbers of texts at which Self-BLEU is shown."""


@dataclass(frozen=True)
class TextKind:
    """One kind of human text.

    Attributes:
        name: what the tables call it.
        files: folder and splits in the mirror.
        column: key of the text; None for plain text, one paragraph per line.
        task: the task of Guo et al. that it is set beside; None for none.
    """

    name: str
    files: tuple[str, tuple[str, ...]]
    column: str | None
    task: str | None


HUMAN_TEXTS = (
    TextKind("news bodies", ("news", ("train", "validation", "test")), "document", "news"),
    TextKind("news headlines", ("news", ("train", "validation", "test")), "summary", "news"),
    TextKind("abstracts", ("abstracts", ("train", "validation", "test")), "abstract", "abstracts"),
    TextKind("TinyStories", ("tinystories", ("train", "validation")), "text", "stories"),
    TextKind("WikiText paragraphs", ("wikitext", ("train", "validation", "test")), None, None),
)


def read_human_texts(mirror: Path, text: TextKind) -> list[str]:
    """All texts of one kind, splits pooled; titles of WikiText are left out.

    Raises:
        ValueError: the mirror lacks a file.
    """
    folder, splits = text.files
    texts: list[str] = []
    for split in splits:
        name = f"{split}.txt.gz" if text.column is None else f"{split}.jsonl.gz"
        texts += [str(entry) for entry in read_texts(Path(mirror) / folder / name, text.column or "text")]
    return [entry for entry in texts if text.column is not None or not entry.startswith("=")]


def rarefaction_curve(collection: TextCollection, n: int) -> Callable[[int], float]:
    """Expected distinct n-gram ratio of the collection as a function of the n-grams drawn from its pool."""
    grams = ngram_arrays(collection, n)
    spectrum = np.bincount(np.bincount(grams.ids))
    # n-grams that never occur are none of the types
    spectrum[0] = 0
    return lambda drawn: expected_types(spectrum, drawn) / drawn


def implied_tokens(curve: Callable[[int], float], most: int, ratio: float) -> float:
    """Tokens at which the falling curve reaches the ratio, by bisection.

    Returns:
        NaN if the curve is still above the ratio with all ``most`` tokens, or never that high.
    """
    low, high = 2, most
    if not curve(high) <= ratio <= curve(low):
        return float("nan")
    while high - low > max(1, high // 1000):
        middle = (low + high) // 2
        low, high = (middle, high) if curve(middle) > ratio else (low, middle)
    return float(high)


def human_rows(mirror: Path, half_samples: int = HALF_SAMPLES, texts: Sequence[TextKind] = HUMAN_TEXTS) -> pd.DataFrame:
    """Lexical measures of human text at stated sizes beside Guo et al.'s Human row.

    Args:
        mirror: folder of corpora, ``<corpus>/<split>.jsonl.gz`` or ``.txt.gz``.
        half_samples: of the jackknife.
        texts: what to measure.

    Returns:
        One row per text, measure and size: text, measure, size (tokens drawn; texts for ``one_minus_self_bleu``), unit,
        value, ci_low, ci_high (all x100), guo_task, guo_value (x100), implied_size (tokens or texts at which this
        text's curve meets Guo's value; NaN if it does not within its own pool).
    """
    import pandas as pd

    rows: list[tuple[object, ...]] = []
    for text in texts:
        collection = TextCollection(read_human_texts(mirror, text))
        published = GUO_HUMAN.get(text.task or "", {})
        for name, n in POOLED.items():
            rows += _pooled_rows(text, collection, name, n, published.get(name), half_samples)
        rows += _self_bleu_rows(text, collection, published.get("one_minus_self_bleu"), half_samples)
    columns = ["text", "measure", "size", "unit", "value", "ci_low", "ci_high"]
    return pd.DataFrame(rows, columns=[*columns, "guo_task", "guo_value", "implied_size"])


def human_curves(mirror: Path, points: int = 30, texts: Sequence[TextKind] = HUMAN_TEXTS) -> pd.DataFrame:
    """Rarefaction curves of human text: text, measure, size (tokens drawn), value (x100)."""
    import pandas as pd

    rows = []
    for text in texts:
        collection = TextCollection(read_human_texts(mirror, text))
        for name, n in POOLED.items():
            curve, most = rarefaction_curve(collection, n), len(ngram_arrays(collection, n).ids)
            for drawn in np.unique(np.geomspace(min(1_000, most), most, points).astype(int)):
                rows.append((text.name, name, int(drawn), 100 * curve(int(drawn))))
    return pd.DataFrame(rows, columns=["text", "measure", "size", "value"])


def _pooled_rows(
    text: TextKind, collection: TextCollection, name: str, n: int, published: float | None, half_samples: int
) -> list[tuple[object, ...]]:
    curve, most = rarefaction_curve(collection, n), len(ngram_arrays(collection, n).ids)
    implied = float("nan") if published is None else implied_tokens(curve, most, published / 100)
    rows: list[tuple[object, ...]] = []
    for drawn in [size for size in TOKENS if size <= most]:
        estimate = jackknife(prepare_distinct_n(collection, n, drawn), half_samples)
        values = [100 * value for value in (estimate.value, *estimate.interval())]
        rows.append((text.name, name, drawn, "tokens", *values, text.task, published, implied))
    return rows


def _self_bleu_rows(
    text: TextKind, collection: TextCollection, published: float | None, half_samples: int
) -> list[tuple[object, ...]]:
    counts = [count for count in TEXTS if count <= len(collection)]
    measured = []
    for count in counts:
        estimate = jackknife(prepare_self_bleu(draw_texts(collection, count, seed=0)), half_samples)
        low, high = estimate.interval()
        measured.append([100 * (1 - value) for value in (estimate.value, high, low)])
    values = [value for value, _, _ in measured]
    implied = float("nan")
    if published is not None and values and min(values) <= published <= max(values):
        implied = float(np.exp(np.interp(published, values[::-1], np.log(counts)[::-1])))
    return [
        (text.name, "one_minus_self_bleu", count, "texts", *line, text.task, published, implied)
        for count, line in zip(counts, measured, strict=True)
    ]
