"""Tiny mirrors of the published corpora, in the layout of a corpus mirror."""

from __future__ import annotations

import gzip
import json
import lzma
import struct
from pathlib import Path

import numpy as np


def idx(array: np.ndarray, magic: int) -> bytes:
    """The bytes of an IDX file."""
    return struct.pack(f">{1 + array.ndim}I", magic, *array.shape) + array.astype(np.uint8).tobytes()


def make_mirror(root: Path) -> Path:
    """Write wikitext (plain, gzip, xz), tinystories and mnist."""
    wikitext = root / "wikitext"
    wikitext.mkdir(parents=True)
    text = " \n = Title = \n \n The first paragraph , café .\n The second @-@ paragraph .\n"
    (wikitext / "train.txt").write_text(text, encoding="utf-8")
    (wikitext / "validation.txt.gz").write_bytes(gzip.compress(b" \n one line \n two"))
    (wikitext / "test.txt.xz").write_bytes(lzma.compress(b" three lines \n four \n"))
    stories = root / "tinystories"
    stories.mkdir()
    lines = [json.dumps({"text": f"Story {number}.\nThe end."}) for number in range(7)]
    (stories / "train.jsonl").write_text("\n".join(lines) + "\n")
    (stories / "validation.jsonl.gz").write_bytes(gzip.compress("\n".join(lines[:5]).encode()))
    digits = root / "mnist"
    digits.mkdir()
    rng = np.random.default_rng(0)
    for stem, count, pack in (("train", 9, gzip.compress), ("t10k", 4, bytes)):
        ending = ".gz" if pack is gzip.compress else ""
        images = rng.integers(0, 256, (count, 5, 4))
        (digits / f"{stem}-images-idx3-ubyte{ending}").write_bytes(pack(idx(images, 0x803)))
        (digits / f"{stem}-labels-idx1-ubyte{ending}").write_bytes(pack(idx(np.arange(count), 0x801)))
    return root


def outputs(folder: Path, *names: str, suffix: str = "parquet") -> dict[str, Path]:
    """Output paths in a folder; the record is JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    return {name: folder / f"{name}.{'json' if name == 'record' else suffix}" for name in names}
