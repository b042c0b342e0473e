"""Fitting against a bare PyTorch loop."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from modelcollapse.recursion import train
from modelcollapse.recursion.models.model_files import build_model
from modelcollapse.recursion.packing import rows_from
from modelcollapse.recursion.score import mean_cross_entropy
from modelcollapse.recursion.settings import ModelSettings, TrainingSettings
from modelcollapse.recursion.train import fit

VOCABULARY = 12
SEED = (1, 0)


def build(dropout=0.0):
    return build_model(ModelSettings(width=16, layers=1, heads=2, positions=16, dropout=dropout), VOCABULARY, seed=0)


def walks(count, seed, length=8):
    """Random walks on a ring: something that a model can learn, and can also learn by heart."""
    random = np.random.default_rng(seed)
    steps = random.choice([-1, 1], p=[0.2, 0.8], size=(count, length)).cumsum(1)
    return rows_from(list(((steps + random.integers(0, 10, (count, 1))) % 10 + 2).astype(np.int32)))


TRAIN, VALIDATION = walks(12, seed=0), walks(20, seed=1)


def settings(**options):
    given = {"epochs": 3, "batch_size": 4, "learning_rate": 1e-2, "final_learning_rate": 1e-3, "schedule": "cosine"}
    return TrainingSettings(**given | options)


def bare_loop(rows, training):
    """Full batches, so that the order of rows does not matter."""
    model = build()
    optimizer = torch.optim.AdamW(model.parameters(), lr=training.learning_rate, weight_decay=training.weight_decay)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(
        optimizer, training.epochs, eta_min=training.final_learning_rate
    )
    ids = torch.from_numpy(rows.ids.astype(np.int64))
    curve = []
    for _ in range(training.epochs):
        optimizer.zero_grad()
        functional.cross_entropy(model(ids)[:, :-1].flatten(0, 1), ids[:, 1:].flatten()).backward()
        optimizer.step()
        scheduler.step()
        curve.append(mean_cross_entropy(model, VALIDATION, 20))
    return curve


@pytest.mark.parametrize("schedule", ["cosine", "cosine_by_epoch"])
def test_it_is_the_bare_loop(schedule, tmp_path):
    training = settings(epochs=8, batch_size=12, schedule=schedule, weight_decay=0.1)
    report = fit(build(), TRAIN, VALIDATION, training, SEED, tmp_path)
    assert report.validation == pytest.approx(bare_loop(TRAIN, training), rel=1e-4)
    assert report.validation[-1] < report.validation[0] - 0.1


def test_gradients_of_uneven_batches_add_up_to_those_of_one(tmp_path):
    random = np.random.default_rng(0)
    texts = [random.integers(2, VOCABULARY, length).astype(np.int32) for length in (3, 9, 5, 7, 2, 8, 4)]
    rows = rows_from(texts, [text[:2] for text in texts])
    whole = fit(build(), rows, VALIDATION, settings(batch_size=6), SEED, tmp_path / "a")
    parts = fit(build(), rows, VALIDATION, settings(batch_size=2, gradient_accumulation=3), SEED, tmp_path / "b")
    assert parts.validation == pytest.approx(whole.validation, rel=1e-4)
    assert (parts.steps, parts.tokens) == (whole.steps, whole.tokens)


def test_steps_and_tokens_are_counted_passes_included(tmp_path):
    report = fit(build(), TRAIN, VALIDATION, settings(epochs=2, batch_size=5), SEED, tmp_path, passes=3)
    assert report.steps == 2 * math.ceil(3 * 12 / 5)
    assert report.tokens == 2 * 3 * 12 * 8
    assert len(report.validation) == 2


def orders(monkeypatch, folder, seed_parts=SEED, passes=1, **options):
    """Rows in the order in which a fit reads them, per epoch."""
    read = []
    original = train.batch_tensors

    def spy(rows, places, device):
        read.extend(places.tolist())
        return original(rows, places, device)

    monkeypatch.setattr(train, "batch_tensors", spy)
    training = settings(batch_size=5, **options)
    fit(build(), TRAIN, VALIDATION, training, seed_parts, folder, passes)
    monkeypatch.setattr(train, "batch_tensors", original)
    return np.array(read).reshape(training.epochs, passes, len(TRAIN))


def test_every_pass_reads_every_row_once_in_an_order_of_its_own(monkeypatch, tmp_path):
    found = orders(monkeypatch, tmp_path, passes=2)
    assert (np.sort(found) == np.arange(len(TRAIN))).all()
    assert len({tuple(order) for epoch in found for order in epoch}) == 6


def test_arms_of_one_seed_read_rows_in_the_same_order(monkeypatch, tmp_path):
    three = orders(monkeypatch, tmp_path / "a")
    five = orders(monkeypatch, tmp_path / "b", epochs=5, schedule="constant")
    other = orders(monkeypatch, tmp_path / "c", seed_parts=(2, 0))
    assert (three == five[:3]).all()
    assert (three != other).any()


def test_dropout_depends_on_the_seed_alone(tmp_path):
    curves = []
    for place, seed_parts in enumerate([SEED, SEED, (2, 0)]):
        torch.manual_seed(place)
        # one full batch a step: only dropout can differ
        report = fit(build(0.2), TRAIN, VALIDATION, settings(batch_size=12), seed_parts, tmp_path / str(place))
        curves.append(report.validation)
    assert curves[0] == curves[1]
    assert curves[0] != curves[2]


def test_the_best_or_the_last_epoch_is_kept(tmp_path):
    # what is learnt from walks soon makes noise less likely, so that an early epoch is the best
    noise = rows_from(list(np.random.default_rng(2).integers(2, VOCABULARY, (20, 8)).astype(np.int32)))
    found = {}
    for selection in ("best_validation", "last"):
        model = build()
        training = settings(epochs=6, selection=selection)
        report = fit(model, TRAIN, noise, training, SEED, tmp_path / selection)
        kept = mean_cross_entropy(model, noise, training.batch_size)
        assert kept == report.validation[report.selected_epoch - 1]
        found[selection] = report
    best, last = found["best_validation"], found["last"]
    assert best.validation == last.validation
    assert last.selected_epoch == 6
    assert best.selected_epoch == int(np.argmin(best.validation)) + 1 < 6


def test_clipping_bounds_the_gradient(tmp_path):
    # gradients far below AdamW's epsilon of 1e-8 move nothing
    model, before = build(), build()
    fit(model, TRAIN, VALIDATION, settings(gradient_clip=1e-14, weight_decay=0.0), SEED, tmp_path)
    for name, weights in before.state_dict().items():
        torch.testing.assert_close(model.state_dict()[name], weights, rtol=0, atol=1e-5)


def test_bf16_comes_close_and_keeps_fp32_weights(tmp_path):
    model = build()
    exact = fit(build(), TRAIN, VALIDATION, settings(), SEED, tmp_path / "a").validation
    rounded = fit(model, TRAIN, VALIDATION, settings(precision="bf16"), SEED, tmp_path / "b").validation
    assert rounded != exact
    assert rounded == pytest.approx(exact, abs=0.05)
    assert {weights.dtype for weights in model.state_dict().values()} == {torch.float32}


def test_a_last_step_that_diverges_is_noticed_too(tmp_path):
    training = settings(learning_rate=1e30, schedule="constant", epochs=1, batch_size=12)
    with pytest.raises(RuntimeError, match=r"validation loss became (nan|inf) in epoch 1, step 1"):
        fit(build(), TRAIN, VALIDATION, training, SEED, tmp_path)


def test_a_diverging_loss_stops_the_fit_and_says_what_to_try(tmp_path):
    message = r"loss became (nan|inf) in epoch \d+, step \d+, at learning rate 1e\+09\. Lower 'learning_rate'"
    with pytest.raises(RuntimeError, match=message):
        fit(build(), TRAIN, VALIDATION, settings(learning_rate=1e9, schedule="constant", epochs=4), SEED, tmp_path)
