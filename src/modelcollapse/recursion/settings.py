"""What one arm of a language-model experiment can set. Every field is a key of the config files."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from modelcollapse.recursion.registry import METHODS, REGIMES
from modelcollapse.runtime.entries import entry_module
from modelcollapse.runtime.settings import Reference, Settings


class RopeScaling(Settings):
    """Slower rotation of the slow dimensions, as in Llama 3.1 and later (`rope_type: llama3` of `transformers`)."""

    factor: Annotated[float, Field(ge=1)]
    """By which the frequencies of long waves are divided."""
    low_frequency_factor: Annotated[float, Field(gt=0)] = 1.0
    """Waves longer than `original_positions` over this are long."""
    high_frequency_factor: Annotated[float, Field(gt=0)] = 4.0
    """Waves shorter than `original_positions` over this keep their frequency; those between are interpolated."""
    original_positions: Annotated[int, Field(ge=1)] = 8192
    """Longest sequence before the scaling, in tokens."""


class ModelSettings(Settings):
    """The architecture of a language model, from scratch or as pretrained weights."""

    architecture: Literal["opt", "gpt2", "llama", "qwen2", "qwen3"] = "opt"
    """Model family of `transformers`; SmolLM2 is a `llama`, Qwen2.5 a `qwen2`."""
    width: Annotated[int, Field(ge=8)] = 768
    """Hidden size."""
    layers: Annotated[int, Field(ge=1)] = 12
    """Number of transformer blocks."""
    heads: Annotated[int, Field(ge=1)] = 12
    """Number of attention heads; divides `width`, unless `head_width` is given."""
    key_value_heads: Annotated[int | None, Field(ge=1)] = None
    """Heads of keys and values, shared by groups of attention heads; divides `heads`; null means `heads`."""
    head_width: Annotated[int | None, Field(ge=2, multiple_of=2)] = None
    """Width of one attention head; null means `width` / `heads`."""
    feed_forward: Annotated[int | None, Field(ge=8)] = None
    """Width of the feed-forward layer; null means 4 x `width`."""
    positions: Annotated[int, Field(ge=16)] = 2048
    """Longest sequence the model can read, in tokens."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Dropout probability during training."""
    tied_embeddings: bool = False
    """Whether the output layer is the embedding matrix; `opt` and `gpt2` always tie them."""
    norm_epsilon: Annotated[float | None, Field(gt=0)] = None
    """Added to the variance when normalising; null means 1e-5 in `opt` and `gpt2`, 1e-6 in the others."""
    rope_theta: Annotated[float, Field(gt=1)] = 10_000.0
    """Base of the wavelengths of rotary positions; not read by `opt` and `gpt2`."""
    rope_scaling: RopeScaling | None = None
    """Scaling of the rotary positions; null means none."""
    pretrained: str | None = None
    """Hub name, local folder or local `.gguf` file of published weights, whose sizes replace those above; null means random
    initialisation."""
    revision: str | None = None
    """Commit of the hub repository, 40 hex digits; required with a hub name."""
    sha256: str | None = None
    """SHA-256 of the `.gguf` file, 64 hex digits; required with one, and read for nothing else."""

    @model_validator(mode="after")
    def _heads_fit(self) -> ModelSettings:
        if self.pretrained is not None:
            return self
        rotary = self.architecture not in ("opt", "gpt2")
        if not rotary and self.rope_scaling is not None:
            raise ValueError(f"rope_scaling has no effect: '{self.architecture}' has no rotary positions; leave it out")
        if self.head_width is None and self.width % self.heads:
            raise ValueError(f"width {self.width} is not a multiple of heads {self.heads}: change one of them")
        if rotary and self.head_width is None and self.width // self.heads % 2:
            raise ValueError(
                f"heads of width {self.width // self.heads} cannot be rotated: choose width and heads so that "
                "width / heads is even, or set head_width"
            )
        if self.key_value_heads is not None and self.heads % self.key_value_heads:
            raise ValueError(
                f"heads {self.heads} is not a multiple of key_value_heads {self.key_value_heads}: change one of them"
            )
        return self


