"""The variational autoencoder of Shumailov et al. (SI section 4) and one generation of its training."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from modelcollapse.densities.vae.settings import VaeSettings
from modelcollapse.runtime import seeds


class VariationalAutoencoder(nn.Module):
    """Convolutional VAE with a Gaussian posterior and a N(0, I) prior.

    Two convolutions (kernel 4, stride 2, padding 1) halve the image twice; the decoder mirrors them. With the published
    sizes (28 x 28, 64 channels, 20 latent dimensions) it has 647,081 parameters.

    Args:
        height: Image height in pixels, divisible by 4.
        width: Image width in pixels, divisible by 4.
        channels: Channels of the first convolution; the second has twice as many.
        latent: Latent dimensions.

    Raises:
        ValueError: If height or width is not a positive multiple of 4.
    """

    def __init__(self, height: int, width: int, channels: int = 64, latent: int = 20) -> None:
        super().__init__()
        for name, size in (("height", height), ("width", width)):
            if size < 4 or size % 4:
                raise ValueError(
                    f"Image {name} is {size} pixels, but the VAE halves it twice: expected a positive multiple of 4. "
                    "Pad or crop the images."
                )
        self.latent = latent
        self._inner = (2 * channels, height // 4, width // 4)
        features = 2 * channels * (height // 4) * (width // 4)
        self.encoder_first = nn.Conv2d(1, channels, kernel_size=4, stride=2, padding=1)
        self.encoder_second = nn.Conv2d(channels, 2 * channels, kernel_size=4, stride=2, padding=1)
        self.posterior_mean = nn.Linear(features, latent)
        self.posterior_log_variance = nn.Linear(features, latent)
        self.decoder_input = nn.Linear(latent, features)
        self.decoder_first = nn.ConvTranspose2d(2 * channels, channels, kernel_size=4, stride=2, padding=1)
        self.decoder_second = nn.ConvTranspose2d(channels, 1, kernel_size=4, stride=2, padding=1)

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of the posterior, each [n, latent], of images [n, 1, height, width] in [0, 1]."""
        hidden = functional.relu(self.encoder_first(images))
        hidden = functional.relu(self.encoder_second(hidden)).flatten(1)
        return self.posterior_mean(hidden), self.posterior_log_variance(hidden)

    def decode_logits(self, latents: Tensor) -> Tensor:
        """Logits [n, 1, height, width] of the pixel intensities for latents [n, latent]."""
        hidden = self.decoder_input(latents).view(-1, *self._inner)
        return self.decoder_second(functional.relu(self.decoder_first(hidden)))

    def decode(self, latents: Tensor) -> Tensor:
        """Mean images [n, 1, height, width] in [0, 1] for latents [n, latent]: grey values, no Bernoulli draw."""
        return torch.sigmoid(self.decode_logits(latents))

    def forward(self, images: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Reconstruction logits, posterior mean and log variance; ``noise`` [n, latent] is standard normal."""
        mean, log_variance = self.encode(images)
        return self.decode_logits(mean + noise * torch.exp(0.5 * log_variance)), mean, log_variance


def negative_evidence_bound(
    logits: Tensor, images: Tensor, mean: Tensor, log_variance: Tensor, beta: float = 1.0
) -> Tensor:
    """Loss in nats, summed over the batch: binary cross-entropy summed over pixels + beta KL(posterior || N(0, I)).

    The pixels are intensities in [0, 1] and are not binarised (Shumailov et al., released code), so the cross-entropy
    of a perfect reconstruction is not zero.
    """
    cross_entropy = functional.binary_cross_entropy_with_logits(logits, images, reduction="sum")
    divergence = -0.5 * torch.sum(1.0 + log_variance - mean.square() - log_variance.exp())
    return cross_entropy + beta * divergence


def new_vae(settings: VaeSettings, height: int, width: int, seed: int, generation: int) -> VariationalAutoencoder:
    """A VAE with random weights that depend on (seed, generation) alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seeds.integer_seed(seed, "vae", generation, "weights"))
        return VariationalAutoencoder(height, width, settings.channels, settings.latent)


def standard_normal(rows: int, columns: int, *parts: object) -> Tensor:
    """Standard normal draws [rows, columns], float32, on the CPU, that depend on the seed parts alone."""
    generator = torch.Generator().manual_seed(seeds.integer_seed(*parts))
    return torch.randn(rows, columns, generator=generator)


@torch.no_grad()
def draw_images(vae: VariationalAutoencoder, count: int, *parts: object) -> Tensor:
    """Images [count, 1, height, width] in [0, 1], decoded from z ~ N(0, I) seeded by the parts, on the VAE's device."""
    device = next(vae.parameters()).device
    return vae.decode(standard_normal(count, vae.latent, *parts).to(device))


def human_batches(images: Tensor, batch_size: int, seed: int, epoch: int) -> Iterator[Tensor]:
    """The images [n, 1, height, width] once, shuffled, in batches."""
    generator = torch.Generator().manual_seed(seeds.integer_seed(seed, "vae", 0, "order", epoch))
    order = torch.randperm(len(images), generator=generator).to(images.device)
    for rows in order.split(batch_size):
        yield images[rows]


def synthetic_batches(
    previous: VariationalAutoencoder, count: int, batch_size: int, seed: int, generation: int, epoch: int
) -> Iterator[Tensor]:
    """``count`` fresh images of the previous generation's VAE in batches; no image is ever seen twice."""
    for batch, start in enumerate(range(0, count, batch_size)):
        rows = min(batch_size, count - start)
        yield draw_images(previous, rows, seed, "vae", generation, "images", epoch, batch)


def train_generation(
    settings: VaeSettings, images: Tensor, previous: VariationalAutoencoder | None, seed: int, generation: int
) -> tuple[VariationalAutoencoder, float]:
    """Fits a new VAE on human images (``previous`` is None) or on fresh samples of the previous generation's VAE.

    Args:
        settings: Architecture and optimiser.
        images: Human images [n, 1, height, width] in [0, 1]; later generations use their number and shape alone.
        previous: VAE of the previous generation.
        seed: Seed of the chain.
        generation: Number of this generation; 0 is the original.

    Returns:
        The VAE in evaluation mode, and the mean loss of the last epoch in nats per ``batch_size`` images.

    Raises:
        RuntimeError: If the loss becomes NaN or infinite; names generation and epoch.
    """
    count, _, height, width = images.shape
    vae = new_vae(settings, height, width, seed, generation).to(images.device)
    optimiser = torch.optim.Adam(
        vae.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )
    loss_per_image = float("nan")
    for epoch in range(settings.epochs):
        if previous is None:
            batches = human_batches(images, settings.batch_size, seed, epoch)
        else:
            batches = synthetic_batches(previous, count, settings.batch_size, seed, generation, epoch)
        total = torch.zeros((), dtype=torch.float64, device=images.device)
        for step, batch in enumerate(batches):
            noise = standard_normal(len(batch), vae.latent, seed, "vae", generation, "noise", epoch, step)
            logits, mean, log_variance = vae(batch, noise.to(images.device))
            loss = negative_evidence_bound(logits, batch, mean, log_variance, settings.beta)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            total += loss.detach()
        loss_per_image = total.item() / count
        if not torch.isfinite(total):
            raise RuntimeError(
                f"The VAE's loss is {loss_per_image} in generation {generation}, epoch {epoch} (seed {seed}). "
                f"Lower vae.learning_rate (now {settings.learning_rate:g}) and run again; "
                "finished generations are kept."
            )
    return vae.eval(), loss_per_image * settings.batch_size
