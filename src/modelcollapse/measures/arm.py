"""Measure a whole arm: from samples and scores of all seeds and generations to one tidy table. No torch needed."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from modelcollapse.measures.arm_measures import ENTRIES, TEXT_MODULE, inputs_of_measures, text_measures
from modelcollapse.measures.chain import Chain, read_scores, without_prompts
from modelcollapse.recursion.packing import read_rows
from modelcollapse.recursion.settings import ArmSettings, FamilySettings
from modelcollapse.runtime.entries import load_entry
from modelcollapse.runtime.parquet import write_parquet

ByGeneration = Mapping[int, Path]


def measure_arm(
    arm: ArmSettings,
    family: FamilySettings,
    human_train: Path | None,
    tokenizer: Path | None,
    generation_0: Mapping[int, Path],
    samples: Mapping[int, ByGeneration],
    scores: Mapping[int, ByGeneration],
    outputs: Mapping[str, Path],
) -> None:
    """Tidy measures of an arm: columns seed, generation, measure, unit, value, tokens (see ``measure_rows``).

    ``tokens`` is what a value rests on: predicted tokens of cross-entropies, token ids of repetition, words or n-grams of
    measures on decoded text (token ids where these count no words). A mean over rows of unequal length weighs by it.

    Args:
        arm: its measures by name. Files that none of them reads may be left out, see ``inputs_of_measures``.
        family: packing of the human rows.
        human_train: encoded human training text.
        tokenizer: the family's tokenizer file.
        generation_0: seed -> scores of the shared generation 0.
        samples: seed -> generation -> samples.
        scores: seed -> generation -> scores of the arm.
        outputs: ``table``.

    Raises:
        ValueError: an unknown measure, a file that is missing, or texts that a measure refuses.
    """
    given = {"human_train": human_train, "tokenizer": tokenizer, "samples": samples, "scores": scores}
    missing = sorted(name for name in inputs_of_measures(arm.measures) if not given[name])
    if missing:
        raise ValueError(
            f"The measures {', '.join(arm.measures)} also read {', '.join(missing)}: give these files too."
        )
    on_text = text_measures(arm.measures)
    human = _human(human_train, family) if human_train else []
    chains = [
        Chain(
            seed,
            read_scores(generation_0[seed]) if seed in generation_0 else pd.DataFrame(),
            {generation: read_scores(path) for generation, path in scores.get(seed, {}).items()},
            samples.get(seed, {}),
            human,
        )
        for seed in sorted({*scores, *samples})
    ]
    rows: list[pd.DataFrame] = []
    for name in arm.measures:
        if name not in on_text:
            entry = load_entry(ENTRIES, name)
            rows += [part for chain in chains for part in entry.measure(chain)]
    if on_text:
        rows += importlib.import_module(f"modelcollapse.{TEXT_MODULE}").measure_texts(on_text, chains, tokenizer)
    if not rows:
        raise ValueError(f"The measures {', '.join(arm.measures) or '(none)'} give no value for this arm.")
    table = pd.concat(rows, ignore_index=True)
    table = table.astype({"seed": "int32", "generation": "int32", "unit": "int32", "tokens": "int64"})
    write_parquet(table, outputs["table"], {}, split_bytes=("value",))


def _human(encoded: Path, family: FamilySettings) -> list[np.ndarray]:
    return without_prompts(read_rows(encoded, family.packing, family.row_tokens, family.train_rows))
