"""Which arms and mixtures figures show follows from their settings, not from their names."""

from __future__ import annotations

import synthetic

from modelcollapse.papers.shumailov.experiments import topics
from modelcollapse.papers.shumailov.shown_conditions import crossed_arms, shown_mixture
from modelcollapse.recursion.settings import DecodingSettings


def renamed(settings, **names):
    """The same arms under other names."""
    models = settings.language_model
    arms = {names.get(name, name): arm for name, arm in models.arms.items()}
    return settings.model_copy(update={"language_model": models.model_copy(update={"arms": arms})})


def test_crossed_arms_differ_in_epochs_and_kept_data_alone():
    settings = synthetic.settings()
    expected = {(5, 0.0): "epochs5_kept0", (10, 0.0): "epochs10_kept0", (5, 0.1): "epochs5_kept10"}
    expected[10, 0.1] = "epochs10_kept10"
    assert crossed_arms(settings.language_model) == expected
    changes = {"epochs10_kept0": {"decoding": DecodingSettings(top_p=0.5)}, "epochs5_kept10": {"role": "ablation"}}
    fewer = crossed_arms(synthetic.with_arms(settings, **changes).language_model)
    assert fewer == {pair: expected[pair] for pair in ((5, 0.0), (10, 0.1))}


def test_names_say_nothing():
    settings = renamed(synthetic.settings(), epochs5_kept0="epochs10_kept10", epochs10_kept10="epochs5_kept0")
    assert crossed_arms(settings.language_model)[5, 0.0] == "epochs10_kept10"


def test_the_first_mixture_of_the_papers_size_is_shown():
    mixtures = synthetic.settings().mixture
    assert shown_mixture(mixtures) == "one_blob_1000"
    assert shown_mixture({"one_blob_500": mixtures["one_blob_500"]}) == "one_blob_500"
    assert shown_mixture({}) is None


def shown(settings, arms="core"):
    return {topic.name: topic for topic in topics(settings, arms)}


def test_topics_name_what_they_read():
    found = shown(synthetic.settings())
    assert found["language_model"].data == (
        "measures",
        "samples/epochs5_kept0/seed1",
        "tokenizers/words",
        "encoded/prose/words/train",
    )
    assert found["densities"].data == ("mixture", "mixture_arrays/one_blob_1000", "vae", "vae_arrays/seed1")


def test_ablations_are_shown_where_they_run():
    settings = synthetic.settings()
    assert "ablations" not in shown(settings)["language_model"].figures
    assert "ablations" in shown(settings, "all")["language_model"].figures
    assert "ablations" not in shown(synthetic.settings("epochs5_kept0"), "all")["language_model"].figures


def test_figures_of_what_the_config_lacks_are_left_out():
    one = shown(synthetic.settings("epochs5_kept0"))["language_model"]
    assert one.figures == ("perplexity", "histogram", "own_perplexity", "repetition")
    control = shown(synthetic.settings("human_steps10"))["language_model"]
    assert (control.figures, control.tables) == ((), ("perplexity", "arms", "histogram"))
    none = synthetic.settings().model_copy(update={"mixture": {}, "vae": None, "theory": None})
    assert list(shown(none)) == ["language_model"]
    assert shown(none.model_copy(update={"language_model": None})) == {}
    without = shown(synthetic.settings().model_copy(update={"mixture": {}}))["densities"]
    assert (without.figures, without.tables) == (("vae_grid", "vae_latents"), ("vae",))


def test_figures_follow_the_measures_and_the_decoding():
    settings = synthetic.settings("epochs5_kept0")
    beam = synthetic.with_arms(settings, epochs5_kept0={"decoding": DecodingSettings(method="beam")})
    assert "own_perplexity" not in shown(beam)["language_model"].figures
    few = shown(synthetic.with_arms(settings, epochs5_kept0={"measures": ["cross_entropy"]}))["language_model"]
    assert few.figures == ("perplexity",)
    assert few.tables == ("perplexity", "arms", "samples")
    alone = shown(synthetic.with_arms(settings, epochs5_kept0={"prompts": "none"}))["language_model"]
    assert alone.data == ("measures",)
    assert "samples" not in alone.tables
