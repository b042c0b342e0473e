"""Which rows exactly a regime takes when it gets what it says it needs, no row and no generation more.

Row [source, number]: source 0 is human, k + 1 was written by model k.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcollapse.recursion.packing import rows_from
from modelcollapse.recursion.registry import load_regime, regime_names, required_generations, rows_to_write
from modelcollapse.recursion.settings import RegimeSettings
from modelcollapse.recursion.training_sets import RegimeContext
from modelcollapse.runtime.seeds import generator


def choose(given: RegimeContext):
    return load_regime(given.settings.name).choose(given)


def rows_of(source, count):
    return rows_from([np.array([source, number], dtype=np.int32) for number in range(count)])


def context(generation, count=6, seed=0, perplexity=None, verify=None, **settings):
    chosen = RegimeSettings(**settings)
    return RegimeContext(
        generation=generation,
        settings=chosen,
        human=rows_of(0, (generation + 1 if chosen.name in ("fresh", "human_growing") else 1) * count),
        human_count=count,
        synthetic={
            k: rows_of(k + 1, rows_to_write(chosen, k, count)) for k in required_generations(chosen, generation)
        },
        random=generator(seed),
        perplexity=perplexity,
        verify=verify,
    )


def numbers_from(training_set, source):
    """Numbers of the rows of one source."""
    return training_set.rows.ids[training_set.rows.ids[:, 0] == source, 1].tolist()


@given(st.sampled_from(regime_names()), st.integers(1, 4), st.integers(4, 12), st.sampled_from([0.25, 1.0]))
def test_what_a_regime_asks_for_is_enough(name, generation, count, kept):
    chosen = choose(context(generation, count, name=name, kept=kept, perplexity=lambda rows: rows.ids[:, 1] * 1.0))
    assert len(chosen.rows) > 0
    written = {part["source"] for part in chosen.origins()} - {"human"}
    assert written <= {f"gen{k}" for k in required_generations(RegimeSettings(name=name), generation)}


def test_preserve_draws_other_human_rows_in_each_generation():
    draws = [numbers_from(choose(context(g, 60, seed=g, name="preserve", kept=0.1)), 0) for g in range(1, 9)]
    assert {len(draw) for draw in draws} == {6}
    assert len({tuple(sorted(draw)) for draw in draws}) == 8


def test_fresh_can_replace_everything():
    chosen = choose(context(2, name="fresh", kept=1.0))
    assert sorted(numbers_from(chosen, 0)) == list(range(12, 18))
    assert chosen.origins() == [{"source": "human", "rows": 6, "share": 1.0}]


def test_human_only_is_the_human_part_of_the_arm_of_the_same_seed():
    alone = choose(context(2, 20, seed=3, name="human_only", kept=0.25, equal_steps=True))
    arm = choose(context(2, 20, seed=3, name="preserve", kept=0.25))
    assert numbers_from(alone, 0) == numbers_from(arm, 0)
    assert alone.passes * len(alone.rows) == len(arm.rows)


def test_equal_steps_are_those_of_accumulate():
    matched = choose(context(3, name="accumulate_subsample", equal_steps=True, reference="accumulate"))
    pool = choose(context(3, name="accumulate"))
    assert matched.passes * len(matched.rows) == pool.passes * len(pool.rows)
    assert choose(context(3, name="accumulate_subsample")).passes == 1


def test_a_filter_without_perplexities_takes_at_random_or_what_repeats_least():
    assert len(numbers_from(choose(context(1, name="filtered", criterion="random")), 1)) == 6
    now = context(1, count=2, name="filtered", criterion="no_repetition")
    repeating, plain = np.array([7] * 6, dtype=np.int32), np.arange(6, dtype=np.int32)
    now.synthetic[0] = rows_from([repeating, plain, repeating, plain + 1])
    assert [text[-1] for text in choose(now).rows.texts()] == [5, 6]
    with pytest.raises(ValueError, match="'low_perplexity' needs perplexities under generation 0"):
        choose(context(1, name="filtered"))


def test_the_default_verifier_accepts_what_repeats_no_4_gram():
    now = context(1, count=2, name="curated")
    now.synthetic[0] = rows_from([np.array(ids, dtype=np.int32) for ids in ([7] * 6, range(6), [8] * 6, range(9))])
    assert [len(text) for text in choose(now).rows.texts()] == [6, 9]


def test_a_verifier_errs_at_the_given_rate():
    now = context(1, 4000, name="curated", error_rate=0.1, keep_share=0.4, verify=lambda text: text[1] % 2 == 0)
    wrong = np.mean([number % 2 for number in numbers_from(choose(now), 1)])
    # half of the candidates are right, so that the share of wrong ones among the accepted is the error rate
    assert wrong == pytest.approx(0.1, abs=0.02)


def test_samples_that_lack_rows_are_refused():
    now = context(2, name="replace")
    now.synthetic[1] = rows_of(2, 5)
    message = "needs 6 rows of generation 1 to train generation 2, but its samples file has 5"
    with pytest.raises(ValueError, match=message):
        choose(now)
