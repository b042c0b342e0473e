"""Embeddings by what was embedded: one SQLite file per model, so that parallel jobs and later runs share them."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

CACHE_VARIABLE = "MODELCOLLAPSE_EMBEDDINGS"
FORMAT = "1"
PATIENCE = 60.0
"""Seconds to wait while another process writes."""
QUERY_KEYS = 500


def default_cache_folder() -> Path:
    """``MODELCOLLAPSE_EMBEDDINGS`` if set, else ``modelcollapse/embeddings`` in the user's cache folder."""
    given = os.environ.get(CACHE_VARIABLE)
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "modelcollapse" / "embeddings"


class EmbeddingCache:
    """Vectors of one model in single precision, found by the SHA-256 of the text.

    Args:
        folder: where the file lies; made if missing.
        identity: SHA-256 of the model's weights, plus whatever else the vectors depend on.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        digest = hashlib.sha256(f"{FORMAT}\0{identity}".encode()).hexdigest()
        self.path = Path(folder) / f"{digest[:32]}.sqlite"

    def read(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """The vectors of those texts that are known."""
        if not self.path.is_file():
            return {}
        by_key = {text_key(text): text for text in texts}
        keys = list(by_key)
        found: dict[str, np.ndarray] = {}
        with self._connection() as connection:
            for start in range(0, len(keys), QUERY_KEYS):
                part = keys[start : start + QUERY_KEYS]
                rows = connection.execute(
                    f"SELECT key, vector FROM vectors WHERE key IN ({','.join('?' * len(part))})", part
                )
                found.update({by_key[key]: np.frombuffer(vector, dtype="<f4") for key, vector in rows})
        return found

    def write(self, vectors: dict[str, np.ndarray]) -> None:
        """Keep the vectors of these texts; all of them or none."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        rows = [(text_key(text), vector.astype("<f4").tobytes()) for text, vector in vectors.items()]
        with self._connection() as connection, connection:
            connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(self.path, timeout=PATIENCE)
            try:
                connection.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL)")
                yield connection
            finally:
                connection.close()
        except sqlite3.DatabaseError as error:
            raise ValueError(
                f"The cache of embeddings {self.path} cannot be used ({error}). Delete the file, or set "
                f"{CACHE_VARIABLE} to another folder."
            ) from error


def text_key(text: str) -> bytes:
    """SHA-256 of the text in UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
