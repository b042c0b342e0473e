"""Differences of diversity between two sets of texts at the same number of texts and of tokens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from modelcollapse.diversity.collection import TextCollection, TextOrTokens, draw_texts
from modelcollapse.diversity.jackknife import HALF_SAMPLES, jackknife_difference
from modelcollapse.diversity.lexical.tokenisation import Tokenizer, tokenise, tokenizer_name
from modelcollapse.diversity.measure_entry import find_measure, kind_of
from modelcollapse.diversity.measurement import check_options, measure_names, options_text, prepared
from modelcollapse.diversity.statistic import Statistic

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("measure", "first", "second", "difference", "ci_low", "ci_high", "n_texts", "n_tokens", "options")


def contrast(
    first: Sequence[TextOrTokens],
    second: Sequence[TextOrTokens],
    measures: str | Iterable[str] | None = None,
    n_tokens: int | None = None,
    n_texts: int | None = None,
    seed: int = 0,
    *,
    paired: bool = False,
    equal_lengths: bool = True,
    tokenizer: Tokenizer = "words",
    options: Mapping[str, Mapping[str, Any]] | None = None,
    half_samples: int = HALF_SAMPLES,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Second minus first for each measure, with an interval.

    Both sets give the same number of texts. For lexical measures their texts are matched (by index if paired, else the
    shortest with the shortest and so on) and both of a match are cut to the length of the shorter, since every lexical
    measure moves with length: both sets then have the same number of tokens, text by text. Measures of meaning and
    syntax read the whole texts.

    Args:
        first, second: the sets; strings or lists of tokens.
        measures, tokenizer, options, half_samples, confidence: see ``measure``.
        n_tokens: tokens drawn from both pools; None takes all that the smaller has.
        n_texts: texts drawn from both sets; None takes as many as the smaller set has.
        seed: of the draws and the half-samples.
        paired: whether text i of both sets belongs together, such as two outputs for one prompt.
        equal_lengths: False compares whole texts of unequal length; then n_tokens of the pooled measures is still equal.

    Returns:
        One row per measure: measure, first, second, difference, ci_low, ci_high, n_texts, n_tokens, options.

    Raises:
        ValueError: paired sets of unequal size, more texts or tokens asked for than there are, or see ``measure``.

    >>> human = ["a b c d", "e f g h", "i j k l", "m n o p"]
    >>> model = ["a b c d e", "a b c d f", "a b c g h", "a b i j k"]
    >>> contrast(human, model, "type_token_ratio")[["first", "second", "difference", "n_tokens"]].values.tolist()
    [[1.0, 0.4375, -0.5625, 16]]
    """
    import pandas as pd

    names = measure_names(measures)
    chosen = check_options(options, names)
    whole = _same_number(TextCollection(first), TextCollection(second), n_texts, paired, seed)
    matched = _matched_lengths(*whole, tokenizer, paired) if equal_lengths else whole
    rows = []
    for name in names:
        lexical = kind_of(name) == "lexical"
        pair = matched if lexical else whole
        statistics = _prepare_both(name, pair, n_tokens, seed, tokenizer, chosen.get(name, {}))
        estimate = jackknife_difference(*statistics, paired=paired, count=half_samples, seed=seed)
        values = [statistic.value() for statistic in statistics]
        low, high = estimate.interval(confidence)
        made = dict(statistics[0].options)
        if lexical:
            made["equal_lengths"] = equal_lengths
            if "tokenizer" in made:
                made["tokenizer"] = tokenizer_name(whole[0], tokenizer)
        tokens = {statistic.n_tokens for statistic in statistics}
        rows.append(
            (name, *values, estimate.value, low, high, statistics[0].n_texts)
            + (tokens.pop() if len(tokens) == 1 else None, options_text(made | {"paired": paired}))
        )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"n_texts": "int64", "n_tokens": "Int64"})


