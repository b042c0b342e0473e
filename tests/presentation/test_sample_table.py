"""The sample table: the same prompts in every generation, in letters that Markdown leaves alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tokenizers import Tokenizer, decoders, models

from modelcollapse.measures.paper_data import NotAvailable, PaperData
from modelcollapse.papers.shumailov.settings import ShumailovSettings
from modelcollapse.presentation.sample_table import PROMPTS, literal, tabulate_samples
from modelcollapse.runtime.parquet import write_parquet

ROWS, ROW_TOKENS = 12, 4


def settings(first_seed=1, **first_arm):
    """Two arms; the second one's texts continue human text."""
    families = {"opt": {"corpus": "c", "tokenizer": "t", "model": {}, "row_tokens": ROW_TOKENS}}
    arm = {"family": "opt", "generations": 1}
    arms = {"alone": arm | {"prompts": "none"} | first_arm, "shown": arm}
    return ShumailovSettings.model_validate(
        {"first_seed": first_seed, "language_model": {"families": families, "arms": arms}}
    )


@pytest.fixture
def files(tmp_path):
    """Human rows of the words ``h<n>``; generation g answers row r with ``g<g>r<r>``."""
    human = [f"h{n}" for n in range(ROWS * ROW_TOKENS)]
    answers = [f"g{g}r{r}" for g in (0, 1) for r in range(ROWS)]
    words = {word: place for place, word in enumerate([*human, *answers, "held"])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="held"))
    tokenizer.decoder = decoders.Fuse()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    write_parquet(
        pa.table({"ids": pa.array([[words[word] for word in human]], pa.list_(pa.int32()))}), tmp_path / "train.parquet"
    )
    samples = {}
    for g in (0, 1):
        samples[g] = tmp_path / f"gen{g}.parquet"
        rows = [(0, [words["held"]], True), *((r, [words[f"g{g}r{r}"]], False) for r in range(ROWS))]
        table = pd.DataFrame(rows, columns=["prompt_id", "ids", "held_out"]).astype({"prompt_id": "int32"})
        write_parquet(table.assign(log_q=table.ids), samples[g])
    return {
        "samples": {f"shown/seed{seed}/gen{g}": path for seed in (1, 2, 3) for g, path in samples.items()},
        "tokenizers": {"t": tmp_path / "tokenizer.json"},
        "encoded": {"c/t/train": tmp_path / "train.parquet"},
    }


def test_every_row_is_one_prompt_with_what_followed_in_every_generation(files, table):
    tabulate_samples(PaperData(files, settings()), table)
    frame = pd.read_csv(table["csv"])
    assert list(frame.columns) == ["prompt", "human", "generation 0", "generation 1"]
    assert len(frame) == PROMPTS
    rows = [int(text.split("r")[1]) for text in frame["generation 0"]]
    assert rows == sorted(set(rows))
    assert frame["generation 1"].tolist() == [f"g1r{row}" for row in rows]
    for row, prompt in zip(rows, frame.prompt, strict=True):
        start = row * ROW_TOKENS
        assert prompt.replace(" ", "") == "".join(f"h{n}" for n in range(start, start + ROW_TOKENS))


def test_the_human_continuation_is_the_next_row(files, table):
    tabulate_samples(PaperData(files, settings()), table)
    frame = pd.read_csv(table["csv"], keep_default_na=False)
    row = int(frame["generation 0"][0].split("r")[1])
    expected = "".join(f"h{n}" for n in range((row + 1) * ROW_TOKENS, (row + 2) * ROW_TOKENS))
    assert frame.human[0].replace(" ", "") == expected


def test_the_seed_chooses_the_prompts(files, tmp_path):
    chosen = []
    for seed in (1, 1, 2, 3):
        outputs = {"csv": tmp_path / "s.csv", "markdown": tmp_path / "s.md"}
        tabulate_samples(PaperData(files, settings(seed)), outputs)
        chosen.append(tuple(pd.read_csv(outputs["csv"]).prompt))
    assert chosen[0] == chosen[1]
    assert len(set(chosen)) > 1


def test_what_was_not_made_is_named(files, table):
    with pytest.raises(NotAvailable, match="'shown/seed1/gen1' of 'samples'"):
        files["samples"].pop("shown/seed1/gen1")
        tabulate_samples(PaperData(files, settings()), table)
    with pytest.raises(NotAvailable, match="'c/t/train' of 'encoded'"):
        tabulate_samples(PaperData(files | {"encoded": {}}, settings()), table)


def test_letters_with_a_meaning_are_shown_as_they_are():
    shown = literal("a|b <c> *d* `e` [f](g) $h$ \\ ~i~ &amp; _j_ #k")
    assert not set("|<>*`[]$\\~_") & set(shown)
    assert shown.startswith("a&#124;b &#60;c&#62; ")
    assert np.char.count(shown, "&amp;") == 0
