"""The engine's steps: fit the base and generation 0 on human text, then train, sample and score one generation.

Random streams are named by seed, step and generation, never by arm, so that arms of one seed are paired.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from modelcollapse.recursion import registry
from modelcollapse.recursion.models.model_files import build_model, load_model, save_model
from modelcollapse.recursion.models.network import LanguageModel
from modelcollapse.recursion.packing import TokenRows, read_rows, rows_from
from modelcollapse.recursion.score import negative_log_likelihood, predicted_tokens, row_perplexity
from modelcollapse.recursion.settings import ArmSettings, FamilySettings
from modelcollapse.recursion.train import FitReport, fit
from modelcollapse.recursion.training_sets import HUMAN, RegimeContext
from modelcollapse.recursion.writing.samples_file import read_samples, write_samples
from modelcollapse.recursion.writing.sampling import Samples, sample_rows
from modelcollapse.runtime.device import pick_device, single_thread
from modelcollapse.runtime.files import write_atomically
from modelcollapse.runtime.parquet import read_metadata, write_parquet
from modelcollapse.runtime.progress import say
from modelcollapse.runtime.seeds import generator, integer_seed

Paths = Mapping[str, Path]
SCORING_BATCH = 64


@dataclass(frozen=True)
class HumanText:
    """The human text of a family as rows, and its special tokens."""

    train: TokenRows
    """Every human row of the corpus; the first ``count`` are the family's training rows."""
    count: int
    validation: TokenRows
    test: TokenRows
    vocabulary: int
    begin_id: int
    pad_id: int
    corpus_sha256: str
    tokenizer_sha256: str
    tokenizer_fingerprint: str | None
    """None if the encoded text records none."""


def fit_base(family: FamilySettings, encoded: Paths, seed: int, outputs: dict[str, Path], work: Path) -> None:
    """Pretrain the weights from which every fit of the family starts, on the base corpus.

    Args:
        family: architecture, packing, base_rows, base_training.
        encoded: ``train`` and ``validation`` of the base corpus.
        seed: names the random streams.
        outputs: ``model``; ``record``: JSON with the validation curve.
        work: folder that survives a kill.
    """
    single_thread()
    rows = read_rows(encoded["train"], family.packing, family.row_tokens, family.base_rows)
    validation = read_rows(encoded["validation"], family.packing, family.row_tokens)
    validation = validation.take(np.arange(min(len(validation), family.validation_rows or len(validation))))
    model = build_model(family.model, read_metadata(encoded["train"])["vocabulary"], integer_seed(seed, "base")).to(
        pick_device()
    )
    model.tokenizer = read_metadata(encoded["train"]).get("tokenizer_fingerprint")
    report = fit(model, rows, validation, family.base_training, (seed, "base"), work)
    save_model(model, outputs["model"])
    with write_atomically(outputs["record"]) as temporary:
        temporary.write_text(json.dumps({"rows": len(rows)} | _facts_of_fit(report), indent=1) + "\n", encoding="utf-8")


def fit_generation_0(
    family: FamilySettings, encoded: Paths, base: Path | None, seed: int, outputs: dict[str, Path], work: Path
) -> None:
    """Fit generation 0 on human text and score it on human test text; the base too, before fitting (zero-shot).

    Args:
        family: text, architecture, training.
        encoded: ``train``, ``validation``, ``test``.
        base: start weights; None for random ones.
        seed: names the random streams.
        outputs: ``model``, ``scores``.
        work: folder that survives a kill.
    """
    single_thread()
    text = _read_text(family, encoded)
    model = _start(family, text, base, seed)
    scores = ScoreTable()
    if base is not None:
        scores.add("human_test_zero_shot", model, text.test)
    report = fit(model, text.train.take(np.arange(text.count)), text.validation, family.training, (seed, 0), work)
    save_model(model, outputs["model"])
    for measure in ("human_test", "human_test_under_generation_0"):
        scores.add(measure, model, text.test)
    scores.write(outputs["scores"], _facts_of_fit(report) | {"human_share": 1.0})


def sample_generation_0(
    arm: ArmSettings,
    family: FamilySettings,
    encoded: Paths,
    model_0: Path,
    seed: int,
    outputs: dict[str, Path],
    work: Path,
) -> None:
    """Let generation 0 write under an arm's decoding.

    Args:
        arm: decoding, prompts, regime.
        family: text and packing.
        encoded: ``train``, ``validation``, ``test``.
        model_0: generation 0.
        seed: names the random streams.
        outputs: ``samples``, ``scores``.
        work: folder that survives a kill.
    """
    single_thread()
    text = _read_text(family, encoded)
    model = load_model(model_0, pick_device())
    origins = [{"source": HUMAN, "rows": text.count, "share": 1.0}]
    scores = ScoreTable()
    facts = _write_and_score(arm, text, model, model, origins, seed, 0, scores, outputs["samples"], work)
    scores.write(outputs["scores"], facts)


