"""Images with labels: MNIST's IDX files, read strictly, and our own files."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np

IMAGES_MAGIC = 0x00000803
LABELS_MAGIC = 0x00000801
"""First four bytes of IDX files of unsigned bytes with three and with one dimension (LeCun et al., MNIST's page)."""

Images = tuple[np.ndarray, np.ndarray]
"""Images uint8 [n, height, width] in 0..255, labels uint8 [n] in 0..9."""


def read_idx(images: Path, labels: Path) -> Images:
    """One split of MNIST from its two IDX files, plain or ``.gz``.

    Raises:
        ValueError: a file is damaged, has another magic number or another size than its header says, the two disagree
            about the number of images, or a label is not in 0..9.
    """
    pixels = _read_array(images, IMAGES_MAGIC, dimensions=3)
    digits_shown = _read_array(labels, LABELS_MAGIC, dimensions=1)
    if len(pixels) != len(digits_shown):
        raise ValueError(
            f"{images} holds {len(pixels)} images, but {labels} holds {len(digits_shown)} labels: "
            "they do not belong together. Fetch both again."
        )
    if len(digits_shown) and digits_shown.max() > 9:
        raise ValueError(f"{labels} holds the label {digits_shown.max()}, but digits are 0 to 9. Fetch the file again.")
    return pixels, digits_shown


def _read_array(path: Path, magic: int, dimensions: int) -> np.ndarray:
    content = _content(path)
    header = 4 * (1 + dimensions)
    if len(content) < header:
        raise ValueError(f"{path} has {len(content)} bytes, too few for the header of an IDX file. Fetch it again.")
    found, *shape = struct.unpack(f">{1 + dimensions}I", content[:header])
    if found != magic:
        raise ValueError(
            f"{path} begins with the magic number 0x{found:08x}, expected 0x{magic:08x}: it is no IDX file of "
            f"{'images' if dimensions == 3 else 'labels'}. Fetch it again, or check that files are not interchanged."
        )
    expected = header + int(np.prod(shape, dtype=np.int64))
    if len(content) != expected:
        raise ValueError(
            f"{path} has {len(content)} bytes, but its header ({' x '.join(map(str, shape))}) says {expected}: "
            "it is truncated or damaged. Fetch it again."
        )
    return np.frombuffer(content, dtype=np.uint8, offset=header).reshape(shape).copy()


def _content(path: Path) -> bytes:
    raw = Path(path).read_bytes()
    if not str(path).endswith(".gz") and raw[:2] != b"\x1f\x8b":
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is no intact gzip file ({error}). Fetch it again.") from error


def write_images(images: Images, path: Path) -> None:
    """Write one split as ``.npz`` with `images` and `labels`; the same images give the same bytes."""
    # an open file, because NumPy would append .npz to a temporary name
    with open(path, "wb") as stream:
        np.savez_compressed(stream, images=images[0], labels=images[1])


def read_images(path: Path) -> Images:
    """One split written by ``write_images``.

    Raises:
        ValueError: the file cannot be read or is no such file.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            return stored["images"], stored["labels"]
    except (OSError, ValueError, KeyError, EOFError, zlib.error) as error:
        raise ValueError(
            f"{path} is no readable file of images and labels ({error}). Delete it and run the same command again."
        ) from error
