"""Human text beside Guo's rows: curves against draws, implied sizes against inversion, table and figure."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from modelcollapse.cli import app
from modelcollapse.diversity import distinct_n, self_bleu
from modelcollapse.diversity import measure_human as human
from modelcollapse.diversity.collection import TextCollection
from modelcollapse.presentation.diversity_sizes import human_table, write_human_table


def stories(count, seed):
    random = np.random.default_rng(seed)
    return [" ".join(f"w{word}" for word in random.zipf(1.3, 60) % 3000) for _ in range(count)]


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    monkeypatch.setattr(human, "TOKENS", (2_000, 10_000))
    monkeypatch.setattr(human, "TEXTS", (100, 200))
    for folder, (splits, keys) in {
        "news": (("train", "validation", "test"), ("document", "summary")),
        "abstracts": (("train", "validation", "test"), ("title", "abstract")),
        "tinystories": (("train", "validation"), ("text",)),
    }.items():
        for number, split in enumerate(splits):
            (tmp_path / folder).mkdir(exist_ok=True)
            with gzip.open(tmp_path / folder / f"{split}.jsonl.gz", "wt") as file:
                file.writelines(json.dumps(dict.fromkeys(keys, text)) + "\n" for text in stories(90, number))
    (tmp_path / "wikitext").mkdir()
    for number, split in enumerate(("train", "validation", "test")):
        with gzip.open(tmp_path / "wikitext" / f"{split}.txt.gz", "wt") as file:
            file.write(" \n = Title = \n \n" + " \n".join(stories(90, number)))
    return tmp_path


def test_rows_are_the_measures_at_the_stated_sizes(mirror):
    rows = human.human_rows(mirror, half_samples=4)
    assert set(rows["text"]) == {text.name for text in human.HUMAN_TEXTS}
    texts = [*stories(90, 0), *stories(90, 1)]
    assert human.read_human_texts(mirror, human.HUMAN_TEXTS[3]) == texts
    assert human.read_human_texts(mirror, human.HUMAN_TEXTS[4])[:90] == stories(90, 0)
    one = rows[(rows["text"] == "TinyStories") & (rows["measure"] == "distinct_2")].set_index("size")
    assert one.loc[2_000, "value"] == pytest.approx(100 * distinct_n(texts, 2, 2_000))
    bleu = rows[(rows["text"] == "WikiText paragraphs") & (rows["unit"] == "texts")]
    assert bleu["size"].tolist() == [100, 200]
    whole = rows[(rows["text"] == "TinyStories") & (rows["unit"] == "texts")]
    assert whole["size"].tolist() == [100] and (whole["guo_value"] == 67.0).all()
    assert ((rows["ci_low"] < rows["value"]) & (rows["value"] < rows["ci_high"])).all()
    assert 100 * (1 - self_bleu(texts)) < whole["value"].iloc[0]


def test_curve_ends_at_the_whole_pool_and_is_inverted():
    texts = stories(100, 5)
    curve = human.rarefaction_curve(TextCollection(texts), 2)
    most = 100 * 59
    assert curve(most) == pytest.approx(distinct_n(texts, 2))
    assert curve(1) == pytest.approx(1)
    found = human.implied_tokens(curve, most, curve(1_234))
    assert found == pytest.approx(1_234, abs=3)
    assert np.isnan(human.implied_tokens(curve, most, curve(most) / 2))


def test_command_writes_table_and_figure(mirror, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- human:begin -->\nold\n<!-- human:end -->\nafter\n")
    arguments = ["measure-human", str(mirror), "--page", str(page), "--half-samples", "3"]
    run = CliRunner().invoke(app, [*arguments, "--figure", str(tmp_path / "sizes.svg")])
    assert run.exit_code == 0, run.output
    text = page.read_text()
    assert text.startswith("before\n<!-- human:begin -->\n|") and text.endswith("<!-- human:end -->\nafter\n")
    assert "old" not in text and "7.36 (news)" in text and "at 2,000; " in text
    assert (tmp_path / "sizes.svg").stat().st_size > 1000 and (tmp_path / "sizes.png").stat().st_size > 1000


def test_a_page_without_marks_is_refused(mirror, tmp_path):
    rows = human.human_rows(mirror, 2, human.HUMAN_TEXTS[:1])
    assert "news bodies" in human_table(rows)
    (tmp_path / "page.md").write_text("nothing")
    with pytest.raises(ValueError, match="has lost its marks"):
        write_human_table(tmp_path / "page.md", rows)
    with pytest.raises(ValueError, match="There is no file"):
        human.human_rows(tmp_path / "elsewhere")
