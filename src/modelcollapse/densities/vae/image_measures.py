"""What is measured on a VAE's images: latents under the original encoder, and what a digit classifier makes of them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from modelcollapse.densities.vae.autoencoder import VariationalAutoencoder
from modelcollapse.runtime import seeds

CLASSIFIED_IMAGES = 1000
"""Images per generation shown to the classifier: the plug-in class entropy is biased by about -9 / (2 x 1000) nats."""
CLASSIFIER_BATCH = 64
CLASSIFIER_LEARNING_RATE = 3e-3
IMAGES_AT_ONCE = 1000
"""Images per forward pass where no gradient is needed; bounds the memory."""
TAIL = 1.5
"""|mu| beyond which a latent counts as tail."""


class DigitClassifier(nn.Module):
    """Two convolutions (kernel 3, 16 and 32 channels, each followed by 2 x 2 max pooling) and two linear layers."""

    def __init__(self, height: int, width: int, classes: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 16, kernel_size=3, padding=1)
        self.second = nn.Conv2d(16, 32, kernel_size=3, padding=1)
        self.hidden = nn.Linear(32 * (height // 4) * (width // 4), 64)
        self.output = nn.Linear(64, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Class logits [n, classes] of images [n, 1, height, width] in [0, 1]."""
        hidden = functional.max_pool2d(functional.relu(self.first(images)), 2)
        hidden = functional.max_pool2d(functional.relu(self.second(hidden)), 2)
        return self.output(functional.relu(self.hidden(hidden.flatten(1))))


def fit_classifier(images: Tensor, labels: Tensor, epochs: int, seed: int) -> DigitClassifier:
    """A classifier fitted with Adam on human images [n, 1, height, width] in [0, 1] with labels [n] from 0.

    Raises:
        RuntimeError: If the loss becomes NaN or infinite; names the epoch.
    """
    count, _, height, width = images.shape
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seeds.integer_seed(seed, "vae", "classifier", "weights"))
        classifier = DigitClassifier(height, width, int(labels.max()) + 1).to(images.device)
    optimiser = torch.optim.Adam(classifier.parameters(), lr=CLASSIFIER_LEARNING_RATE)
    for epoch in range(epochs):
        generator = torch.Generator().manual_seed(seeds.integer_seed(seed, "vae", "classifier", "order", epoch))
        order = torch.randperm(count, generator=generator).to(images.device)
        total = 0.0
        for rows in order.split(CLASSIFIER_BATCH):
            loss = functional.cross_entropy(classifier(images[rows]), labels[rows])
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            total += loss.item()
        if not total < float("inf"):
            raise RuntimeError(
                f"The digit classifier's loss is {total} in epoch {epoch} (seed {seed}). "
                "Check the images and labels of the corpus."
            )
    return classifier.eval()


@torch.no_grad()
def accuracy(classifier: DigitClassifier, images: Tensor, labels: Tensor) -> float:
    """Share of the images whose likeliest class is the label, in [0, 1]."""
    return (class_probabilities(classifier, images).argmax(1) == labels).double().mean().item()


@torch.no_grad()
def class_probabilities(classifier: DigitClassifier, images: Tensor) -> Tensor:
    """Predicted class probabilities [n, classes], float64."""
    logits = [classifier(part) for part in images.split(IMAGES_AT_ONCE)]
    return torch.softmax(torch.cat(logits).double(), dim=1)


def classification_measures(probabilities: Tensor) -> dict[str, float]:
    """How sure the classifier is, and how many digits it sees.

    Args:
        probabilities: Predicted class probabilities [n, classes].

    Returns:
        ``classifier_confidence``: mean largest probability, in [1/classes, 1]; ``class_entropy``: entropy in nats of
        the mean prediction, in [0, ln classes], low when digits vanish; ``prediction_entropy``: mean entropy in nats of
        a prediction, in [0, ``class_entropy``], high when digits blend.
    """
    return {
        "classifier_confidence": probabilities.max(dim=1).values.mean().item(),
        "class_entropy": torch.special.entr(probabilities.mean(dim=0)).sum().item(),
        "prediction_entropy": torch.special.entr(probabilities).sum(dim=1).mean().item(),
    }


@torch.no_grad()
def encode_means(encoder: VariationalAutoencoder, images: Tensor) -> Tensor:
    """Posterior means [n, latent] of the images, float32."""
    return torch.cat([encoder.encode(part)[0] for part in images.split(IMAGES_AT_ONCE)])


def latent_measures(latents: Tensor) -> dict[str, float]:
    """Statistics of latents [n, latent] under the original encoder (Shumailov et al., SI Fig. 1).

    Returns:
        ``latent_mean`` and ``latent_std`` (population formula) of all values pooled, ``latent_max_abs_mean``: largest
        |mean over images| of a latent dimension, ``share_beyond_1_5``: share of values with |mu| > 1.5.
    """
    values = latents.double()
    return {
        "latent_mean": values.mean().item(),
        "latent_std": values.std(correction=0).item(),
        "latent_max_abs_mean": values.mean(dim=0).abs().max().item(),
        "share_beyond_1_5": (values.abs() > TAIL).double().mean().item(),
    }