class TrainingSettings(Settings):
    """How a model is fitted."""

    epochs: Annotated[int, Field(ge=1)] = 5
    """Passes over the training rows."""
    batch_size: Annotated[int, Field(ge=1)] = 128
    """Rows per forward pass."""
    gradient_accumulation: Annotated[int, Field(ge=1)] = 1
    """Forward passes per optimiser step."""
    learning_rate: Annotated[float, Field(gt=0)] = 2e-5
    """Peak learning rate of AdamW."""
    final_learning_rate: Annotated[float, Field(ge=0)] = 1e-6
    """Learning rate at the end of the cosine or linear schedule."""
    schedule: Literal["cosine_by_epoch", "cosine", "linear", "constant"] = "cosine_by_epoch"
    """`cosine_by_epoch` changes once an epoch (T_max = epochs), the others every optimiser step."""
    warmup_share: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the optimiser steps with linearly rising learning rate."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    """Decoupled weight decay of AdamW."""
    gradient_clip: Annotated[float | None, Field(gt=0)] = None
    """Largest gradient norm; null means no clipping, as published."""
    precision: Literal["fp32", "bf16"] = "fp32"
    """bf16 is autocast over fp32 weights."""
    selection: Literal["best_validation", "last"] = "best_validation"
    """Which epoch's weights go on: the one with the lowest cross-entropy on human validation text, or the last."""


class DecodingSettings(Settings):
    """How a model writes."""

    method: str = "ancestral"
    """A module of `recursion/writing/methods`: `ancestral` sampling, `greedy` (arg max), `beam` search."""
    beams: Annotated[int, Field(ge=1)] = 5
    """`beam`: width of the search."""
    temperature: Annotated[float, Field(gt=0)] = 1.0
    """`ancestral`: divides the logits before sampling."""
    top_k: Annotated[int | None, Field(ge=1)] = None
    """`ancestral`: keep the k likeliest tokens; null keeps all."""
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    """`ancestral`: keep the smallest set of tokens with this probability."""
    repetition_penalty: Annotated[float, Field(gt=0)] = 1.0
    """CTRL-style penalty on tokens of the prompt and the text so far; 1 means none."""
    new_tokens: Annotated[int, Field(ge=1)] = 64
    """Largest number of tokens written."""
    stop_at_end: bool = False
    """Stop at the end-of-text token; false forbids it, so that every sample has `new_tokens` tokens."""
    batch_size: Annotated[int, Field(ge=1)] = 100
    """Prompts per batch. Part of the random stream, so of the result."""

    @field_validator("method")
    @classmethod
    def _exists(cls, name: str) -> str:
        entry_module(METHODS, name)
        return name


class RegimeSettings(Settings):
    """What the next model trains on."""

    name: str = "replace"
    """A module of `recursion/regimes`, such as `replace` or `accumulate`."""
    kept: Annotated[float, Field(ge=0, le=1)] = 0.0
    """`preserve`, `fresh`, `human_only`: share of human rows kept, drawn anew in each generation; constant size."""
    keep_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """`filtered`, `curated`: share of the candidate rows that passes the selection."""
    reference: Literal["replace", "accumulate"] = "replace"
    """`human_steps`, `human_only`, `accumulate_subsample`: regime whose number of steps is matched."""
    equal_steps: bool = False
    """`human_only`, `accumulate_subsample`: as many steps as `reference`, by more passes over the rows."""
    criterion: Literal["low_perplexity", "high_perplexity", "random", "no_repetition"] = "low_perplexity"
    """`filtered`: score under generation 0 by which rows are selected."""
    error_rate: Annotated[float, Field(ge=0, le=1)] = 0.0
    """`curated`: probability that the verifier's answer is flipped."""

    @field_validator("name")
    @classmethod
    def _exists(cls, name: str) -> str:
        entry_module(REGIMES, name)
        return name


