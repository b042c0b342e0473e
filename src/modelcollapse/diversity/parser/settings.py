"""How the compact parser is trained."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from modelcollapse.runtime.settings import Settings


class ParserSettings(Settings):
    """How the parser is trained."""

    updates: Annotated[int, Field(ge=1)] = 4000
    """Optimizer steps; the learning rate rises during the first tenth (at most 250) and falls linearly to zero."""
    learning_rate: Annotated[float, Field(gt=0)] = 0.001
    """Highest learning rate of Adam."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of units that are switched off."""
    first_batch_words: Annotated[int, Field(ge=1)] = 100
    """Words of the first batch."""
    last_batch_words: Annotated[int, Field(ge=1)] = 1000
    """Words of later batches; the size grows by 0.1 % per step."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of initial weights, order and dropout."""