def contrast_tables(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Second minus first of two tables of ``measure()``, whose sets are taken to be independent.

    Args:
        first, second: tables with intervals of the same confidence.

    Returns:
        One row per measure that both have, as ``contrast`` gives it; the interval adds both half-widths in quadrature.

    Raises:
        ValueError: no measure in common, or one that was taken at another number of texts or tokens or with other
            options.
    """
    import pandas as pd

    both = first.merge(second, on="measure", suffixes=("_first", "_second"))
    if both.empty:
        raise ValueError("The two tables have no measure in common. Measure both sets with the same measures.")
    for column, advice in (
        ("n_tokens", "Measure both with the same n_tokens, at most what the smaller pool has"),
        ("n_texts", "Measure the same number of texts of both"),
        ("options", "Measure both with the same options"),
    ):
        left, right = both[f"{column}_first"], both[f"{column}_second"]
        unequal = both[(left != right).fillna(left.isna() != right.isna())]
        if len(unequal):
            row = unequal.iloc[0]
            raise ValueError(
                f"{row['measure']} was measured at {column} = {row[column + '_first']} in the first table and "
                f"{row[column + '_second']} in the second. {advice}, or use contrast(), which does."
            )
    reach = np.hypot(both["ci_high_first"] - both["value_first"], both["ci_high_second"] - both["value_second"])
    difference = both["value_second"] - both["value_first"]
    return pd.DataFrame(
        {
            "measure": both["measure"],
            "first": both["value_first"],
            "second": both["value_second"],
            "difference": difference,
            "ci_low": difference - reach,
            "ci_high": difference + reach,
            "n_texts": both["n_texts_first"],
            "n_tokens": both["n_tokens_first"],
            "options": both["options_first"],
        }
    )


def _prepare_both(
    name: str,
    pair: tuple[TextCollection, TextCollection],
    n_tokens: int | None,
    seed: int,
    tokenizer: Tokenizer,
    options: Mapping[str, Any],
) -> list[Statistic]:
    """The measure on both sets; pooled measures at the tokens of the smaller pool if no number was asked for."""
    statistics = [prepared(name, one, n_tokens, seed, tokenizer, None, options) for one in pair]
    budgets = {statistic.n_tokens for statistic in statistics}
    if find_measure(name).sampled and len(budgets) > 1:
        smaller = min(int(budget) for budget in budgets if budget is not None)
        statistics = [prepared(name, one, smaller, seed, tokenizer, None, options) for one in pair]
    return statistics


def _same_number(
    first: TextCollection, second: TextCollection, n_texts: int | None, paired: bool, seed: int
) -> tuple[TextCollection, TextCollection]:
    if paired and len(first) != len(second):
        raise ValueError(
            f"Paired sets must have one text each per pair, but the first has {len(first)} texts and the second "
            f"{len(second)}. Drop what has no partner, or set paired=False."
        )
    smaller = min(len(first), len(second))
    wanted = smaller if n_texts is None else n_texts
    if isinstance(wanted, bool) or wanted != int(wanted) or wanted < 1:
        raise ValueError(f"n_texts must be a whole number of at least 1, or None, not {n_texts}.")
    if wanted > smaller:
        raise ValueError(f"n_texts = {wanted} is more than the smaller set has. Set it to at most {smaller}.")
    return draw_texts(first, int(wanted), seed, "pair" if paired else "first"), draw_texts(
        second, int(wanted), seed, "pair" if paired else "second"
    )


def _matched_lengths(
    first: TextCollection, second: TextCollection, tokenizer: Tokenizer, paired: bool
) -> tuple[TextCollection, TextCollection]:
    tokens = [[tokenise(text, tokenizer) for text in one.texts] for one in (first, second)]
    lengths = [np.array([len(text) for text in one]) for one in tokens]
    count = len(first)
    orders = [np.arange(count)] * 2 if paired else [np.argsort(one, kind="stable") for one in lengths]
    common = np.minimum(lengths[0][orders[0]], lengths[1][orders[1]])
    cut = []
    for texts, order in zip(tokens, orders, strict=True):
        kept = np.empty(count, dtype=np.int64)
        kept[order] = common
        cut.append(TextCollection([text[:length] for text, length in zip(texts, kept.tolist(), strict=True)]))
    return cut[0], cut[1]
