"""Settings that contradict each other are refused before any work."""

from __future__ import annotations

from typing import Any

import pytest

from modelcollapse.configuration.loading import ConfigError, load_config
from modelcollapse.papers.registry import PAPERS

REVISION = "0123456789" * 4


def config(**changes: Any) -> dict[str, Any]:
    """A small config; ``family__row_tokens=3`` changes one key of its family, ``arm__...`` and so on likewise."""
    groups: dict[str, dict[str, Any]] = {
        "model": {"width": 16, "layers": 1, "heads": 2, "positions": 128},
        "family": {"corpus": "stories", "tokenizer": "words", "train_rows": 50},
        "arm": {"family": "small"},
        "defaults": {},
        "corpora": {"stories": {"source": "storyworld", "train": 200}, "digits": {"source": "digits"}},
        "tokenizers": {"words": {"kind": "words", "corpora": ["stories"]}},
        "top": {},
    }
    for name, value in changes.items():
        group, _, key = name.partition("__")
        groups[group][key] = value
    models = {
        "families": {"small": groups["family"] | {"model": groups["model"]}},
        "arm_defaults": groups["defaults"],
        "arms": {"one": groups["arm"]},
    }
    return {
        "scale": "smoke",
        "corpora": groups["corpora"],
        "tokenizers": groups["tokenizers"],
        "shumailov": {"language_model": models},
    } | groups["top"]


PAIRS = {"source": "pydocs", "packages": ["numpy"], "pairs": True, "prompt_tokens": 60}
BPE = {"kind": "bpe", "corpora": ["stories"]}
IMAGES = {
    "corpus": "digits",
    "labellers": {"poor": {"images": 1000}},
    "labeller": "poor",
    "samples": [20, 400],
    "synthetic_shares": [0.5],
    "fixed_real": 20,
    "width_samples": 20,
    "width": 100,
}


def prompted(**changes: Any) -> dict[str, Any]:
    fixed = {"corpora__pairs": PAIRS, "tokenizers__words": BPE, "family__corpus": "pairs", "arm__prompts": "prompts"}
    return config(**fixed, **({"family__packing": "documents", "family__train_rows": None} | changes))


def test_the_small_configs_are_valid():
    load_config(config())
    load_config(prompted())


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            config(family__row_tokens=129, arm__prompts="none"),
            r"row_tokens makes rows of up to 129 tokens, but the model reads 128",
        ),
        (
            config(family__row_tokens=129, family__packing="documents", arm__prompts="none"),
            r"row_tokens makes rows of up to 129 tokens, but the model reads 128",
        ),
        (config(arm__decoding={"new_tokens": 65}), r"new_tokens is 65: with a prompt of 64 tokens that makes 129"),
        (
            config(arm__decoding={"new_tokens": 65}, family__packing="documents"),
            r"new_tokens is 65: with a prompt of 64 tokens that makes 129",
        ),
        (config(arm__decoding={"new_tokens": 128}, arm__prompts="none"), r"a prompt of 1 tokens that makes 129"),
        (prompted(family__row_tokens=69), r"row_tokens makes rows of up to 129 tokens"),
        (prompted(arm__decoding={"new_tokens": 69}), r"a prompt of 60 tokens that makes 129"),
        (prompted(family__packing="blocks"), r"packing is 'blocks', which would lose the prompts of 'pairs'"),
        (config(arm__prompts="prompts"), r"prompts is 'prompts', but the corpus 'stories' has none"),
        (config(family__packing="documents", family__train_rows=201), r"asks for 201 rows, but 'stories' has 200 doc"),
        (config(family__base_rows=5), r"base_rows has no effect without base_corpus"),
        (
            config(model__pretrained="a/b", model__revision=REVISION, family__base_corpus="stories"),
            r"base_corpus and model\.pretrained exclude each other",
        ),
        (config(arm__regime={"name": "preserve", "kept": 0.005}), r"kept is 0\.005 of 50 human rows, which is none"),
        (config(arm__regime={"name": "preserve"}), r"kept is 0, so that 'preserve' keeps nothing"),
        (config(arm__regime={"name": "human_growing"}, family__train_rows=None), r"needs human rows beyond train_rows"),
        (
            config(arm__regime={"name": "human_growing"}, arm__generations=4, family__packing="documents"),
            r"needs 250 rows of 200 documents",
        ),
        (config(model__architecture="llama", model__width=18, model__heads=2), r"heads of width 9 cannot be rotated"),
        (config(arm__measures=[]), r"measures is \[\]: list should have at least 1 item"),
        (config(arm__measures=["cross_entropy", "cross_entropy"]), r"names 'cross_entropy' 2 times"),
        (config(model__pretrained="facebook/opt-125m"), r"model\.revision must pin 'facebook/opt-125m' .* but is None"),
        (config(model__pretrained="facebook/opt-125m", model__revision="main"), r"40 hex digits .* but is 'main'"),
        (config(model__pretrained="/nowhere/weights"), r"pretrained is '/nowhere/weights', which is no file or folder"),
        (config(model__pretrained="weights.gguf"), r"sha256 must pin weights\.gguf with the 64 hex digits"),
        (config(tokenizers__b={"kind": "bpe"}), r"tokenizers\.b is of the kind 'bpe' and has no corpora"),
        (config(tokenizers__b={"kind": "words"}), r"tokenizers\.b is of the kind 'words' and has no corpora"),
        (config(tokenizers__b={"kind": "pretrained"}), r"tokenizers\.b is of the kind 'pretrained' and names none"),
        (config(tokenizers__b=BPE | {"pretrained": "a/b"}), r"b\.pretrained has no effect with the kind 'bpe'"),
        (config(tokenizers__b={"kind": "pretrained", "pretrained": "a/b"}), r"b\.revision must pin 'a/b' of the hub"),
        (
            config(
                tokenizers__b={"kind": "words", "corpora": ["docs"]},
                corpora__docs={"source": "pydocs", "packages": ["numpy"]},
            ),
            r"b\.corpora names 'docs', whose words are not known beforehand",
        ),
        (config(tokenizers__b=BPE | {"corpora": ["digits"]}), r"b\.corpora is 'digits', which is no text corpus"),
        (
            config(corpora__docs={"source": "pydocs", "packages": ["numpi"]}),
            r"corpora\.docs cannot be .*'numpi' is not",
        ),
        (
            config(top__dohmatob={"images": {"random_features": IMAGES | {"samples": [20, 438]}}}),
            r"samples goes up to 438 images, and labellers need 1000 others, but 'digits' has 1437",
        ),
    ],
)
def test_contradictions_are_refused(raw, message):
    with pytest.raises(ConfigError, match=message) as caught:
        load_config(raw)
    assert str(caught.value).count("\n  - ") == 1


