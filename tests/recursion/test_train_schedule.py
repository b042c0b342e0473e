"""Learning rates against the published tables and PyTorch's own schedulers."""

from __future__ import annotations

import itertools

import pytest
import torch

from modelcollapse.recursion.schedule import learning_rate
from modelcollapse.recursion.settings import TrainingSettings

# Shumailov et al., released code: AdamW 2e-5, CosineAnnealingLR(T_max=epochs, eta_min=1e-6), stepped once an epoch
PUBLISHED = {
    5: [2.0e-5, 1.8186e-5, 1.3436e-5, 7.564e-6, 2.814e-6],
    10: [
        2.0e-5,
        1.9535e-5,
        1.8186e-5,
        1.6084e-5,
        1.3436e-5,
        1.05e-5,
        7.564e-6,
        4.916e-6,
        2.814e-6,
        1.465e-6,
    ],
}
STEPS_PER_EPOCH = 7


def rates(epochs=5, **options):
    training = TrainingSettings(epochs=epochs, **options)
    steps = epochs * STEPS_PER_EPOCH
    return [learning_rate(training, step, steps, STEPS_PER_EPOCH) for step in range(steps)]


@pytest.mark.parametrize("epochs", PUBLISHED)
def test_cosine_by_epoch_has_the_published_values_all_epoch_long(epochs):
    found = rates(epochs)
    for epoch, expected in enumerate(PUBLISHED[epochs]):
        of_epoch = found[epoch * STEPS_PER_EPOCH : (epoch + 1) * STEPS_PER_EPOCH]
        assert of_epoch == pytest.approx([expected] * STEPS_PER_EPOCH, abs=5.1e-10)


def test_cosine_and_linear_are_those_of_pytorch():
    steps = 5 * STEPS_PER_EPOCH
    for schedule, make in {
        "cosine": lambda optimizer: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, eta_min=1e-6),
        "linear": lambda optimizer: torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 1e-6 / 2e-5, steps),
    }.items():
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2e-5)
        scheduler = make(optimizer)
        expected = []
        for _ in range(steps):
            expected.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        assert rates(schedule=schedule) == pytest.approx(expected, rel=1e-9)


def test_constant_stays_at_the_peak():
    assert set(rates(schedule="constant")) == {2e-5}


@pytest.mark.parametrize("schedule", ["cosine", "linear", "constant"])
def test_warm_up_rises_to_the_peak_and_the_schedule_takes_over(schedule):
    found = rates(epochs=4, schedule=schedule, warmup_share=0.25)
    assert found[:STEPS_PER_EPOCH] == pytest.approx([2e-5 * (step + 1) / 7 for step in range(7)])
    assert found[STEPS_PER_EPOCH] == pytest.approx(2e-5)
    assert all(later <= earlier for earlier, later in itertools.pairwise(found[STEPS_PER_EPOCH:]))
