"""Deviations are differences from the same experiment of the paper's own config."""

from __future__ import annotations

import copy
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
import yaml

from modelcollapse.configuration.loading import load_config, read_files
from modelcollapse.evidence.deviations import Deviation, deviations, experiments_of, from_json, to_json

CONFIG = Path(__file__).parents[2] / "config"
ARM = "language_model.arms.epochs5_kept0"


@pytest.fixture(scope="module")
def dumps():
    return {
        scale: load_config(read_files([CONFIG / f"{scale}.yaml"])).model_dump()
        for scale in ("laptop", "workstation", "paper")
    }


@pytest.fixture
def changed(dumps):
    """The paper's own config, for a test to change."""
    return copy.deepcopy(dumps["paper"])


def paths(found: list[Deviation]) -> dict[str, tuple]:
    return {deviation.path: (deviation.ours, deviation.theirs) for deviation in found}


def test_the_papers_own_config_deviates_in_nothing(dumps):
    theirs = dumps["paper"]
    for paper in ("shumailov", "gerstgrasser", "dohmatob"):
        for experiment in experiments_of(theirs[paper]):
            assert deviations(theirs, theirs, paper, experiment) == []


def test_every_single_change_is_found_and_nothing_else(dumps, changed):
    arm = changed["shumailov"]["language_model"]["arms"]["epochs5_kept0"]
    arm["decoding"]["temperature"] = 0.3
    family = changed["shumailov"]["language_model"]["families"]["opt_125m"]
    family["train_rows"] = 400
    found = deviations(changed, dumps["paper"], "shumailov", ARM)
    assert paths(found) == {
        f"{ARM}.decoding.temperature": (0.3, 1.0),
        "language_model.families.opt_125m.train_rows": (400, None),
    }
    assert found[1].words() == ("400", "all")
    assert deviations(changed, dumps["paper"], "shumailov", "vae") == []


def test_presentation_bookkeeping_and_replicates_are_no_deviations(dumps, changed):
    arm = changed["shumailov"]["language_model"]["arms"]["epochs5_kept0"]
    arm |= {"role": "ablation", "label": "x", "samples_in_dvc": True, "log_q": "held_out", "seeds": 1, "measures": []}
    arm["decoding"]["batch_size"] = 1
    changed["shumailov"]["language_model"]["families"]["opt_125m"]["gpu"] = True
    changed["shumailov"]["mixture"]["one_blob_1000"]["seeds"] = 3
    assert deviations(changed, dumps["paper"], "shumailov", ARM) == []
    assert deviations(changed, dumps["paper"], "shumailov", "mixture.one_blob_1000") == []


def test_names_do_not_matter_but_what_they_stand_for_does(dumps, changed):
    models = changed["shumailov"]["language_model"]
    models["families"]["other"] = models["families"].pop("opt_125m") | {"corpus": "text", "tokenizer": "mine"}
    for arm in models["arms"].values():
        arm["family"] = "other"
    models["arms"]["renamed"] = models["arms"].pop("epochs5_kept0") | {"published_as": "epochs5_kept0"}
    changed["corpora"]["text"] = changed["corpora"].pop("wikitext")
    changed["tokenizers"]["mine"] = changed["tokenizers"].pop("opt")
    assert deviations(changed, dumps["paper"], "shumailov", "language_model.arms.renamed") == []
    changed["corpora"]["text"]["train"] = 100
    changed["tokenizers"]["mine"]["revision"] = "0" * 40
    assert set(paths(deviations(changed, dumps["paper"], "shumailov", "language_model.arms.renamed"))) == {
        "language_model.families.other.corpus.train",
        "language_model.families.other.tokenizer.revision",
    }


def test_a_pretraining_is_compared_with_a_pretraining_alone(dumps):
    found = paths(deviations(dumps["laptop"], dumps["paper"], "shumailov", ARM))
    assert found["language_model.families.opt.base_corpus.source"] == ("pydocs", None)
    assert found["language_model.families.opt.corpus.source"] == ("pydocs", "wikitext")
    assert found["language_model.families.opt.model.width"] == (64, 768)
    # what belongs to a source, a file of weights or a kind of tokenizer is no difference of its own
    assert not [path for path in found if "base_training" in path or "base_rows" in path or "packages" in path]
    assert "language_model.families.opt.model.revision" not in found
    assert found["language_model.families.opt.tokenizer.vocabulary"] == (2048, 50265)