class FamilySettings(Settings):
    """What all arms of a family share: human text, tokenizer, architecture, generation 0."""

    corpus: Annotated[str, Reference("text corpus")]
    """Prepared corpus whose text the experiment is about."""
    tokenizer: Annotated[str, Reference("tokenizer")]
    """Tokenizer, a key of `tokenizers`."""
    model: ModelSettings
    """Architecture."""
    packing: Literal["blocks", "documents"] = "blocks"
    """Blocks of `row_tokens` tokens cut from the running text, or one document per row."""
    row_tokens: Annotated[int, Field(ge=4)] = 64
    """Tokens per block, or the most tokens of a document."""
    train_rows: Annotated[int | None, Field(ge=2)] = None
    """Human training rows used, from the start of the corpus; null means all."""
    validation_rows: Annotated[int | None, Field(ge=2)] = None
    """Human validation rows; null means all."""
    test_rows: Annotated[int | None, Field(ge=2)] = None
    """Human test rows; null means all."""
    base_corpus: Annotated[str | None, Reference("text corpus")] = None
    """Corpus on which the weights are pretrained here; null means published weights, or none."""
    base_rows: Annotated[int | None, Field(ge=2)] = None
    """Rows of the base corpus; null means all."""
    base_training: TrainingSettings = TrainingSettings()
    """How the base is pretrained."""
    training: TrainingSettings = TrainingSettings()
    """How generation 0 is fitted on human text, from the base."""
    gpu: bool = False
    """Whether its jobs ask the scheduler for a GPU."""
    published_as: str | None = None
    """Name of the family in `config/paper.yaml` that this one stands for; null means the same name."""


class ArmSettings(Settings):
    """One experimental condition."""

    role: Literal["main", "control", "ablation"] = "main"
    """`main` arms carry the paper's claims, `control` arms what they are compared with; an `ablation` runs with `arms: all`
    only, with one seed and no verdict."""
    label: str = ""
    """What figures call it; empty means its name."""
    samples_in_dvc: bool = False
    """Whether DVC keeps its samples and scores (laptop scale); after a change, type `modelcollapse document-dvc`."""
    family: str
    """Key of `families`."""
    regime: RegimeSettings = RegimeSettings()
    """What each next model trains on."""
    training: TrainingSettings = TrainingSettings()
    """How generations >= 1 are fitted."""
    decoding: DecodingSettings = DecodingSettings()
    """How every generation writes."""
    prompts: Literal["corpus_blocks", "prompts", "none"] = "corpus_blocks"
    """What a sample continues: each human training block, the corpus's own prompts, or nothing."""
    weights: Literal["reinitialised", "continued"] = "reinitialised"
    """Where generations >= 1 start: from the base again, or from the previous generation."""
    log_q: Literal["all", "held_out"] = "all"
    """Rows of which each token's log q is stored; `held_out` (all that own perplexity needs) makes small files."""
    generations: Annotated[int, Field(ge=1)] = 9
    """Last generation: models 0..generations are fitted."""
    seeds: Annotated[int, Field(ge=1)] = 5
    """Number of seeds: 1..seeds, each one whole chain; seed 0 is the pilot's."""
    measures: Annotated[list[str], Field(min_length=1)] = [
        "cross_entropy",
        "base_cross_entropy",
        "own_cross_entropy",
        "sequence_cross_entropy",
        "repeated_token_4gram_share",
    ]
    """What is measured: modules of `modelcollapse.measures.entries`, and measures of `modelcollapse.diversity` such as
    `self_bleu` or `distinct_2`, which read the decoded samples."""
    published_as: str | None = None
    """Name of the arm in `config/paper.yaml` that this one stands for; null means the same name."""


class LanguageModelSettings(Settings):
    """The language-model experiments of one paper: arms for the one engine."""

    families: dict[str, FamilySettings] = {}
    """Text, architecture and generation 0, by name; arms of one family share generation 0."""
    arm_defaults: dict[str, Any] = {}
    """Keys that every arm of this paper starts from; an arm's own keys win."""
    arms: dict[str, ArmSettings] = {}
    """Experimental conditions, by name."""
