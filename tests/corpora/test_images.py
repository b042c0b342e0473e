"""Digits against scikit-learn, IDX files against bytes written by hand."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from mirrors import idx
from sklearn.datasets import load_digits

from modelcollapse.corpora.images import read_idx, read_images, write_images
from modelcollapse.corpora.sources.digits import split_digits

PIXELS = np.arange(24).reshape(2, 3, 4)
LABELS = np.array([3, 9])


def write_pair(folder: Path, images: bytes, labels: bytes) -> tuple[Path, Path]:
    paths = folder / "images", folder / "labels"
    for path, content in zip(paths, (images, labels), strict=True):
        path.write_bytes(content)
    return paths


def test_digits_are_those_of_scikit_learn() -> None:
    parts = split_digits(seed=0)
    assert [len(parts[split][1]) for split in ("train", "test")] == [1437, 360]
    images = np.concatenate([parts[split][0] for split in ("train", "test")])
    assert images.dtype == np.uint8 and images.shape == (1797, 8, 8) and images.min() == 0 and images.max() == 255
    expected = np.rint(load_digits().images / 16 * 255).astype(np.uint8)
    assert sorted(map(bytes, images)) == sorted(map(bytes, expected))
    labelled = {bytes(image): label for image, label in zip(expected, load_digits().target, strict=True)}
    assert all(labelled[bytes(i)] == n for i, n in zip(*parts["test"], strict=True))


def test_digits_depend_on_the_seed_alone() -> None:
    assert np.array_equal(split_digits(1)["train"][0], split_digits(1)["train"][0])
    assert not np.array_equal(split_digits(1)["train"][0], split_digits(2)["train"][0])


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_idx_files_are_read(tmp_path: Path, pack) -> None:
    images, labels = read_idx(*write_pair(tmp_path, pack(idx(PIXELS, 0x803)), pack(idx(LABELS, 0x801))))
    assert np.array_equal(images, PIXELS) and np.array_equal(labels, LABELS)
    assert images.dtype == labels.dtype == np.uint8


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (idx(PIXELS, 0x801), idx(LABELS, 0x801), "magic number 0x00000801, expected 0x00000803"),
        (idx(PIXELS, 0x803), idx(LABELS, 0x803), "expected 0x00000801"),
        (idx(PIXELS, 0x803)[:-1], idx(LABELS, 0x801), r"has 39 bytes, but its header \(2 x 3 x 4\) says 40"),
        (idx(PIXELS, 0x803) + b"x", idx(LABELS, 0x801), "truncated or damaged"),
        (b"abc", idx(LABELS, 0x801), "too few for the header"),
        (gzip.compress(idx(PIXELS, 0x803), mtime=0)[:-9], idx(LABELS, 0x801), "no intact gzip file"),
        (idx(PIXELS, 0x803), idx(LABELS[:1], 0x801), "2 images, but .* 1 labels"),
        (idx(PIXELS, 0x803), idx(LABELS + 1, 0x801), "label 10, but digits are 0 to 9"),
    ],
)
def test_damaged_idx_files_are_refused(tmp_path: Path, images: bytes, labels: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_idx(*write_pair(tmp_path, images, labels))


def test_images_survive_a_round_trip_with_equal_bytes(tmp_path: Path) -> None:
    stored = PIXELS.astype(np.uint8), LABELS.astype(np.uint8)
    for name in ("a.tmp", "b.tmp"):
        write_images(stored, tmp_path / name)
    assert (tmp_path / "a.tmp").read_bytes() == (tmp_path / "b.tmp").read_bytes()
    assert all(np.array_equal(one, two) for one, two in zip(read_images(tmp_path / "a.tmp"), stored, strict=True))
    (tmp_path / "a.tmp").write_bytes(b"broken")
    with pytest.raises(ValueError, match="no readable file of images"):
        read_images(tmp_path / "a.tmp")