def test_sizes_that_come_with_the_weights_are_not_compared(dumps, changed):
    model = changed["shumailov"]["language_model"]["families"]["opt_125m"]["model"]
    model |= {"width": 16, "layers": 1}
    assert deviations(changed, dumps["paper"], "shumailov", ARM) == []
    model["pretrained"] = "facebook/opt-350m"
    assert list(paths(deviations(changed, dumps["paper"], "shumailov", ARM))) == [
        "language_model.families.opt_125m.model.pretrained"
    ]


def test_an_experiment_that_the_paper_lacks_is_one_deviation(dumps, changed):
    del changed["shumailov"]["language_model"]["arms"]["epochs5_kept0"]
    (found,) = deviations(dumps["laptop"], changed, "shumailov", ARM)
    assert found.path == ARM and found.theirs == "the paper has no such arm" and not found.unverified
    (found,) = deviations(dumps["laptop"], changed | {"shumailov": None}, "shumailov", "vae")
    assert found.theirs == "the paper has no such experiment"


def test_wrong_names_are_errors(dumps, changed):
    changed["shumailov"]["language_model"]["arms"]["epochs5_kept0"]["published_as"] = "epochs5_kept"
    with pytest.raises(ValueError, match=r"epochs5_kept0.published_as is 'epochs5_kept', .*did you mean 'epochs5_kept"):
        deviations(changed, dumps["paper"], "shumailov", ARM)
    with pytest.raises(ValueError, match=r"has no experiment 'mixture\.none' in this config"):
        deviations(changed, dumps["paper"], "shumailov", "mixture.none")


def test_what_the_paper_does_not_state_is_marked(dumps):
    found = {deviation.path: deviation for deviation in deviations(dumps["laptop"], dumps["paper"], "shumailov", ARM)}
    assert found[f"{ARM}.training.learning_rate"].unverified
    assert found["language_model.families.opt.training.batch_size"].unverified
    assert not found[f"{ARM}.generations"].unverified
    images = deviations(dumps["laptop"], dumps["paper"], "dohmatob", "images.two_layer")
    assert {deviation.setting for deviation in images if not deviation.unverified} == {"corpus.source", "width"}
    assert any(deviation.setting == "labellers.good.training.steps" for deviation in images)


def test_deviations_survive_the_table(dumps):
    found = deviations(dumps["workstation"], dumps["paper"], "dohmatob", "images.random_features")
    assert found and from_json(to_json(found)) == found


def leaves(node, place=()):
    if not isinstance(node, dict):
        yield place
        return
    for name, inner in node.items():
        yield from leaves(inner, (*place, name))


@pytest.mark.parametrize("paper", ["shumailov", "gerstgrasser", "dohmatob"])
def test_every_unverified_key_exists(dumps, paper):
    section = dumps["paper"][paper]
    there = [place[:length] for place in leaves(section) for length in range(1, len(place) + 1)]
    for pattern in section["unverified"]:
        parts = pattern.split(".")
        assert any(len(place) == len(parts) and all(map(fnmatchcase, place, parts)) for place in there), (
            f"{paper}: {pattern}"
        )


@pytest.mark.parametrize(
    ("place", "keys"),
    [
        (
            "shumailov.language_model.families.opt_125m.model",
            "architecture pretrained revision width layers heads positions",
        ),
        ("shumailov.language_model.families.opt_125m", "corpus tokenizer packing row_tokens train_rows base_corpus"),
        (
            "shumailov.language_model.families.opt_125m.training",
            "epochs batch_size gradient_accumulation learning_rate final_learning_rate schedule warmup_share weight_decay "
            "gradient_clip precision selection",
        ),
        ("shumailov.language_model.arm_defaults", "regime training decoding prompts weights generations seeds"),
        (
            "shumailov.language_model.arm_defaults.decoding",
            "method beams temperature top_k top_p repetition_penalty new_tokens stop_at_end",
        ),
        ("shumailov.mixture.one_blob_500", "data samples generations components tolerance max_iterations"),
        (
            "shumailov.vae",
            "corpus channels latent epochs batch_size learning_rate weight_decay beta generations encoded_images",
        ),
        ("gerstgrasser.theory.kde_chains.circles_01_100", "data bandwidth samples iterations seeds test_points"),
        ("dohmatob.images.two_layer", "corpus labellers labeller samples synthetic_shares width widths training seeds"),
    ],
)
def test_published_values_are_written_out_so_that_no_default_changes_them(place, keys):
    node = yaml.safe_load((CONFIG / "paper.yaml").read_text(encoding="utf-8"))
    for name in place.split("."):
        node = node[name]
    assert set(keys.split()) <= set(node)
