"""The same prompts in every generation, so that nobody has to trust a chosen example."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from tokenizers import Tokenizer

from modelcollapse.measures.paper_data import NotAvailable, PaperData
from modelcollapse.presentation.chosen_arms import continuing_arm
from modelcollapse.presentation.tables import write_table
from modelcollapse.recursion.packing import read_rows
from modelcollapse.runtime.seeds import generator

PROMPTS = 5
MEANING = set("&<>|`*_[]\\~$#")
"""Letters that mean something in Markdown or HTML."""


def tabulate_samples(data: PaperData, outputs: Mapping[str, Path]) -> None:
    """Prompt, what a human wrote next, and what every generation wrote, in the first main arm that continues human text.

    The paper's first seed is shown, and chooses the prompts before any text is seen.

    Raises:
        NotAvailable: no main arm continues human text, or its files were not made.
    """
    settings, seed = data.settings.language_model, data.settings.first_seed
    arm = continuing_arm(settings)
    if arm is None:
        raise NotAvailable("no main arm continues blocks of human text")
    family = settings.families[settings.arms[arm].family]
    decode = Tokenizer.from_file(str(_file(data, "tokenizers", family.tokenizer))).decode
    encoded = _file(data, "encoded", f"{family.corpus}/{family.tokenizer}/train")
    human = read_rows(encoded, family.packing, family.row_tokens).texts()
    count = family.train_rows or len(human)
    chosen = np.sort(generator("sample table", seed).permutation(count)[:PROMPTS])
    columns = {"prompt": [_readable(decode(human[row].tolist())) for row in chosen]}
    following = [human[row + 1] if row + 1 < len(human) else human[row][:0] for row in chosen]
    columns["human"] = [_readable(decode(text.tolist())) for text in following]
    for generation in range(settings.arms[arm].generations + 1):
        path = _file(data, "samples", f"{arm}/seed{seed}/gen{generation}")
        columns[f"generation {generation}"] = _texts(path, chosen, decode)
    write_table(pd.DataFrame(columns), outputs, markdown_cell=literal)


def _file(data: PaperData, group: str, name: str) -> Path:
    if name not in data.files.get(group, {}):
        raise NotAvailable(f"'{name}' of '{group}' was not made")
    return data.files[group][name]


def _texts(path: Path, chosen: np.ndarray, decode: Callable[[list[int]], str]) -> list[str]:
    table = pq.read_table(path, columns=["prompt_id", "ids", "held_out"]).to_pandas()
    kept = table[~table.held_out].drop_duplicates("prompt_id").set_index("prompt_id").ids
    return [_readable(decode(kept[row].tolist())) if row in kept.index else "" for row in chosen]


def _readable(text: str) -> str:
    """One line of printable letters."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


def literal(text: str) -> str:
    """The text so that Markdown shows every letter as it is."""
    return "".join(f"&#{ord(letter)};" if letter in MEANING else letter for letter in text)
