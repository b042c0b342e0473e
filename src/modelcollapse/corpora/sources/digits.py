"""`digits`: 1,797 images of handwritten digits, 8 x 8, that scikit-learn carries."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelcollapse.corpora.images import Images
    from modelcollapse.corpora.loaded_corpus import LoadedCorpus
    from modelcollapse.corpora.settings import CorpusSettings

KIND = "images"
SPLITS = ("train", "test")
LICENCE = "CC BY 4.0 (Alpaydin and Kaynak, UCI Machine Learning Repository)"
FETCHED = False
OPTIONS = ("train", "test", "seed")
DOCUMENTS = {"train": 1437, "test": 360}
"""Images per split."""

MAXIMUM = 16
"""Largest value in scikit-learn's digits."""


def load(settings: CorpusSettings, inputs: Mapping[str, Path], root: Path) -> LoadedCorpus:
    """The shuffled images, and the version of scikit-learn."""
    from modelcollapse.corpora.loaded_corpus import LoadedCorpus

    origin = {"kind": "installed packages", "packages": {"scikit-learn": {"version": _version()}}}
    return LoadedCorpus(splits=split_digits(settings.seed), licence=LICENCE, origin=origin)


def parameters(settings: CorpusSettings) -> dict[str, Any]:
    """The version of scikit-learn, whose images they are."""
    return {"packages": {"scikit-learn": _version()}}


def split_digits(seed: int) -> dict[str, Images]:
    """scikit-learn's digits, shuffled by ``seed`` and split into `train` (1,437) and `test` (360), scaled to 0..255."""
    import numpy as np
    from sklearn.datasets import load_digits

    from modelcollapse.runtime.seeds import generator

    data = load_digits()
    images = np.rint(data.images * (255 / MAXIMUM)).astype(np.uint8)
    labels = data.target.astype(np.uint8)
    order = generator(seed, "digits").permutation(len(labels))
    train = DOCUMENTS["train"]
    parts = {"train": order[:train], "test": order[train:]}
    return {split: (images[rows], labels[rows]) for split, rows in parts.items()}


def _version() -> str:
    from importlib.metadata import version

    return version("scikit-learn")