def run_generation(
    arm: ArmSettings,
    family: FamilySettings,
    encoded: Paths,
    base: Path | None,
    model_0: Path,
    previous: Path | None,
    samples: Mapping[int, Path],
    seed: int,
    generation: int,
    outputs: dict[str, Path],
    work: Path,
) -> None:
    """Train generation g >= 1 on what the regime says, let it write, and score it.

    Args:
        arm: regime, training, decoding, prompts, weights.
        family: text, architecture, packing.
        encoded: ``train``, ``validation``, ``test``.
        base: start weights of re-initialised generations; None for random ones.
        model_0: generation 0, which scores the samples.
        previous: the previous generation's weights, for continued weights.
        samples: samples of earlier generations that the regime reads.
        seed: names the random streams.
        generation: g.
        outputs: ``samples``, ``scores``, perhaps ``model``.
        work: folder that survives a kill.

    Raises:
        ValueError: the corpus or an earlier generation has too few rows for the regime.
        RuntimeError: the loss became infinite or NaN.
    """
    single_thread()
    text = _read_text(family, encoded)
    first = load_model(model_0, pick_device())
    chosen = registry.load_regime(arm.regime.name).choose(_regime_context(arm, text, first, samples, seed, generation))
    start = previous if arm.weights == "continued" else base
    model = _start(family, text, start, integer_seed(seed, generation))
    report = fit(model, chosen.rows, text.validation, arm.training, (seed, generation), work, chosen.passes)
    say(f"generation {generation}: {report.steps} steps, validation {[round(v, 3) for v in report.validation]}")
    scores = ScoreTable()
    scores.add("human_test", model, text.test)
    if generation - 1 in samples:
        _score_own(scores, arm, text, model, samples[generation - 1])
    facts = _write_and_score(
        arm, text, model, first, chosen.origins(), seed, generation, scores, outputs["samples"], work
    )
    scores.write(outputs["scores"], facts | _facts_of_fit(report))
    if "model" in outputs:
        save_model(model, outputs["model"])


class ScoreTable:
    """Negative log-likelihoods by measure and row, as they are written to a scores file."""

    def __init__(self) -> None:
        self.columns: dict[str, list[np.ndarray]] = {"measure": [], "unit": [], "nll": [], "tokens": []}

    def add(self, measure: str, model: LanguageModel, rows: TokenRows) -> None:
        """Score rows under a model."""
        self.add_values(measure, *negative_log_likelihood(model, rows, SCORING_BATCH))

    def add_values(self, measure: str, sums: np.ndarray, tokens: np.ndarray) -> None:
        """Add sums (nats) over this many tokens, one per row."""
        self.columns["measure"].append(np.full(len(sums), measure))
        self.columns["unit"].append(np.arange(len(sums), dtype=np.int32))
        self.columns["nll"].append(sums.astype(np.float64))
        self.columns["tokens"].append(tokens.astype(np.int32))

    def write(self, path: Path, facts: Mapping[str, Any]) -> None:
        """Write the table."""
        joined = {name: np.concatenate(parts) for name, parts in self.columns.items()}
        table = pa.table(
            {
                "measure": pa.array(joined["measure"]).dictionary_encode(),
                "unit": joined["unit"],
                "negative_log_likelihood": joined["nll"],
                "tokens": joined["tokens"],
            }
        )
        write_parquet(table, path, dict(facts))


def _read_text(family: FamilySettings, encoded: Paths) -> HumanText:
    facts = read_metadata(encoded["train"])
    train = read_rows(encoded["train"], family.packing, family.row_tokens)
    count = family.train_rows or len(train)
    if count > len(train):
        raise ValueError(f"{encoded['train']} gives {len(train)} rows, but 'train_rows' asks for {count}: lower it.")
    validation = read_rows(encoded["validation"], family.packing, family.row_tokens, family.validation_rows)
    test = read_rows(encoded["test"], family.packing, family.row_tokens, family.test_rows)
    special = (facts["vocabulary"], facts["begin_id"], facts["pad_id"])
    hashes = (facts["corpus_sha256"], facts["tokenizer_sha256"], facts.get("tokenizer_fingerprint"))
    return HumanText(train, count, validation, test, *special, *hashes)


def _start(family: FamilySettings, text: HumanText, weights: Path | None, seed: int) -> LanguageModel:
    device = pick_device()
    if weights is None:
        model = build_model(family.model, text.vocabulary, seed).to(device)
        model.tokenizer = text.tokenizer_fingerprint
        return model
    model = load_model(weights, device)
    # a padding token that we added behind a published vocabulary (GPT-2 has none) is never read or written
    needed = text.vocabulary - (text.pad_id == text.vocabulary - 1)
    if model.shape.vocabulary < needed:
        raise ValueError(
            f"{weights} has {model.shape.vocabulary} tokens, but the tokenizer has {needed}: "
            "use the tokenizer that belongs to these weights."
        )
    if text.tokenizer_fingerprint and (model.tokenizer or text.tokenizer_fingerprint) != text.tokenizer_fingerprint:
        raise ValueError(
            f"{weights} belongs to another tokenizer than the one that the text was encoded with: "
            "use the tokenizer that belongs to these weights."
        )
    model.tokenizer = text.tokenizer_fingerprint or model.tokenizer
    return model


