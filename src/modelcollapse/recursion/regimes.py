"""What the next model trains on. One function per regime; a new one is added to ``REGIMES`` by its decorator.

Generation g >= 1 is trained; ``synthetic[k]`` was written by model k < g. Human row r belongs to fold r // n, where n
is the number of human training rows; fold 0 is what generation 0 was fitted on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from modelcollapse.recursion.packing import Rows, concatenate
from modelcollapse.recursion.repetition import repeated_share
from modelcollapse.recursion.settings import RegimeSettings

HUMAN = "human"
NEEDS_ALL = ("accumulate", "accumulate_subsample")
HUMAN_CEILINGS = ("human_steps", "human_growing", "human_only")


@dataclass(frozen=True)
class Part:
    """Rows of one origin in a training set."""

    source: str
    """``human`` or ``gen<k>``."""
    rows: Rows


@dataclass(frozen=True)
class TrainingSet:
    """What a model is fitted on."""

    parts: Sequence[Part]
    passes: int = 1
    """Times that an epoch goes through the rows, to match another regime's number of steps."""

    @property
    def rows(self) -> Rows:
        """All rows."""
        return concatenate([part.rows for part in self.parts])

    def origins(self) -> list[dict[str, object]]:
        """Source, rows and share of every part; shares sum to 1."""
        total = sum(len(part.rows) for part in self.parts)
        parts = [part for part in self.parts if len(part.rows)]
        return [{"source": p.source, "rows": len(p.rows), "share": len(p.rows) / total} for p in parts]


@dataclass(frozen=True)
class Situation:
    """What a regime chooses from."""

    generation: int
    """g >= 1, the generation to be trained."""
    settings: RegimeSettings
    human: Rows
    """All human rows, fold after fold."""
    human_count: int
    """n: rows of one fold."""
    synthetic: Mapping[int, Rows]
    """Rows written by earlier models, held-out rows excluded."""
    random: np.random.Generator
    perplexity: Callable[[Rows], np.ndarray] | None = None
    """Per-row perplexity under generation 0, for `filtered`."""
    verify: Callable[[np.ndarray], bool] | None = None
    """Whether a text is correct, for `curated`; default: it repeats no 4-gram."""

    def fold(self, number: int) -> Rows:
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

    def last(self) -> Rows:
        """What the previous model wrote."""
        return self.synthetic[self.generation - 1]

    def written(self, count: int) -> Rows:
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

    def sample(self, rows: Rows, count: int) -> Rows:
        """A uniform subset without replacement, in random order."""
        return rows.take(self.random.permutation(len(rows))[:count])


Regime = Callable[[Situation], TrainingSet]
REGIMES: dict[str, Regime] = {}


def regime(function: Regime) -> Regime:
    """Register a regime under its function's name."""
    REGIMES[function.__name__] = function
    return function


@regime
def replace(now: Situation) -> TrainingSet:
    """Only what the previous model wrote."""
    return TrainingSet([Part(_writer(now), now.written(now.human_count))])


@regime
def accumulate(now: Situation) -> TrainingSet:
    """The human rows and everything that earlier models wrote (Gerstgrasser et al.)."""
    return TrainingSet([Part(HUMAN, now.fold(0)), *_all_synthetic(now)])


@regime
def accumulate_subsample(now: Situation) -> TrainingSet:
    """A uniform subset, of the size of the human set, of what `accumulate` would use."""
    pool = [Part(HUMAN, now.fold(0)), *_all_synthetic(now)]
    origin = np.repeat(np.arange(len(pool)), [len(part.rows) for part in pool])
    chosen = now.random.permutation(len(origin))[: now.human_count]
    starts = np.cumsum([0] + [len(part.rows) for part in pool])
    parts = [
        Part(part.source, part.rows.take(np.sort(chosen[origin[chosen] == place]) - starts[place]))
        for place, part in enumerate(pool)
    ]
    passes = now.generation + 1 if now.settings.equal_steps and now.settings.reference == "accumulate" else 1
    return TrainingSet(parts, passes)


@regime
def replace_growing(now: Situation) -> TrainingSet:
    """All synthetic, grown to g + 1 times the human size, all of it from the previous model."""
    return TrainingSet([Part(_writer(now), now.written((now.generation + 1) * now.human_count))])


@regime
def preserve(now: Situation) -> TrainingSet:
    """A share of the human rows, drawn anew, takes the place of synthetic ones (Shumailov et al., setting B)."""
    return _with_human(now, now.fold(0))


@regime
def fresh(now: Situation) -> TrainingSet:
    """As `preserve`, but the human rows come from a fold that no model has seen."""
    return _with_human(now, now.fold(now.generation))


