"""Wrong configs and what they say."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from modelcollapse.configuration.loading import ConfigError, load_config, merge, read_files

CONFIGS = sorted((Path(__file__).parents[2] / "config").glob("*.yaml"))
LAPTOP = Path(__file__).parents[2] / "config" / "laptop.yaml"


def load_with(change: dict, tmp_path: Path):
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(change))
    return load_config(read_files([LAPTOP, file]), [LAPTOP, file])


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
@pytest.mark.parametrize("text", ["embedded", "published"])
def test_every_config_is_valid_with_both_texts(path, text):
    merged = read_files([path])
    if text == "embedded" and merged["scale"] in ("workstation", "paper"):
        text = "published"
    config = load_config(merge(merged, {"text": text}), [path])
    assert config.scale == path.stem


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scales": "laptop"}, r"mine\.yaml: scales is no key of the schema; did you mean 'scale'\?"),
        (
            {"shumailov": {"language_model": {"arms": {"epochs5_kept0": {"generation": 3}}}}},
            r"arms\.epochs5_kept0\.generation is no key of the schema; did you mean 'generations'\?",
        ),
        (
            {"shumailov": {"language_model": {"arms": {"epochs5_kept0": {"generations": 0}}}}},
            r"mine\.yaml: .*epochs5_kept0\.generations is 0: input should be greater than or equal to 1",
        ),
        (
            {"shumailov": {"language_model": {"arms": {"epochs5_kept10": {"regime": {"kept": 1.5}}}}}},
            r"regime\.kept is 1\.5: input should be less than or equal to 1",
        ),
        (
            {"shumailov": {"vae": {"epochs": "ten"}}},
            r"shumailov\.vae\.epochs is 'ten': input should be a valid integer",
        ),
        (
            {"shumailov": {"language_model": {"arms": {"epochs5_kept0": {"regime": {"name": "fresh"}}}}}},
            r"arm 'epochs5_kept0': regime 'fresh' keeps nothing with kept: 0; use 'replace' for that",
        ),
        (
            {"shumailov": {"language_model": {"arms": {"epochs5_kept0": {"regime": {"name": "replaced"}}}}}},
            r"regime\.name is 'replaced': input should be 'replace'",
        ),
        (
            {"shumailov": {"language_model": {"families": {"opt": {"corpus": "wikitxt"}}}}},
            r"families\.opt\.corpus is 'wikitxt', but there are: .*pydocs_science",
        ),
        (
            {"shumailov": {"language_model": {"families": {"opt": {"model": {"heads": 5}}}}}},
            r"width 64 is not a multiple of heads 5",
        ),
        ({"shumailov": {"vae": {"corpus": "storyworld"}}}, r"'storyworld', which is no image corpus"),
    ],
)
def test_the_message_names_file_key_and_remedy(change, message, tmp_path):
    with pytest.raises(ConfigError, match=message):
        load_with(change, tmp_path)


def test_all_problems_are_listed_at_once(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load_with({"scales": 1, "shumailov": {"vae": {"epochs": 0}}}, tmp_path)
    assert str(caught.value).count("\n  - ") == 2


def test_published_text_replaces_the_corpora():
    config = load_config(merge(read_files([LAPTOP]), {"text": "published"}))
    assert config.shumailov.language_model.families["opt"].corpus == "wikitext"
    assert config.folder == "laptop-published"
    assert load_config(read_files([LAPTOP])).folder == "laptop"


def test_arms_start_from_their_papers_defaults():
    config = load_config(read_files([LAPTOP]))
    arms = config.shumailov.language_model.arms
    assert arms["epochs10_kept10"].training.epochs == 10
    assert arms["epochs10_kept10"].training.learning_rate == arms["epochs5_kept0"].training.learning_rate
