"""The VAE: its architecture, its loss, and where its training images come from."""

from __future__ import annotations

import pytest
import torch
from torch import distributions, nn

from modelcollapse.densities.vae import autoencoder as module
from modelcollapse.densities.vae.autoencoder import (
    VariationalAutoencoder,
    draw_images,
    negative_evidence_bound,
    new_vae,
    train_generation,
)
from modelcollapse.densities.vae.settings import VaeSettings

SETTINGS = VaeSettings(corpus="digits", channels=2, latent=3, epochs=2, batch_size=16)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def bars(count=40):
    """Images [count, 1, 8, 8] with a bright column each."""
    images = torch.zeros(count, 1, 8, 8)
    for row in range(count):
        images[row, 0, :, row % 8] = 1.0
    return images


def test_the_published_architecture_has_the_published_number_of_parameters():
    vae = VariationalAutoencoder(28, 28)
    assert sum(parameter.numel() for parameter in vae.parameters()) == 647_081
    assert vae.posterior_mean.in_features == 6272
    convolutions = [layer for layer in vae.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]
    assert all((c.kernel_size, c.stride, c.padding) == ((4, 4), (2, 2), (1, 1)) for c in convolutions)
    assert [(c.in_channels, c.out_channels) for c in convolutions] == [(1, 64), (64, 128), (128, 64), (64, 1)]


@pytest.mark.parametrize(("height", "width"), [(8, 8), (4, 12), (28, 28)])
def test_images_come_back_in_their_own_size(height, width):
    vae = VariationalAutoencoder(height, width, channels=2, latent=3)
    logits, mean, log_variance = vae(torch.rand(5, 1, height, width), torch.randn(5, 3))
    assert logits.shape == (5, 1, height, width)
    assert mean.shape == log_variance.shape == (5, 3)
    decoded = vae.decode(torch.randn(5, 3))
    assert decoded.min() >= 0 and decoded.max() <= 1


@pytest.mark.parametrize(("height", "width", "named"), [(10, 8, "height is 10"), (8, 0, "width is 0")])
def test_sides_that_cannot_be_halved_twice_are_named(height, width, named):
    with pytest.raises(ValueError, match=named):
        VariationalAutoencoder(height, width)


@pytest.mark.parametrize("beta", [0.0, 0.2, 1.0])
def test_the_loss_is_cross_entropy_plus_beta_times_the_divergence(beta):
    torch.manual_seed(0)
    logits, images = torch.randn(6, 1, 8, 8), torch.rand(6, 1, 8, 8)
    mean, log_variance = torch.randn(6, 3), torch.randn(6, 3)
    probabilities = torch.sigmoid(logits)
    cross_entropy = -(images * probabilities.log() + (1 - images) * (1 - probabilities).log()).sum()
    posterior = distributions.Normal(mean, torch.exp(log_variance / 2))
    divergence = distributions.kl_divergence(posterior, distributions.Normal(0.0, 1.0)).sum()
    loss = negative_evidence_bound(logits, images, mean, log_variance, beta)
    assert loss.item() == pytest.approx((cross_entropy + beta * divergence).item(), rel=1e-5)


def test_weights_depend_on_seed_and_generation_and_leave_the_global_stream_alone():
    before = torch.random.get_rng_state()
    first, again = new_vae(SETTINGS, 8, 8, seed=1, generation=2), new_vae(SETTINGS, 8, 8, seed=1, generation=2)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(first.encoder_first.weight, again.encoder_first.weight)
    for seed, generation in ((2, 2), (1, 3)):
        other = new_vae(SETTINGS, 8, 8, seed, generation)
        assert not torch.equal(first.encoder_first.weight, other.encoder_first.weight)


def test_training_learns():
    settings = SETTINGS.model_copy(update={"epochs": 60, "learning_rate": 2e-2, "channels": 4})
    _, short = train_generation(SETTINGS, bars(), None, 0, 0)
    _, long = train_generation(settings, bars(), None, 0, 0)
    # the cross-entropy of a constant prediction with the right mean, 1/8 of the pixels being bright
    constant = 16 * 64 * -(0.125 * torch.tensor(0.125).log() + 0.875 * torch.tensor(0.875).log()).item()
    assert long < 0.8 * constant < short


def test_the_loss_is_per_batch_of_the_batch_size_also_when_the_last_batch_is_smaller():
    settings = SETTINGS.model_copy(update={"epochs": 1, "learning_rate": 1e-12, "beta": 0.0})
    images = bars(40)
    vae, loss = train_generation(settings, images, None, 0, 0)
    with torch.no_grad():
        logits = vae.decode_logits(vae.encode(images)[0])
    total = nn.functional.binary_cross_entropy_with_logits(logits, images, reduction="sum").item()
    # latents at their mean instead of drawn: a random decoder hardly sees the difference
    assert loss == pytest.approx(total / 40 * 16, rel=0.01)


def test_human_images_are_seen_once_per_epoch():
    images = torch.arange(10.0).view(10, 1, 1, 1)
    first, second = (torch.cat(list(module.human_batches(images, 4, 0, epoch))).flatten() for epoch in (0, 1))
    assert sorted(first.tolist()) == sorted(second.tolist()) == images.flatten().tolist()
    assert first.tolist() != second.tolist()


def test_synthetic_images_are_fresh_in_every_batch_and_epoch_and_come_from_the_previous_decoder():
    previous = new_vae(SETTINGS, 8, 8, 0, 0)
    epochs = [list(module.synthetic_batches(previous, 10, 4, 0, 1, epoch)) for epoch in (0, 1)]
    assert [len(batch) for batch in epochs[0]] == [4, 4, 2]
    assert torch.cat([torch.cat(batches) for batches in epochs]).unique(dim=0).shape[0] == 20
    z = module.standard_normal(4, 3, 0, "vae", 1, "images", 0, 0)
    with torch.no_grad():
        torch.testing.assert_close(epochs[0][0], previous.decode(z))


def test_later_generations_never_see_human_images(monkeypatch):
    previous, _ = train_generation(SETTINGS, bars(), None, 0, 0)
    monkeypatch.setattr(module, "human_batches", None)
    on_bars, _ = train_generation(SETTINGS, bars(), previous, 0, 1)
    on_zeros, _ = train_generation(SETTINGS, torch.zeros(40, 1, 8, 8), previous, 0, 1)
    for left, right in zip(on_bars.parameters(), on_zeros.parameters(), strict=True):
        assert torch.equal(left, right)


def test_latents_of_the_prior_are_standard_normal():
    z = module.standard_normal(20_000, 2, 0, "any")
    assert z.mean().abs() < 0.02
    assert z.std() == pytest.approx(1.0, abs=0.02)


def test_drawn_images_depend_on_all_parts():
    vae = new_vae(SETTINGS, 8, 8, 0, 0)
    assert torch.equal(draw_images(vae, 3, 0, "grid"), draw_images(vae, 3, 0, "grid"))
    assert not torch.equal(draw_images(vae, 3, 0, "grid"), draw_images(vae, 3, 1, "grid"))
    assert not draw_images(vae, 3, 0, "grid").requires_grad


def test_a_loss_that_is_not_finite_names_generation_and_epoch():
    previous = new_vae(SETTINGS, 8, 8, 0, 0)
    with torch.no_grad():
        previous.decoder_second.bias.fill_(float("nan"))
    with pytest.raises(RuntimeError, match=r"generation 3, epoch 0 \(seed 5\).*learning_rate"):
        train_generation(SETTINGS, bars(), previous, 5, 3)
