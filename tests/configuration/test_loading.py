"""Wrong configs and what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from modelcollapse.configuration.loading import (
    ConfigError,
    check_files,
    check_overwrite,
    differences,
    dump,
    load_config,
    merge,
    read_files,
)

FOLDER = Path(__file__).parents[2] / "config"
CONFIGS = sorted(FOLDER.glob("*.yaml"))
LAPTOP = FOLDER / "laptop.yaml"


def load_with(change: dict[str, Any], tmp_path: Path):
    return load_text(yaml.safe_dump(change), tmp_path)


def load_text(text: str | bytes, tmp_path: Path):
    file = tmp_path / "mine.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_config(read_files([LAPTOP, file]), [LAPTOP, file])


def arm(**settings: Any) -> dict[str, Any]:
    return {"shumailov": {"language_model": {"arms": {"mine": settings}}}}


def problems_of(error: pytest.ExceptionInfo[ConfigError]) -> list[str]:
    return str(error.value).split("\n  - ")[1:]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
@pytest.mark.parametrize("text", ["embedded", "published"])
def test_every_config_is_valid_with_both_texts(path, text):
    merged = read_files([path])
    if text == "embedded" and merged["scale"] in ("workstation", "paper"):
        text = "published"
    config = load_config(merge(merged, {"text": text}), [path])
    assert config.scale == path.stem


def test_large_models_ask_for_a_gpu_and_small_ones_do_not():
    asked = {}
    for path in CONFIGS:
        paper = load_config(read_files([path])).shumailov
        asked[path.stem] = {family.gpu for family in paper.language_model.families.values()} | {paper.vae.gpu}
    assert asked == {"laptop": {False}, "smoke": {False}, "paper": {True}, "workstation": {True}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scales": "laptop"}, r"mine\.yaml, line 1: scales is no key of the schema; did you mean 'scale'\?"),
        (
            arm(generation=3),
            r"line 5: shumailov\.language_model\.arms\.mine\.generation is no key of the schema; did you mean 'generations'",
        ),
        (arm(generations=0), r"arms\.mine\.generations is 0: input should be greater than or equal to 1"),
        (
            arm(regime={"name": "preserve", "kept": 1.5}),
            r"regime\.kept is 1\.5: input should be less than or equal to 1",
        ),
        (
            {"shumailov": {"vae": {"epochs": "ten"}}},
            r"shumailov\.vae\.epochs is 'ten': input should be a valid integer",
        ),
        ({"shumailov": {"vae": {"epochs": 10.0}}}, r"epochs is 10\.0: input should be a valid integer, such as 10"),
        (
            arm(regime={"name": "fresh"}),
            r"line \d+: .*arms\.mine\.regime\.kept is 0, so that 'fresh' keeps nothing: raise it, or use 'replace'",
        ),
        (arm(regime={"name": "replaced"}), r"regime\.name cannot be used: 'replaced' .*; did you mean 'replace'\?"),
        (arm(regime="preserve"), r"regime is 'preserve', but takes keys below it: write regime: \{name: preserve\}"),
        (arm(family="optt"), r"arms\.mine\.family is 'optt', which is no family; did you mean 'opt'\?"),
        (arm(measures=["cross_entropi"]), r"measures names 'cross_entropi'.*did you mean 'cross_entropy'\?"),
        ({"shumailov": {"language_model": {"arms": {"mine": 5}}}}, r"arms\.mine is 5, but takes keys below it"),
        ({"shumailov": {"language_model": {"families": {"opt": {"corpus": "digits"}}}}}, r"'digits', which is no text"),
        (
            {"shumailov": {"language_model": {"families": {"opt": {"model": {"heads": 5}}}}}},
            r"width 64 is not a multiple of heads 5",
        ),
        ({"shumailov": {"vae": {"corpus": "storyworld"}}}, r"'storyworld', which is no image corpus"),
        ({"published_text": 5, "text": "published"}, r"published_text is 5, but takes keys below it"),
        ({"shumailov": 5}, r"shumailov is 5, but takes keys below it, such as first_seed"),
        ({"shumailov": {"vae": {"beta": float("inf")}}}, r"vae\.beta is inf: input should be a finite number"),
        ({"shumailov": {"vae": {"beta": float("nan")}}}, r"vae\.beta is nan: input should be a finite number"),
        (
            {"gerstgrasser": {"theory": {"linear": {"samples": []}}}},
            r"linear\.samples is \[\]: list should have at least",
        ),
        ({"gerstgrasser": {"theory": {"linear": {"samples": [-3]}}}}, r"linear\.samples\.0 is -3"),
        (
            {"gerstgrasser": {"theory": {"kde_chains": {"circles_01_10": {"bandwidth": "scot"}}}}},
            r"circles_01_10\.bandwidth is 'scot': input should be a valid number, or input should be 'scott' or 'silverman'",
        ),
    ],
)
def test_the_message_names_file_line_key_and_remedy(change, message, tmp_path):
    with pytest.raises(ConfigError, match=message) as caught:
        load_with(change, tmp_path)
    assert all(problem.startswith(str(tmp_path / "mine.yaml")) for problem in problems_of(caught))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("shumailov:\n\tvae: {}\n", r"mine\.yaml, line 2: a tab stands where YAML wants spaces"),
        ("scale: smoke\n text: x\n", r"mine\.yaml, line 2: "),
        ("scale: smoke\n---\nscale: laptop\n", r"mine\.yaml, line 2: there is more than one document"),
        ("- scale\n- smoke\n", r"mine\.yaml must hold keys at its top level .* but holds a list"),
        ("5\n", r"mine\.yaml must hold keys at its top level .* but holds nothing but a value"),
        (b"label: \xe9\n", r"mine\.yaml is not a text file in UTF-8"),
        ("label: \0\n", r"mine\.yaml.*: there is a character that YAML does not allow"),
        ("text: embedded\narms: all\ntext: published\n", r"line 3: the key 'text' stands twice here, first in line 1"),
        ("shumailov:\n  vae: {epochs: 1, epochs: 2}\n", r"line 2: the key 'epochs' stands twice here"),
        ("shumailov: {vae: &vae {corpus: *vae}}\n", r"mine\.yaml"),
        ("{[a]: 1}\n", r"mine\.yaml, line 1: a key must be a name"),
        ("corpora: !!python/name:os.system {}\n", r"mine\.yaml, line 1: "),
    ],
)
def test_files_that_are_no_yaml_get_file_and_line(text, message, tmp_path):
    with pytest.raises(ConfigError, match=message):
        load_text(text, tmp_path)


def test_a_missing_and_an_empty_file_are_said(tmp_path):
    with pytest.raises(ConfigError, match=r"There is no file .*none\.yaml"):
        check_files([tmp_path / "none.yaml"])
    (tmp_path / "empty.yaml").write_text("")
    with pytest.raises(ConfigError, match=r"empty\.yaml: scale is required and missing"):
        check_files([tmp_path / "empty.yaml"])


@pytest.mark.parametrize("merged", [None, [], 5, "scale: laptop"])
def test_a_config_that_is_no_mapping_is_refused(merged):
    with pytest.raises(ConfigError, match="must hold keys at its top level"):
        load_config(merged)


def test_numbers_with_exponent_are_numbers_as_snakemake_reads_them_too(tmp_path):
    text = "shumailov: {vae: {learning_rate: 1e-3}}"
    assert load_text(text, tmp_path).shumailov.vae.learning_rate == 1e-3
    merged = merge(read_files([LAPTOP]), yaml.safe_load(text))
    assert merged["shumailov"]["vae"]["learning_rate"] == "1e-3"
    assert load_config(merged, [LAPTOP, tmp_path / "mine.yaml"]).shumailov.vae.learning_rate == 1e-3
    for epochs, message in (("ten", "epochs is 'ten'"), ("1e1", r"epochs is 10\.0: .* integer, such as 10")):
        with pytest.raises(ConfigError, match=message):
            load_config(merge(merged, {"shumailov": {"vae": {"epochs": epochs}}}))


def test_text_with_the_look_of_a_number_stays_text():
    config = load_config(merge(read_files([LAPTOP]), arm(label="1e3")))
    assert config.shumailov.language_model.arms["mine"].label == "1e3"


def test_all_problems_are_listed_at_once(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load_with({"scales": 1, "shumailov": {"vae": {"epochs": 0}}}, tmp_path)
    assert len(problems_of(caught)) == 2
    with pytest.raises(ConfigError) as caught:
        load_with({"corpora": {"A b": {"source": "digits"}}, "shumailov": {"vae": {"corpus": "none"}}}, tmp_path)
    assert len(problems_of(caught)) == 2


def test_a_mistake_in_defaults_is_reported_once_at_its_source(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load_text("shumailov: {language_model: {arm_defaults:\n  {generations: 0}}}", tmp_path)
    (problem,) = problems_of(caught)
    assert ", line 2: shumailov.language_model.arm_defaults.generations is 0" in problem


def test_a_mistake_behind_an_anchor_is_reported_once_at_the_anchor(tmp_path):
    text = """\
