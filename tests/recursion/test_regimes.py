"""What each regime trains on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcollapse.recursion.packing import blocks, rows_from
from modelcollapse.recursion.registry import load_regime, regime_names, required_generations, rows_to_write
from modelcollapse.recursion.repetition import repeated_share
from modelcollapse.recursion.settings import RegimeSettings
from modelcollapse.recursion.training_sets import RegimeContext

COUNT = 10


def choose(given: RegimeContext):
    return load_regime(given.settings.name).choose(given)


def marked(count: int, mark: int):
    """Rows whose first token tells their origin and whose second token tells their place."""
    return rows_from([np.array([mark, place, 7, 8, 9], np.int32) for place in range(count)])


def context(settings: RegimeSettings, generation: int = 2, folds: int = 4, **more) -> RegimeContext:
    size = {k: rows_to_write(settings, k, COUNT) for k in range(generation)}
    return RegimeContext(
        generation=generation,
        settings=settings,
        human=marked(folds * COUNT, 0),
        human_count=COUNT,
        synthetic={k: marked(size[k], k + 1) for k in required_generations(settings, generation)},
        random=np.random.default_rng(0),
        perplexity=lambda rows: rows.ids[:, 1].astype(float),
        **more,
    )


def origins(chosen) -> dict[int, int]:
    marks, counts = np.unique(chosen.rows.ids[:, 0], return_counts=True)
    return dict(zip(marks.tolist(), counts.tolist(), strict=True))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"name": "replace"}, {2: 10}),
        ({"name": "accumulate"}, {0: 10, 1: 10, 2: 10}),
        ({"name": "replace_growing"}, {2: 30}),
        ({"name": "preserve", "kept": 0.3}, {0: 3, 2: 7}),
        ({"name": "fresh", "kept": 0.3}, {0: 3, 2: 7}),
        ({"name": "filtered"}, {2: 10}),
        ({"name": "curated"}, {2: 10}),
        ({"name": "human_steps"}, {0: 10}),
        ({"name": "human_growing"}, {0: 30}),
        ({"name": "human_only", "kept": 0.3}, {0: 3}),
    ],
)
def test_rows_by_origin(options, expected):
    assert origins(choose(context(RegimeSettings(**options)))) == expected


@pytest.mark.parametrize("name", ["preserve", "fresh", "human_only"])
def test_a_share_that_keeps_no_row_is_refused(name):
    with pytest.raises(ValueError, match=f"Regime '{name}' keeps 0.02 of 10 human rows, which is none: raise"):
        choose(context(RegimeSettings(name=name, kept=0.02)))


def test_an_unknown_regime_is_refused_with_the_nearest_name():
    with pytest.raises(ValueError, match="did you mean 'replace'"):
        RegimeSettings(name="replaced")


@given(
    name=st.sampled_from(regime_names()),
    kept=st.floats(0.1, 1),
    generation=st.integers(1, 3),
    keep_share=st.floats(0.3, 1),
)
def test_shares_sum_to_one_and_no_row_stands_twice(name, kept, generation, keep_share):
    settings = RegimeSettings(name=name, kept=kept, keep_share=keep_share)
    chosen = choose(context(settings, generation))
    parts = chosen.origins()
    assert sum(part["share"] for part in parts) == pytest.approx(1)
    assert sum(part["rows"] for part in parts) == len(chosen.rows)
    rows = [tuple(row[:2]) for row in chosen.rows.ids.tolist()]
    assert len(rows) == len(set(rows))
    again = choose(context(settings, generation))
    np.testing.assert_array_equal(chosen.rows.ids, again.rows.ids)


def test_accumulate_subsample_is_a_uniform_subset_of_the_pool():
    counts = np.zeros(3)
    for seed in range(300):
        now = context(RegimeSettings(name="accumulate_subsample"))
        chosen = choose(RegimeContext(**(now.__dict__ | {"random": np.random.default_rng(seed)})))
        assert len(chosen.rows) == COUNT
        for mark, number in origins(chosen).items():
            counts[mark] += number
    np.testing.assert_allclose(counts / counts.sum(), 1 / 3, atol=0.04)


def test_kept_rows_are_drawn_anew_and_fresh_ones_come_from_a_new_fold():
    kept = choose(context(RegimeSettings(name="preserve", kept=0.5))).parts[0].rows.ids[:, 1]
    assert kept.max() < COUNT
    fresh = choose(context(RegimeSettings(name="fresh", kept=0.5))).parts[0].rows.ids[:, 1]
    assert fresh.min() >= 2 * COUNT and fresh.max() < 3 * COUNT


def test_filtered_keeps_what_generation_0_finds_likeliest():
    settings = RegimeSettings(name="filtered", keep_share=0.5)
    assert choose(context(settings)).rows.ids[:, 1].tolist() == list(range(10))
    settings = RegimeSettings(name="filtered", keep_share=0.5, criterion="high_perplexity")
    assert choose(context(settings)).rows.ids[:, 1].tolist() == list(range(10, 20))


def test_curated_follows_its_verifier_and_its_error_rate():
    def verify(text):
        return bool(text[1] % 2)

    settings = RegimeSettings(name="curated", keep_share=0.5)
    assert set(choose(context(settings, verify=verify)).rows.ids[:, 1] % 2) == {1}
    flipped = settings.model_copy(update={"error_rate": 1.0})
    assert set(choose(context(flipped, verify=verify)).rows.ids[:, 1] % 2) == {0}
    with pytest.raises(ValueError, match="accepted none of 20 texts"):
        choose(context(settings, verify=lambda text: False))


def test_ceilings_match_the_steps_of_their_reference():
    def passes(**options):
        return choose(context(RegimeSettings(**options))).passes

    assert passes(name="human_steps", reference="accumulate") == 3
    assert passes(name="human_steps") == 1
    assert passes(name="human_only", kept=0.2, equal_steps=True) == 5
    assert passes(name="accumulate_subsample", equal_steps=True, reference="accumulate") == 3


def test_a_corpus_that_is_too_small_is_named_with_what_to_lower():
    with pytest.raises(ValueError, match="needs 30 human rows in generation 2, but the corpus gives 20"):
        choose(context(RegimeSettings(name="human_growing"), folds=2))


def test_what_a_regime_needs_is_known_without_loading_anything():
    assert required_generations(RegimeSettings(name="accumulate"), 3) == [0, 1, 2]
    assert required_generations(RegimeSettings(name="replace"), 3) == [2]
    assert required_generations(RegimeSettings(name="human_steps"), 3) == []
    assert rows_to_write(RegimeSettings(name="replace_growing"), 1, 10) == 30
    assert rows_to_write(RegimeSettings(name="curated", keep_share=0.3), 0, 10) == 34


def test_blocks_follow_the_running_text_and_drop_the_remainder():
    documents = [np.arange(5, dtype=np.int32), np.arange(5, 12, dtype=np.int32)]
    np.testing.assert_array_equal(blocks(documents, 4).ids, np.arange(12).reshape(3, 4))
    with pytest.raises(ValueError, match="fewer than one block of 64"):
        blocks(documents, 64)


def test_repeated_share_counts_grams_seen_before():
    assert repeated_share(np.array([1, 2, 3, 4, 1, 2, 3, 4])) == pytest.approx(1 / 5)
    assert repeated_share(np.array([1] * 7)) == pytest.approx(3 / 4)
    assert repeated_share(np.array([1, 2, 3])) == 0.0
