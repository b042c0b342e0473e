"""How an experiment without language models is declared, so that rules, keys and commands need not know it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """One job: one table, perhaps arrays beside it.

    The function is called with those of these keywords that its signature names: ``settings`` (the group, narrowed to
    ``fields``), ``outputs`` (``table``, ``arrays``: temporary paths), ``name``, ``seed``, ``images`` (``train`` and
    ``test`` of the corpus) and ``work`` (a folder that survives a kill).
    """

    topic: str
    """Folder of its tables, and the group under which figures and claims find them."""
    name: str
    """File name, unique within the topic; ``seed<s>`` for one seed of several."""
    module: str
    """Module below ``modelcollapse`` that does the work."""
    function: str
    """Its function."""
    settings: str
    """Group of the paper's settings that it reads, by dotted path, such as ``mixture.one_blob_500``."""
    fields: tuple[str, ...] | None = None
    """Keys of the group that it reads; others change nothing. None: all but ``seeds`` and ``first_seed``."""
    seed: int | None = None
    """Seed of the whole chain, where each seed is a job of its own."""
    corpus: str | None = None
    """Image corpus that it reads."""
    arrays: bool = False
    """Whether it writes arrays (``.npz``) beside its table."""
    uses_torch: bool = False
    """Whether threads and device are part of its result."""
    memory_mb: int = 4000
    """What it needs at most."""
    minutes: int = 120
    """How long it may take."""