shumailov:
  language_model:
    families:
      opt: {training: &mine {epochs: 0}}
    arm_defaults: {training: *mine}
  mixture:
    a: &a {samples: 0}
    b: {<<: *a, seeds: 3}
"""
    with pytest.raises(ConfigError) as caught:
        load_text(text, tmp_path)
    places = [problem.partition(": ")[2].partition(" is")[0] for problem in problems_of(caught)]
    assert places == ["shumailov.language_model.families.opt.training.epochs", "shumailov.mixture.a.samples"]


def test_a_mistake_in_published_text_is_found_where_it_is_written(tmp_path):
    text = "text: published\npublished_text:\n  shumailov: {vae: {epochs: 0}}"
    with pytest.raises(ConfigError, match=r"mine\.yaml, line 3: shumailov\.vae\.epochs is 0"):
        load_text(text, tmp_path)


def test_the_command_line_is_blamed_for_what_it_says():
    for change, key in [({"arms": "some"}, "arms"), ({"scalee": 1}, "scalee"), ({"shumailov": 5}, "shumailov")]:
        with pytest.raises(ConfigError) as caught:
            load_config(merge(read_files([LAPTOP]), change), [LAPTOP])
        (problem,) = problems_of(caught)
        assert problem.startswith(f"--config: {key} is ")


def test_an_error_in_a_file_is_no_error_of_the_command_line(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("shumailov: {vae: {epochs: 0, learning_rate: 1e-3}}")
    snakemakes = merge(read_files([LAPTOP]), yaml.safe_load(file.read_text()))
    with pytest.raises(ConfigError) as caught:
        load_config(merge(snakemakes, {"arms": "all"}), [LAPTOP, file])
    assert "--config" not in str(caught.value).removeprefix("The config")


def test_published_text_replaces_the_corpora():
    config = load_config(merge(read_files([LAPTOP]), {"text": "published"}))
    assert config.shumailov.language_model.families["opt"].corpus == "wikitext"
    assert config.folder == "laptop-published"
    assert load_config(read_files([LAPTOP])).folder == "laptop"


def test_a_run_has_a_folder_of_its_own():
    assert load_config(merge(read_files([LAPTOP]), {"run": "wide"})).folder == "laptop-wide"
    both = {"run": "wide", "text": "published"}
    assert load_config(merge(read_files([LAPTOP]), both)).folder == "laptop-published-wide"
    with pytest.raises(ConfigError, match="run is 'published', but that is the folder of `text: published`"):
        load_config(merge(read_files([LAPTOP]), {"run": "published"}))


def test_arms_start_from_their_papers_defaults():
    config = load_config(read_files([LAPTOP]))
    arms = config.shumailov.language_model.arms
    assert arms["epochs10_kept10"].training.epochs == 10
    assert arms["epochs10_kept10"].training.learning_rate == arms["epochs5_kept0"].training.learning_rate


def kept_results(tmp_path: Path, files: list[Path], command_line: dict[str, Any]) -> Path:
    config = load_config(merge(read_files(files), command_line), files)
    (tmp_path / "config.yaml").write_text(dump(config, files, command_line))
    return tmp_path


def test_the_kept_config_says_what_it_was_made_from_and_can_be_read(tmp_path):
    command_line = {"arms": "all", "corpus_mirror": "/mirror", "threads": 2}
    kept = kept_results(tmp_path, [LAPTOP], command_line) / "config.yaml"
    assert kept.read_text().startswith("# made from: config/laptop.yaml, --config threads=2\n")
    content = yaml.safe_load(kept.read_text())
    assert not {"corpus_mirror", "device", "published_text"} & set(content)
    again = load_config(content)
    first = load_config(merge(read_files([LAPTOP]), command_line))
    assert again == first.model_copy(update={"corpus_mirror": None, "published_text": {}})


def test_results_are_not_overwritten_by_another_config(tmp_path):
    results = kept_results(tmp_path, [LAPTOP], {})
    config = load_config(read_files([LAPTOP]))
    check_overwrite(results, config, [LAPTOP], {})
    check_overwrite(
        results, config, [LAPTOP], {"arms": "all", "text": "embedded", "device": "cpu", "corpus_mirror": "x"}
    )
    check_overwrite(tmp_path / "none", config, [FOLDER / "smoke.yaml"], {})
    with pytest.raises(ConfigError, match=r"made from config/laptop\.yaml, but this run .*mine\.yaml.*run=NAME"):
        check_overwrite(results, config, [LAPTOP, tmp_path / "mine.yaml"], {})
    with pytest.raises(ConfigError, match=r"--config threads=2\. Give it a name"):
        check_overwrite(results, config, [LAPTOP], {"threads": 2})


def test_a_scale_on_the_command_line_needs_a_name(tmp_path):
    smoke = FOLDER / "smoke.yaml"
    change = {"scale": "laptop"}
    config = load_config(merge(read_files([smoke]), change), [smoke])
    with pytest.raises(ConfigError, match=r"results of config/smoke\.yaml into .*run=NAME"):
        check_overwrite(tmp_path, config, [smoke], change)
    named = load_config(merge(read_files([smoke]), change | {"run": "tiny"}), [smoke])
    check_overwrite(tmp_path, named, [smoke], change | {"run": "tiny"})


def test_differences_are_the_dotted_keys_that_differ():
    old = {"a": 1, "b": {"c": [1], "d": 2}, "gone": 0}
    assert differences(old, {"a": 1, "b": {"c": [1, 2], "d": 2}, "new": {"x": 1}}) == ["b.c", "gone", "new"]
    assert differences(old, old) == []