def _regime_context(
    arm: ArmSettings, text: HumanText, first: LanguageModel, samples: Mapping[int, Path], seed: int, generation: int
) -> RegimeContext:
    needed = registry.required_generations(arm.regime, generation)
    return RegimeContext(
        generation=generation,
        settings=arm.regime,
        human=text.train,
        human_count=text.count,
        synthetic={k: _training_rows(arm, text, samples[k]) for k in needed},
        random=generator(seed, "regime", generation),
        perplexity=lambda rows: row_perplexity(first, rows, SCORING_BATCH),
    )


def _training_rows(arm: ArmSettings, text: HumanText, path: Path) -> TokenRows:
    """What earlier models wrote, held-out rows excluded."""
    stored = read_samples(path)
    kept = [i for i, held_out in enumerate(stored.held_out) if not held_out]
    return _as_read(arm, text, [stored.ids[i] for i in kept], text.train, [int(stored.prompt_id[i]) for i in kept])


def _as_read(
    arm: ArmSettings, text: HumanText, written: list[np.ndarray], source: TokenRows, prompt_ids: Sequence[int]
) -> TokenRows:
    """Written texts as rows like the human ones: after the begin token if they continue nothing, after their prompt if
    it is a task; the continuation of a block is a block of its own (Shumailov et al.)."""
    if arm.prompts == "none":
        begin = np.array([text.begin_id], dtype=np.int32)
        return rows_from([np.concatenate([begin, ids]) for ids in written])
    if arm.prompts == "prompts":
        prompts = source.prompts()
        return rows_from(written, [prompts[place] for place in prompt_ids])
    return rows_from(written)


def _score_own(scores: ScoreTable, arm: ArmSettings, text: HumanText, model: LanguageModel, path: Path) -> None:
    """Cross-entropy of model g on held-out samples of model g - 1, and their entropy under their own writer."""
    stored = read_samples(path)
    held_out = [i for i, flag in enumerate(stored.held_out) if flag]
    texts = [stored.ids[i] for i in held_out]
    rows = _as_read(arm, text, texts, text.validation, [int(stored.prompt_id[i]) for i in held_out])
    scores.add("own_held_out", model, rows)
    log_q = [stored.log_q[i] for i in held_out]
    if all(row is not None for row in log_q):
        # a token that model g does not predict (the first one of a block) does not count here either
        tokens = predicted_tokens(rows)
        unread = [len(ids) - count for ids, count in zip(texts, tokens, strict=True)]
        entropy = np.array([-float(row[skip:].sum()) for row, skip in zip(log_q, unread, strict=True)])
        scores.add_values("held_out_entropy", entropy, tokens)


def _write_and_score(
    arm: ArmSettings,
    text: HumanText,
    model: LanguageModel,
    first: LanguageModel,
    origins: list[dict[str, object]],
    seed: int,
    generation: int,
    scores: ScoreTable,
    target: Path,
    work: Path,
) -> dict[str, Any]:
    """Sample training rows and held-out rows, write them, and score them under generation 0."""
    count = registry.rows_to_write(arm.regime, generation, text.count)
    written = _sample(arm, text, model, count, (seed, "sample", generation), work / "sample")
    held_out = _sample(arm, text, model, None, (seed, "held out", generation), work / "held_out")
    human_share = sum(float(part["share"]) for part in origins if part["source"] == HUMAN)
    lineage = {
        "seed": seed,
        "generation": generation,
        "regime": {"name": arm.regime.name} | arm.regime.model_dump(exclude_defaults=True),
        "weights": arm.weights,
        "decoding": {"method": arm.decoding.method} | arm.decoding.model_dump(exclude_defaults=True),
        "training": origins,
        "human_share": human_share,
        "parents": [part["source"] for part in origins],
        "corpus_sha256": text.corpus_sha256,
        "tokenizer_sha256": text.tokenizer_sha256,
    }
    prompts = text.count if arm.prompts != "none" else None
    write_samples(target, written, held_out, prompts, arm.log_q == "all", lineage)
    places = [place % text.count for place in range(count)]
    scores.add("samples_under_generation_0", first, _as_read(arm, text, written.ids, text.train, places))
    return {"human_share": human_share}


def _sample(
    arm: ArmSettings, text: HumanText, model: LanguageModel, count: int | None, stream: tuple[object, ...], work: Path
) -> Samples:
    """Continue ``count`` training rows, from the start again when used up; without count, the validation rows."""
    source = text.validation if count is None else text.train.take(np.arange(text.count))
    count = len(source) if count is None else count
    if arm.prompts == "none":
        prompts = None
    else:
        given = source.texts() if arm.prompts == "corpus_blocks" else source.prompts()
        prompts = [given[place % len(given)] for place in range(count)]
    work.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        return sample_rows(model, prompts, count, arm.decoding, text.begin_id, text.pad_id, stream, work)


def _facts_of_fit(report: FitReport) -> dict[str, Any]:
    return {
        "validation": [{"epoch": e, "cross_entropy": value} for e, value in enumerate(report.validation, 1)],
        "selected_epoch": report.selected_epoch,
        "steps": report.steps,
        "tokens_trained": report.tokens,
    }
