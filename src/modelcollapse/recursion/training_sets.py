"""What a regime chooses from, and what it gives back.

Generation g >= 1 is trained; ``synthetic[k]`` was written by model k < g. Human row r belongs to fold r // n, where n
is the number of human training rows; fold 0 is what generation 0 was fitted on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from modelcollapse.recursion.packing import TokenRows, concatenate
from modelcollapse.recursion.settings import RegimeSettings

HUMAN = "human"


@dataclass(frozen=True)
class Part:
    """Rows of one origin in a training set."""

    source: str
    """``human`` or ``gen<k>``."""
    rows: TokenRows


@dataclass(frozen=True)
class TrainingSet:
    """What a model is fitted on."""

    parts: Sequence[Part]
    passes: int = 1
    """Times that an epoch goes through the rows, to match another regime's number of steps."""

    @property
    def rows(self) -> TokenRows:
        """All rows."""
        return concatenate([part.rows for part in self.parts])

    def origins(self) -> list[dict[str, object]]:
        """Source, rows and share of every part; shares sum to 1."""
        total = sum(len(part.rows) for part in self.parts)
        parts = [part for part in self.parts if len(part.rows)]
        return [{"source": p.source, "rows": len(p.rows), "share": len(p.rows) / total} for p in parts]


@dataclass(frozen=True)
class RegimeContext:
    """What a regime chooses from."""

    generation: int
    """g >= 1, the generation to be trained."""
    settings: RegimeSettings
    human: TokenRows
    """All human rows, fold after fold."""
    human_count: int
    """n: rows of one fold."""
    synthetic: Mapping[int, TokenRows]
    """Rows written by earlier models, held-out rows excluded."""
    random: np.random.Generator
    perplexity: Callable[[TokenRows], np.ndarray] | None = None
    """Per-row perplexity under generation 0, for `filtered`."""
    verify: Callable[[np.ndarray], bool] | None = None
    """Whether a text is correct, for `curated`; default: it repeats no 4-gram."""

    def fold(self, number: int) -> TokenRows:
        """Fold ``number`` of the human rows.

        Raises:
            ValueError: the corpus is too small.
        """
        start, end = number * self.human_count, (number + 1) * self.human_count
        if end > len(self.human):
            raise ValueError(
                f"Regime '{self.settings.name}' needs {end} human rows in generation {self.generation}, but the corpus "
                f"gives {len(self.human)}: lower 'train_rows' or 'generations', or use a larger corpus."
            )
        return self.human.take(np.arange(start, end))

    def last(self) -> TokenRows:
        """What the previous model wrote."""
        return self.synthetic[self.generation - 1]

    def written(self, count: int) -> TokenRows:
        """The first ``count`` rows that the previous model wrote.

        Raises:
            ValueError: it wrote fewer.
        """
        rows = self.last()
        if count > len(rows):
            raise ValueError(
                f"Regime '{self.settings.name}' needs {count} rows of generation {self.generation - 1} to train generation "
                f"{self.generation}, but its samples file has {len(rows)}: delete the file and run the same command again."
            )
        return rows.take(np.arange(count))

    def sample(self, rows: TokenRows, count: int) -> TokenRows:
        """A uniform subset without replacement, in random order."""
        return rows.take(self.random.permutation(len(rows))[:count])


def writer(context: RegimeContext) -> str:
    """Source of what the previous model wrote."""
    return f"gen{context.generation - 1}"


def all_synthetic(context: RegimeContext) -> list[Part]:
    """What every earlier model wrote, the oldest first."""
    return [Part(f"gen{earlier}", context.synthetic[earlier]) for earlier in range(context.generation)]


def kept_rows(context: RegimeContext) -> int:
    """Human rows kept.

    Raises:
        ValueError: the share is so small that none would be.
    """
    kept = round(context.settings.kept * context.human_count)
    if kept == 0:
        raise ValueError(
            f"Regime '{context.settings.name}' keeps {context.settings.kept:g} of {context.human_count} human rows, "
            "which is none: raise 'regime.kept' or 'train_rows', or use the regime 'replace'."
        )
    return kept


def with_human(context: RegimeContext, human: TokenRows) -> TrainingSet:
    """A share of human rows in the place of as many synthetic ones."""
    kept = kept_rows(context)
    synthetic = context.written(context.human_count)
    return TrainingSet(
        [
            Part(HUMAN, context.sample(human, kept)),
            Part(writer(context), context.sample(synthetic, context.human_count - kept)),
        ]
    )


def reference_sets(context: RegimeContext) -> int:
    """Size of the reference regime's training set, in human sets."""
    return context.generation + 1 if context.settings.reference == "accumulate" else 1
