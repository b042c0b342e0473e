"""The house style: both formats, the same bytes, and intervals that are t intervals."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt
from scipy import stats

from modelcollapse.presentation import style
from modelcollapse.presentation.style import (
    count_generations,
    draw_seeds,
    generation_colours,
    in_seeds,
    mean_and_interval,
    new_figure,
    save_figure,
)

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def small_figure():
    figure, axes = new_figure(1, 1, width=3, height=2)
    axes[0, 0].plot([0, 1], [0, 1], label="line")
    axes[0, 0].fill_between([0, 1], [0, 0.5], [0.5, 1.5])
    axes[0, 0].legend()
    return figure


def test_the_same_data_give_the_same_bytes_in_both_formats(tmp_path):
    contents = []
    for name in ("first", "second"):
        outputs = {ending: tmp_path / f"{name}.{ending}" for ending in ("svg", "png")}
        save_figure(small_figure(), outputs)
        contents.append({ending: path.read_bytes() for ending, path in outputs.items()})
    assert contents[0] == contents[1]
    assert contents[0]["png"].startswith(PNG_SIGNATURE)
    assert b"<svg" in contents[0]["svg"]


def test_no_date_no_program_and_no_fonts_are_named_in_the_files(figure):
    save_figure(small_figure(), figure)
    assert b"<dc:date>" not in figure["svg"].read_bytes()
    assert b"<text" not in figure["svg"].read_bytes()
    assert b"Software" not in figure["png"].read_bytes()


def test_a_saved_figure_is_closed(figure):
    before = len(plt.get_fignums())
    save_figure(small_figure(), figure)
    assert len(plt.get_fignums()) == before


def test_the_interval_is_scipys_t_interval():
    values = np.random.default_rng(0).normal(size=(5, 3))
    mean, half = mean_and_interval(values)
    for column in range(3):
        sample = values[:, column]
        low, high = stats.t.interval(0.95, 4, loc=sample.mean(), scale=stats.sem(sample))
        assert (mean[column] - half[column], mean[column] + half[column]) == pytest.approx((low, high))


def test_one_seed_has_no_interval():
    mean, half = mean_and_interval(np.array([[1.0, 2.0]]))
    assert mean.tolist() == [1.0, 2.0]
    assert np.isnan(half).all()


@pytest.mark.parametrize(("places", "bands"), [(5, 0), (style.MOST_ERROR_BARS + 1, 1)])
def test_many_intervals_become_a_band(places, bands, figure):
    drawn, axes = new_figure()
    draw_seeds(axes[0, 0], np.arange(places), np.random.default_rng(0).normal(size=(3, places)), "x", (0, 0, 0))
    filled = [c for c in axes[0, 0].collections if type(c).__name__ in ("PolyCollection", "FillBetweenPolyCollection")]
    assert len(filled) == bands
    assert len(axes[0, 0].get_legend_handles_labels()[1]) == 1
    save_figure(drawn, figure)


def test_generations_are_whole_numbers_also_when_there_is_one():
    drawn, axes = new_figure()
    axes[0, 0].plot([1], [2.0], "o")
    count_generations(axes[0, 0])
    drawn.canvas.draw()
    ticks = axes[0, 0].get_xticks()
    assert len(ticks) and np.allclose(ticks, np.round(ticks))
    plt.close(drawn)


def test_later_generations_are_lighter():
    lightness = [sum(colour) for colour in generation_colours(6)]
    assert lightness == sorted(lightness)


def test_seeds_are_counted_in_words():
    assert [in_seeds(1), in_seeds(5), in_seeds(5, 5), in_seeds(5, 1, 3)] == [
        "1 seed",
        "5 seeds",
        "5 seeds",
        "1-5 seeds",
    ]
