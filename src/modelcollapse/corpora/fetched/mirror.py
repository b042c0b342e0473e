"""A corpus mirror: a folder with copies of corpora, ``<corpus>/<split>.{txt,jsonl}[.gz|.xz]`` and MNIST's IDX files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from modelcollapse.corpora.fetched.upstream import Upstream
from modelcollapse.corpora.text_files import COMPRESSIONS, read_lines, read_records
from modelcollapse.runtime.files import sha256

TEXT_SUFFIXES = ("txt", "jsonl")
SUMS = "SHA256SUMS"
IDX_STEMS = {"train": "train", "test": "t10k"}
"""How MNIST's files call our splits."""


def corpus_folder(mirror: Path, corpus: Upstream) -> Path:
    """The corpus's folder in the mirror.

    Raises:
        ValueError: the mirror or the folder is missing; the message shows the layout.
    """
    folder = Path(mirror) / corpus.name
    if not folder.is_dir():
        missing = mirror if not Path(mirror).is_dir() else folder
        raise ValueError(f"The folder {missing} does not exist. {_layout(corpus)} Check `corpus_mirror`.")
    return folder


def split_file(mirror: Path, corpus: Upstream, split: str) -> Path:
    """The file that holds one published split of text.

    Raises:
        ValueError: it is missing, or there are several.
    """
    folder = corpus_folder(mirror, corpus)
    names = [f"{split}.{suffix}{packed}" for suffix in TEXT_SUFFIXES for packed in COMPRESSIONS]
    found = [folder / name for name in names if (folder / name).is_file()]
    if not found:
        raise ValueError(f"{folder} holds no {split} split. {_layout(corpus)}")
    if len(found) > 1:
        raise ValueError(
            f"{folder} holds the {split} split {len(found)} times ({', '.join(path.name for path in found)}): keep one."
        )
    return found[0]


def idx_files(mirror: Path, corpus: Upstream, split: str) -> tuple[Path, Path]:
    """The IDX files of images and of labels of one split.

    Raises:
        ValueError: one is missing.
    """
    folder = corpus_folder(mirror, corpus)
    found = []
    for kind in ("images-idx3", "labels-idx1"):
        name = f"{IDX_STEMS[split]}-{kind}-ubyte"
        paths = [path for path in (folder / name, folder / f"{name}.gz") if path.is_file()]
        if not paths:
            raise ValueError(f"{folder} holds no {name}[.gz]. {_layout(corpus)}")
        found.append(paths[0])
    return found[0], found[1]


def verify(mirror: Path, path: Path) -> str:
    """SHA-256 of a file of the mirror, compared with the mirror's ``SHA256SUMS`` where there is one.

    The list lies in the mirror or in the corpus's folder; names are relative to it.

    Raises:
        ValueError: the file differs from the list, or the list does not name it.
    """
    found = sha256(path)
    for folder in (path.parent, Path(mirror)):
        sums = folder / SUMS
        if not sums.is_file():
            continue
        name = path.relative_to(folder).as_posix()
        expected = _listed_sums(sums).get(name)
        if expected is None:
            raise ValueError(f"{sums} does not list {name}: add its line, or remove the list.")
        if expected != found:
            raise ValueError(
                f"{path} is damaged: {sums} expects sha256 {expected}, but the file has {found}. "
                "Copy the file into the mirror again."
            )
    return found


def documents(path: Path) -> Iterator[str]:
    """The documents of a split: lines of a text file (each with its line break), or `text` of each line of JSON.

    Raises:
        ValueError: the file is damaged, no UTF-8, or a line is no JSON object with a string `text`.
    """
    if ".jsonl" not in path.suffixes[-2:]:
        for _, line in read_lines(path):
            yield line if line.endswith("\n") else line + "\n"
        return
    for number, record in read_records(path):
        if not isinstance(record.get("text"), str):
            raise ValueError(f'{path}, line {number} has no string `text`: expected {{"text": "..."}}.')
        yield record["text"]


def mirror_files(mirror: Path, corpus: Upstream) -> list[Path]:
    """The files of the mirror that a fetch reads, in the order of the splits.

    Raises:
        ValueError: the mirror, its folder or a file is missing.
    """
    if corpus.holds_images:
        return [path for split in corpus.documents for path in idx_files(mirror, corpus, split)]
    return [split_file(mirror, corpus, split) for split in corpus.documents]


def _listed_sums(path: Path) -> dict[str, str]:
    sums = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        digest, _, name = line.strip().partition(" ")
        if name:
            sums[name.strip().removeprefix("*").removeprefix("./")] = digest.lower()
    return sums


def _layout(corpus: Upstream) -> str:
    if corpus.holds_images:
        files = "{train,t10k}-{images-idx3,labels-idx1}-ubyte[.gz]"
    else:
        files = f"{{{','.join(corpus.documents)}}}.{corpus.suffix}[.gz|.xz]"
    return f"A corpus mirror holds {corpus.name}/{files}."
