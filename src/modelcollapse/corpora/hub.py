"""The Hugging Face hub: the only place where this package touches the network. Fails in seconds when offline."""

from __future__ import annotations

import os
import re
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from modelcollapse.corpora.fetched.upstream import Upstream

ENDPOINT = "https://huggingface.co"
TIMEOUT = 5.0
"""Seconds after which the hub counts as unreachable."""

_REVISION = re.compile(r"[0-9a-f]{40}")
_OFFLINE_VARIABLES = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE")


def corpus_split(corpus: Upstream, split: str) -> Any:
    """One published split as a ``datasets.Dataset``, at the pinned revision; code of the repository is never run.

    Raises:
        RuntimeError: the hub cannot be reached and the cache has no copy; the message names the ways out.
    """
    revision = check_revision(corpus.repository, corpus.revision)
    _prepare_environment()
    import datasets

    datasets.disable_progress_bars()
    try:
        return datasets.load_dataset(corpus.repository, corpus.configuration, revision=revision, split=split)
    except Exception as error:  # the libraries below raise a dozen unrelated types when offline
        raise RuntimeError(
            f"{corpus.repository} ({corpus.configuration}, revision {revision[:12]}) could not be loaded from the "
            f"Hugging Face hub: {_first_line(error)} Two ways out: give a folder that holds the corpus, with "
            f"`--config corpus_mirror=DIR` (it needs DIR/{corpus.name}/), or run this one step with a network "
            "connection (or on a machine whose Hugging Face cache, HF_HOME, already holds that revision)."
        ) from error


def rows(corpus: Upstream, split: str) -> Iterable[dict[str, Any]]:
    """The rows of a published split, if it is complete.

    Raises:
        RuntimeError: the hub cannot be reached, or the split has another number of documents than expected.
    """
    data = corpus_split(corpus, split)
    if len(data) != corpus.documents[split]:
        raise RuntimeError(
            f"The {split} split of {corpus.repository} at revision {corpus.revision[:12]} has {len(data)} documents, "
            f"expected {corpus.documents[split]}: the download is incomplete. Delete it from the Hugging Face cache "
            "and run the same command again."
        )
    return data


def repository_file(repository: str, name: str, revision: str | None) -> Path | None:
    """One file of a model repository at a pinned revision, downloaded or from the cache; None if it has no such file.

    Raises:
        ValueError: the revision is not pinned.
        RuntimeError: the hub cannot be reached and the cache has no copy; the message names the ways out.
    """
    revision = check_revision(repository, revision)
    _prepare_environment()
    import huggingface_hub
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    try:
        return Path(huggingface_hub.hf_hub_download(repository, name, revision=revision))
    except Exception as error:  # the libraries below raise a dozen unrelated types when offline
        if isinstance(error, EntryNotFoundError) and not isinstance(error, LocalEntryNotFoundError):
            return None
        raise RuntimeError(
            f"{name} of {repository} (revision {revision[:12]}) could not be loaded from the Hugging Face hub: "
            f"{_first_line(error)} Two ways out: name a local folder that holds the file instead of the hub name, or "
            "run this one step with a network connection (or on a machine whose Hugging Face cache, HF_HOME, already "
            "holds that revision)."
        ) from error


def check_revision(repository: str, revision: str | None) -> str:
    """The revision, if it pins one commit.

    Raises:
        ValueError: it is missing or no full commit hash: names such as `main` change under one's feet.
    """
    if revision is None or not _REVISION.fullmatch(revision):
        raise ValueError(
            f"{repository} on the hub needs a pinned `revision`: 40 hex digits of a commit, not {revision!r}. Its "
            f"commits are listed at https://huggingface.co/{repository}/commits."
        )
    return revision


def is_reachable(timeout: float = TIMEOUT) -> bool:
    """Whether the hub answers within ``timeout`` seconds, whatever it answers."""
    answered = threading.Event()

    def probe() -> None:
        request = urllib.request.Request(os.environ.get("HF_ENDPOINT", ENDPOINT), method="HEAD")
        try:
            urllib.request.urlopen(request, timeout=timeout).close()
        except urllib.error.HTTPError:
            pass  # a refusal is an answer
        except OSError:
            return
        answered.set()

    # resolving a name has no timeout of its own, so the question is asked in a thread that may be left behind
    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    thread.join(timeout)
    return answered.is_set()


def is_offline() -> bool:
    """Whether the user asked for offline mode (`HF_HUB_OFFLINE=1` and its kin)."""
    return any(os.environ.get(name, "").upper() in ("1", "TRUE", "YES", "ON") for name in _OFFLINE_VARIABLES)


def _prepare_environment() -> None:
    """Make the hub's libraries look into their cache at once when the hub cannot be reached, instead of retrying."""
    if is_offline() or not is_reachable():
        os.environ.update(dict.fromkeys(_OFFLINE_VARIABLES, "1"))
        # the libraries read the variables when they are imported, which may have happened
        for module, owner in (("huggingface_hub", "constants"), ("datasets", "config")):
            if module in sys.modules:
                getattr(sys.modules[module], owner).HF_HUB_OFFLINE = True


def _first_line(error: Exception) -> str:
    text = (str(error).strip() or type(error).__name__).splitlines()[0][:300]
    return text if text.endswith((".", "!", "?")) else f"{text}."
