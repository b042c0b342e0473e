"""``measure()``: one call from texts to a table of measures with intervals."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modelcollapse.diversity.collection import TextCollection, TextOrTokens
from modelcollapse.diversity.jackknife import HALF_SAMPLES, jackknife
from modelcollapse.diversity.lexical.tokenisation import Tokenizer
from modelcollapse.diversity.measure_entry import KINDS, find_measure, kind_of, known_measures, names_of_kind
from modelcollapse.diversity.statistic import Statistic

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("measure", "value", "ci_low", "ci_high", "n_texts", "n_tokens", "options")
USUAL = (
    "type_token_ratio",
    "distinct_2",
    "distinct_3",
    "self_bleu",
    "hapax_share",
    "repeated_4gram_share",
    "self_repetition",
    "compression_ratio",
)
"""What ``measure()`` measures if no measures are named: lexical measures that any texts have and that take linear time."""


def measure(
    texts: Sequence[TextOrTokens] | TextCollection,
    measures: str | Iterable[str] | None = None,
    n_tokens: int | None = None,
    seed: int = 0,
    *,
    tokenizer: Tokenizer = "words",
    tokens_per_text: int | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    half_samples: int = HALF_SAMPLES,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Measure the diversity of a set of texts.

    Args:
        texts: strings, or lists of tokens (not tokenised again); at least four for intervals. A ``TextCollection``
            keeps what was counted for the next call.
        measures: names, see ``measure_entry.known_measures``; None takes ``USUAL``, ``"lexical"``, ``"semantic"`` and
            ``"syntactic"`` all of that kind that need no option.
        n_tokens: tokens (n-grams) drawn for measures of the pooled text, so that sets of different size compare.
        seed: of that draw and of the half-samples.
        tokenizer: for strings, see ``tokenise``; measures of meaning and syntax read the strings themselves.
        tokens_per_text: lexical measures see only the first so many tokens of each text.
        options: more options by measure, such as ``{"self_bleu": {"max_order": 3}}``.
        half_samples: of the delete-half jackknife; 0 leaves the intervals empty.
        confidence: of the intervals.

    Returns:
        One row per measure: measure, value, ci_low, ci_high, n_texts, n_tokens (what the value rests on; missing for
        measures that count no tokens), options (JSON).

    Raises:
        ValueError: unknown measure or option, or texts that a measure cannot be computed on; says what to do.

    >>> table = measure(["a b c d e", "a b c f g", "h i j k l", "m n o p q"], ["type_token_ratio", "self_bleu"])
    >>> table[["measure", "value", "n_texts", "n_tokens"]].round(3).to_dict("records")[0]
    {'measure': 'type_token_ratio', 'value': 0.85, 'n_texts': 4, 'n_tokens': 20}
    """
    import pandas as pd

    collection = texts if isinstance(texts, TextCollection) else TextCollection(texts)
    names = measure_names(measures)
    chosen = check_options(options, names)
    rows = []
    for name in names:
        statistic = prepared(name, collection, n_tokens, seed, tokenizer, tokens_per_text, chosen.get(name, {}))
        estimate = jackknife(statistic, half_samples, seed)
        low, high = estimate.interval(confidence)
        rows.append(
            (name, estimate.value, low, high, statistic.n_texts, statistic.n_tokens, options_text(statistic.options))
        )
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"n_texts": "int64", "n_tokens": "Int64"})


def measure_names(measures: str | Iterable[str] | None) -> list[str]:
    """Names of measures: the given ones, those of a kind, or the usual ones.

    Raises:
        ValueError: an unknown name, or none.
    """
    if measures is None:
        return list(USUAL)
    asked = [measures] if isinstance(measures, str) else list(measures)
    names: list[str] = []
    for name in asked:
        names += [known for known in names_of_kind(name) if not find_measure(known).needs] if name in KINDS else [name]
    for name in names:
        kind_of(name)
    if not names:
        raise ValueError(
            f"No measure was named. Leave measures out for the usual ones, or choose from {', '.join(known_measures())}."
        )
    return list(dict.fromkeys(names))


def prepared(
    name: str,
    collection: TextCollection,
    n_tokens: int | None = None,
    seed: int = 0,
    tokenizer: Tokenizer = "words",
    tokens_per_text: int | None = None,
    options: Mapping[str, Any] | None = None,
) -> Statistic:
    """Prepare one measure with the options that its kind takes.

    Raises:
        ValueError: an option that the measure does not have, or what the measure refuses.
    """
    entry = find_measure(name)
    keywords: dict[str, Any] = dict(entry.options)
    if kind_of(name) == "lexical":
        keywords |= {"tokenizer": tokenizer, "tokens_per_text": tokens_per_text}
    known = [parameter for parameter in inspect.signature(entry.prepare).parameters if parameter != "collection"]
    if entry.sampled:
        keywords["n_tokens"] = n_tokens
    if "seed" in known:
        keywords["seed"] = seed
    for option in options or {}:
        if option in entry.options:
            raise ValueError(f"The name {name} already fixes {option}: leave it out of its options.")
        if option not in known:
            free = [parameter for parameter in known if parameter not in entry.options]
            raise ValueError(f"{name} has no option {option!r}. Its options are: {', '.join(free)}.")
    return entry.prepare(collection, **{**keywords, **(options or {})})


def check_options(
    options: Mapping[str, Mapping[str, Any]] | None, names: Sequence[str]
) -> Mapping[str, Mapping[str, Any]]:
    """The options, if every one belongs to a measure that is measured.

    Raises:
        ValueError: options of a measure that was not named.
    """
    for name in options or {}:
        if name not in names:
            raise ValueError(
                f"There are options for {name!r}, which is not measured. Measured are: {', '.join(names)}."
            )
    return options or {}


def options_text(options: Mapping[str, Any]) -> str:
    """Options as JSON, sorted, without those that are None."""
    return json.dumps({key: value for key, value in options.items() if value is not None}, sort_keys=True, default=str)
