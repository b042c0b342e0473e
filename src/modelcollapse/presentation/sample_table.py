"""The same prompts in every generation, so that nobody has to trust a chosen example."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from tokenizers import Tokenizer

from modelcollapse.presentation.tables import write_table
from modelcollapse.recursion.packing import read_rows
from modelcollapse.recursion.settings import FamilySettings
from modelcollapse.runtime.seeds import generator

PROMPTS = 5
MEANING = set("&<>|`*_[]\\~$#")
"""Letters that mean something in Markdown or HTML."""


def tabulate_samples(
    family: FamilySettings,
    encoded_train: Path,
    tokenizer: Path,
    samples: Mapping[int, Path],
    seed: int,
    outputs: dict[str, Path],
) -> None:
    """Prompt, what a human wrote next, and what every generation wrote, for prompts chosen by the seed.

    Args:
        family: packing of the human rows.
        encoded_train: human training text.
        tokenizer: decodes token ids.
        samples: generation -> samples of one arm and seed.
        seed: chooses the prompts, before any text is seen.
        outputs: ``csv``, ``markdown``.
    """
    decode = Tokenizer.from_file(str(tokenizer)).decode
    human = read_rows(encoded_train, family.packing, family.row_tokens).texts()
    count = family.train_rows or len(human)
    chosen = np.sort(generator("sample table", seed).permutation(count)[:PROMPTS])
    columns = {"prompt": [_readable(decode(human[row].tolist())) for row in chosen]}
    following = [human[row + 1] if row + 1 < len(human) else human[row][:0] for row in chosen]
    columns["human"] = [_readable(decode(text.tolist())) for text in following]
    for generation, path in sorted(samples.items()):
        columns[f"generation {generation}"] = _texts(path, chosen, decode)
    write_table(pd.DataFrame(columns), outputs, markdown_cell=literal)


def _texts(path: Path, chosen: np.ndarray, decode: object) -> list[str]:
    table = pq.read_table(path, columns=["prompt_id", "ids", "held_out"]).to_pandas()
    kept = table[~table.held_out].drop_duplicates("prompt_id").set_index("prompt_id").ids
    return [_readable(decode(kept[row].tolist())) if row in kept.index else "" for row in chosen]  # type: ignore[operator]


def _readable(text: str) -> str:
    """One line of printable letters."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


def literal(text: str) -> str:
    """The text so that Markdown shows every letter as it is."""
    return "".join(f"&#{ord(letter)};" if letter in MEANING else letter for letter in text)
