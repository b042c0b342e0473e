"""Every figure and table that some config shows has its caption, and no caption is left over."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from modelcollapse.configuration.loading import load_config, read_files
from modelcollapse.papers import registry

CONFIGS = sorted((Path(__file__).parents[2] / "config").glob("*.yaml"))
MOST_WORDS = 80


def captions(paper):
    folder = Path(registry.__file__).parent / paper / "captions"
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.iterdir()}


@pytest.fixture(scope="module")
def shown():
    """Paper -> name of a caption -> topic, over all configs with all arms."""
    found = {paper: {} for paper in registry.PAPERS}
    for path in CONFIGS:
        config = load_config(read_files([path]))
        for paper in registry.PAPERS:
            for topic in registry.part(paper, "experiments").topics(getattr(config, paper), "all"):
                found[paper] |= dict.fromkeys(topic.figures, topic)
                found[paper] |= dict.fromkeys((f"table_{name}" for name in topic.tables), topic)
    return found


@pytest.mark.parametrize("paper", registry.PAPERS)
def test_captions_are_those_of_the_figures_and_tables(paper, shown):
    assert sorted(captions(paper)) == sorted(shown[paper])


@pytest.mark.parametrize("paper", registry.PAPERS)
def test_every_figure_and_table_is_drawn_by_its_topic(paper, shown):
    for name, topic in shown[paper].items():
        module = importlib.import_module(f"modelcollapse.{topic.module}")
        assert (name in topic.figures and name in module.FIGURES) or name.removeprefix("table_") in module.TABLES, name


@pytest.mark.parametrize("paper", registry.PAPERS)
def test_captions_are_short_and_plain(paper):
    for name, text in captions(paper).items():
        # Snakemake fills in what stands in double braces
        assert "{{" not in text and "{%" not in text, name
        assert len(text.split()) <= MOST_WORDS, name
        assert text.endswith(".\n") and max(map(len, text.splitlines())) <= 120, name


@pytest.mark.parametrize("paper", registry.PAPERS)
def test_captions_of_figures_say_how_sure_they_are(paper):
    for name, text in captions(paper).items():
        if not name.startswith("table_"):
            assert re.search("interval|quantile", text), f"{paper}/{name}"