@regime
def filtered(now: Situation) -> TrainingSet:
    """The candidates that score best under generation 0 by ``criterion``; as many as there are human rows.

    Raises:
        ValueError: the criterion needs perplexities and there are none.
    """
    candidates, settings = now.last(), now.settings
    if settings.criterion == "random":
        score = now.random.random(len(candidates))
    elif settings.criterion == "no_repetition":
        score = np.array([repeated_share(text) for text in candidates.texts()])
    elif now.perplexity is None:
        raise ValueError(f"The criterion '{settings.criterion}' needs perplexities under generation 0.")
    else:
        score = now.perplexity(candidates) * (1 if settings.criterion == "low_perplexity" else -1)
    best = np.sort(np.argsort(score, kind="stable")[: min(now.human_count, len(candidates))])
    return TrainingSet([Part(_writer(now), candidates.take(best))])


@regime
def curated(now: Situation) -> TrainingSet:
    """The candidates that a verifier accepts, its answer flipped with probability ``error_rate``.

    Raises:
        ValueError: nothing was accepted.
    """
    candidates = now.last()
    verify = now.verify or (lambda text: repeated_share(text) == 0.0)
    right = np.array([verify(text) for text in candidates.texts()], dtype=bool)
    accepted = np.flatnonzero(right ^ (now.random.random(len(right)) < now.settings.error_rate))
    if len(accepted) == 0:
        raise ValueError(
            f"The verifier accepted none of {len(candidates)} texts for generation {now.generation}; change the arm."
        )
    return TrainingSet([Part(_writer(now), candidates.take(accepted[: now.human_count]))])


@regime
def human_steps(now: Situation) -> TrainingSet:
    """Ceiling: the same human rows, for the number of steps of the ``reference`` regime."""
    return TrainingSet([Part(HUMAN, now.fold(0))], _reference_sets(now))


@regime
def human_growing(now: Situation) -> TrainingSet:
    """Ceiling: g + 1 folds of human rows."""
    return TrainingSet([Part(HUMAN, concatenate([now.fold(number) for number in range(now.generation + 1)]))])


@regime
def human_only(now: Situation) -> TrainingSet:
    """Ceiling: the human part of an arm that keeps a share, alone; all human rows if it keeps none."""
    count = _kept_rows(now) if now.settings.kept else now.human_count
    passes = max(1, round(_reference_sets(now) * now.human_count / count)) if now.settings.equal_steps else 1
    return TrainingSet([Part(HUMAN, now.sample(now.fold(0), count))], passes)


def required_generations(settings: RegimeSettings, generation: int) -> list[int]:
    """Earlier generations whose samples the regime reads when it trains this generation (>= 1)."""
    if settings.name in HUMAN_CEILINGS:
        return []
    return list(range(generation)) if settings.name in NEEDS_ALL else [generation - 1]


def rows_to_sample(settings: RegimeSettings, generation: int, human_count: int) -> int:
    """Rows that model ``generation`` must write so that the regime can train the next one."""
    if settings.name == "replace_growing":
        return (generation + 2) * human_count
    if settings.name in ("filtered", "curated"):
        return math.ceil(human_count / settings.keep_share)
    return human_count


def human_folds(settings: RegimeSettings, generation: int) -> int:
    """Human folds that the regime reads when it trains this generation."""
    return generation + 1 if settings.name in ("fresh", "human_growing") else 1


def choose(now: Situation) -> TrainingSet:
    """The training set of the regime named in the settings."""
    return REGIMES[now.settings.name](now)


def _writer(now: Situation) -> str:
    return f"gen{now.generation - 1}"


def _all_synthetic(now: Situation) -> list[Part]:
    return [Part(f"gen{earlier}", now.synthetic[earlier]) for earlier in range(now.generation)]


def _kept_rows(now: Situation) -> int:
    """Human rows kept.

    Raises:
        ValueError: the share is so small that none would be.
    """
    kept = round(now.settings.kept * now.human_count)
    if kept == 0:
        raise ValueError(
            f"Regime '{now.settings.name}' keeps {now.settings.kept:g} of {now.human_count} human rows, which is none: "
            "raise 'regime.kept' or 'train_rows', or use the regime 'replace'."
        )
    return kept


def _with_human(now: Situation, human: Rows) -> TrainingSet:
    kept = _kept_rows(now)
    synthetic = now.written(now.human_count)
    return TrainingSet(
        [
            Part(HUMAN, now.sample(human, kept)),
            Part(_writer(now), now.sample(synthetic, now.human_count - kept)),
        ]
    )


def _reference_sets(now: Situation) -> int:
    """Size of the reference regime's training set, in human sets."""
    return now.generation + 1 if now.settings.reference == "accumulate" else 1
