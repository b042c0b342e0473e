"""The chain of VAEs of one seed, each trained on the images of the one before (Shumailov et al., SI Fig. 1 and 7)."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from modelcollapse.densities.vae import image_measures as vae_measures
from modelcollapse.densities.vae.autoencoder import VariationalAutoencoder, draw_images, new_vae, train_generation
from modelcollapse.densities.vae.settings import VaeSettings
from modelcollapse.runtime.arrays import write_arrays
from modelcollapse.runtime.checkpoints import Checkpoint, read_checkpoint, write_checkpoint
from modelcollapse.runtime.device import pick_device, single_thread
from modelcollapse.runtime.parquet import write_parquet
from modelcollapse.runtime.progress import progress

GRID_IMAGES = 100
"""Images of the sample grid, ten by ten."""


@dataclass(frozen=True)
class LabelledImages:
    """Images [n, 1, height, width] in [0, 1], labels [n] from 0, and the sha256 of both."""

    images: Tensor
    labels: Tensor
    digest: str


def read_images(path: Path, device: torch.device) -> LabelledImages:
    """Reads ``images`` uint8 [n, height, width] and ``labels`` uint8 [n] from an NPZ file of a prepared image corpus.

    Raises:
        ValueError: If the file cannot be read, lacks an array, or an array has another type or shape.
    """
    advice = "Delete it and run the same command again to prepare the corpus anew."
    try:
        with np.load(path, allow_pickle=False) as arrays:
            images, labels = arrays["images"], arrays["labels"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{path} is not an image file with the arrays images and labels ({error}). {advice}"
        ) from error
    if images.dtype != np.uint8 or images.ndim != 3 or labels.shape != images.shape[:1] or len(images) == 0:
        raise ValueError(
            f"{path}: expected images uint8 [n, height, width] and labels [n] with n > 0, found images "
            f"{images.dtype} {list(images.shape)} and labels {labels.dtype} {list(labels.shape)}. {advice}"
        )
    digest = hashlib.sha256(images.tobytes() + labels.tobytes() + repr(images.shape).encode()).hexdigest()
    intensities = torch.from_numpy(images.astype(np.float32) / 255.0)[:, None]
    return LabelledImages(intensities.to(device), torch.from_numpy(labels.astype(np.int64)).to(device), digest)


def run_vae(
    settings: VaeSettings, images: Mapping[str, Path], seed: int, outputs: Mapping[str, Path], work: Path
) -> None:
    """Trains and measures the VAEs of one seed; a killed run continues after the last finished generation.

    Args:
        settings: Sizes of the chain.
        images: ``train`` and ``test``: NPZ files of a prepared image corpus.
        seed: Seed of the whole chain.
        outputs: ``table``: Parquet file with one row per generation (0 = original) and the columns of
            :func:`measure_generation`; its metadata holds the classifier's test accuracy and the same measures on human
            test images. ``arrays``: NPZ file with ``grid`` uint8 [generation, 100, height, width] and ``latents``
            float32 [generation, encoded_images, latent], posterior means under the original encoder.
        work: Folder for checkpoints, which belong to exactly these arguments.

    Raises:
        ValueError: If the images cannot be read or their sides are not divisible by 4.
        RuntimeError: If a loss becomes NaN or infinite; names generation and epoch.
    """
    single_thread()
    device = pick_device()
    train, test = read_images(Path(images["train"]), device), read_images(Path(images["test"]), device)
    if train.images.shape[1:] != test.images.shape[1:]:
        raise ValueError(
            f"Training images have shape {list(train.images.shape[2:])} but test images {list(test.images.shape[2:])}: "
            "both must come from one corpus."
        )
    identity = _identity(settings, seed, train, test)
    classifier, test_accuracy = _classifier(settings, train, test, seed, work, identity)
    original, previous = None, None
    measured: list[Checkpoint] = []
    resumable = True
    for generation in progress(range(settings.generations + 1), description=f"VAE generations of seed {seed}"):
        path = work / f"generation{generation}.safetensors"
        checkpoint = read_checkpoint(path, identity) if resumable else None
        if checkpoint is None:
            resumable = False  # what follows a lost generation is computed again, never mixed with older files
            vae, loss = train_generation(settings, train.images, previous, seed, generation)
            original = original or vae
            checkpoint = measure_generation(settings, vae, original, classifier, seed, generation)
            checkpoint.facts["train_loss"] = loss
            checkpoint.facts["training_images"] = len(train.images)
            write_checkpoint(path, identity, checkpoint)
        else:
            vae = _restore(settings, checkpoint, train.images, seed, generation)
            original = original or vae
        previous = vae
        measured.append(checkpoint)
    human = human_measures(original, classifier, test.images)
    _write_outputs(outputs, measured, {"seed": seed, "classifier_test_accuracy": test_accuracy, "human_test": human})


def measure_generation(
    settings: VaeSettings,
    vae: VariationalAutoencoder,
    original: VariationalAutoencoder,
    classifier: vae_measures.DigitClassifier,
    seed: int,
    generation: int,
) -> Checkpoint:
    """Measures one generation on its own images.

    Returns:
        Arrays ``vae.*`` (weights), ``grid`` uint8 [100, height, width] and ``latents`` [encoded_images, latent];
        facts ``generation`` and what ``latent_measures`` and ``classification_measures`` return.
    """
    grid = draw_images(vae, GRID_IMAGES, seed, "vae", generation, "grid")
    encoded = draw_images(vae, settings.encoded_images, seed, "vae", generation, "encoded")
    classified = draw_images(vae, vae_measures.CLASSIFIED_IMAGES, seed, "vae", generation, "classified")
    latents = vae_measures.encode_means(original, encoded)
    probabilities = vae_measures.class_probabilities(classifier, classified)
    tensors = {f"vae.{key}": value for key, value in vae.state_dict().items()}
    tensors["grid"] = (grid[:, 0] * 255.0).round().to(torch.uint8)
    tensors["latents"] = latents
    measured = {
        "generation": generation,
        **vae_measures.latent_measures(latents),
        **vae_measures.classification_measures(probabilities),
    }
    return Checkpoint(_arrays(tensors), measured)


def human_measures(
    original: VariationalAutoencoder, classifier: vae_measures.DigitClassifier, images: Tensor
) -> dict[str, float]:
    """The measures of a generation on human images [n, 1, height, width]: what no loss of information looks like."""
    latents = vae_measures.encode_means(original, images)
    probabilities = vae_measures.class_probabilities(classifier, images)
    return vae_measures.latent_measures(latents) | vae_measures.classification_measures(probabilities)


def _identity(settings: VaeSettings, seed: int, train: LabelledImages, test: LabelledImages) -> str:
    # more generations continue the same chain, so their number is no part of what a generation is
    what = {name: value for name, value in settings.model_dump().items() if name not in ("generations", "seeds")}
    facts = (sorted(what.items()), seed, train.digest, test.digest)
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def _classifier(
    settings: VaeSettings, train: LabelledImages, test: LabelledImages, seed: int, work: Path, identity: str
) -> tuple[vae_measures.DigitClassifier, float]:
    path = work / "classifier.safetensors"
    checkpoint = read_checkpoint(path, identity)
    if checkpoint is None:
        classifier = vae_measures.fit_classifier(train.images, train.labels, settings.classifier_epochs, seed)
        test_accuracy = vae_measures.accuracy(classifier, test.images, test.labels)
        write_checkpoint(path, identity, Checkpoint(_arrays(classifier.state_dict()), {"accuracy": test_accuracy}))
        return classifier, test_accuracy
    height, width = train.images.shape[2:]
    classifier = vae_measures.DigitClassifier(height, width, int(train.labels.max()) + 1)
    classifier.load_state_dict({name: torch.from_numpy(array) for name, array in checkpoint.arrays.items()})
    return classifier.to(train.images.device).eval(), checkpoint.facts["accuracy"]


def _restore(
    settings: VaeSettings, checkpoint: Checkpoint, images: Tensor, seed: int, generation: int
) -> VariationalAutoencoder:
    height, width = images.shape[2:]
    vae = new_vae(settings, height, width, seed, generation)
    weights = {name: array for name, array in checkpoint.arrays.items() if name.startswith("vae.")}
    vae.load_state_dict({name.removeprefix("vae."): torch.from_numpy(array) for name, array in weights.items()})
    return vae.to(images.device).eval()


def _arrays(tensors: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    return {name: tensor.detach().cpu().numpy() for name, tensor in tensors.items()}


def _write_outputs(outputs: Mapping[str, Path], measured: list[Checkpoint], metadata: dict[str, object]) -> None:
    table = pd.DataFrame([checkpoint.facts for checkpoint in measured])
    write_parquet(table, outputs["table"], metadata)
    arrays = {name: np.stack([checkpoint.arrays[name] for checkpoint in measured]) for name in ("grid", "latents")}
    write_arrays(outputs["arrays"], arrays)