def test_sizes_that_just_fit_are_accepted():
    load_config(config(arm__decoding={"new_tokens": 64}, family__row_tokens=64))
    load_config(config(arm__decoding={"new_tokens": 127}, arm__prompts="none", family__row_tokens=128))
    load_config(prompted(family__row_tokens=68, arm__decoding={"new_tokens": 68}))
    load_config(config(family__packing="documents", family__train_rows=200))
    load_config(config(top__dohmatob={"images": {"random_features": IMAGES | {"samples": [20, 437]}}}))


def test_positions_of_published_weights_count_only_if_they_are_given():
    weights = {"model__pretrained": "a/b", "model__revision": REVISION, "family__row_tokens": 3000}
    raw = config(**weights, arm__prompts="none")
    with pytest.raises(ConfigError, match="but the model reads 128"):
        load_config(raw)
    del raw["shumailov"]["language_model"]["families"]["small"]["model"]["positions"]
    load_config(raw)


@pytest.mark.parametrize(
    ("settings", "option"),
    [
        ({"regime": {"name": "replace", "kept": 0.1}}, r"regime\.kept"),
        ({"regime": {"name": "accumulate", "criterion": "random"}}, r"regime\.criterion"),
        ({"decoding": {"method": "greedy", "temperature": 0.5}}, r"decoding\.temperature"),
        ({"decoding": {"method": "beam", "top_p": 0.5}}, r"decoding\.top_p"),
        ({"decoding": {"method": "ancestral", "beams": 3}}, r"decoding\.beams"),
        ({"training": {"schedule": "constant", "final_learning_rate": 1e-4}}, r"training\.final_learning_rate"),
    ],
)
def test_options_without_effect_are_refused(settings, option):
    for place in ("arm", "defaults"):
        raw = config(**{f"{place}__{part}": value for part, value in settings.items()})
        with pytest.raises(ConfigError, match=rf"{option} has no effect, because '\w+' does not read it") as caught:
            load_config(raw)
        assert str(caught.value).count("\n  - ") == 1
        assert ("arm_defaults" in str(caught.value)) == (place == "defaults")


def test_a_default_that_some_arm_reads_may_have_no_effect_on_others():
    raw = config(defaults__decoding={"temperature": 0.5})
    raw["shumailov"]["language_model"]["arms"]["two"] = {"family": "small", "decoding": {"method": "greedy"}}
    load_config(raw)


PAYLOADS = [
    "$(touch x)",
    "`touch x`",
    "; touch x",
    "a b",
    "../../x",
    "a/b",
    "a\nb",
    "",
    "Ä",
    "-rf",
    "A",
    "{wildcard}",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_that_become_paths_are_restricted(payload):
    named = {
        "corpora": config(**{f"corpora__{payload}": {"source": "digits"}}),
        "tokenizers": config(**{f"tokenizers__{payload}": BPE}),
        "mixture": config(),
        "run": config(top__run=payload),
        "families": config(),
        "arms": config(),
        "kde_chains": config(
            top__gerstgrasser={"theory": {"kde_chains": {payload: {"data": "moons", "bandwidth": 0.1}}}}
        ),
        "labellers": config(
            top__dohmatob={
                "images": {
                    "random_features": IMAGES | {"labellers": {payload: {"images": 5}}, "labeller": payload},
                }
            }
        ),
    }
    named["mixture"]["shumailov"]["mixture"] = {payload: {}}
    for group, entry in (("families", "small"), ("arms", "one")):
        entries = named[group]["shumailov"]["language_model"][group]
        entries[payload] = entries[entry]
    for group, raw in named.items():
        with pytest.raises(ConfigError, match=rf"{group}.*lower-case letters, digits and _ alone"):
            load_config(raw)


def test_every_paper_can_be_left_out():
    for paper in PAPERS:
        assert getattr(load_config({"scale": "smoke"}), paper) is None
