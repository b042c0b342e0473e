"""``modelcollapse <step>``: every rule's step is one command that runs without Snakemake too."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from modelcollapse.artifacts.step import Step, run_step
from modelcollapse.corpora.settings import CorpusSettings, TokenizerSettings
from modelcollapse.densities.settings import MixtureSettings, TheorySettings, VaeSettings
from modelcollapse.recursion.settings import ArmSettings, FamilySettings, ModelSettings
from modelcollapse.runtime.files import write_atomically

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
Model = TypeVar("Model", bound=BaseModel)
LOCK = Path("requirements.lock")

Input = Annotated[Path, typer.Option(exists=False, dir_okay=False)]
Output = Annotated[Path, typer.Option(dir_okay=False)]
SettingsText = Annotated[str, typer.Option("--settings", help="Settings as JSON; keys: config/README.md")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the whole chain.")]


def main() -> None:
    """Entry point: a step's own errors are one clear sentence and exit code 1, never a traceback."""
    try:
        app()
    except (ValueError, RuntimeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


def parse_settings(kind: type[Model], text: str) -> Model:
    """Settings from their JSON text.

    Raises:
        ValueError: no JSON, unknown keys or wrong values, all named.
    """
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'text'}: {e['msg']}" for e in error.errors())
        raise ValueError(f"--settings does not describe {kind.__name__}: {problems}. Keys: config/README.md") from None


def threads() -> int:
    """Number of threads of a training step; part of its key, since results depend on it."""
    return int(os.environ.get("MODELCOLLAPSE_THREADS", "1"))


def perform(
    name: str,
    module: str,
    inputs: Mapping[str, Path],
    parameters: Mapping[str, Any],
    outputs: Mapping[str, Path],
    call: Callable[[Any, dict[str, Path], Path], None],
) -> None:
    """Run one step through the store; its module is imported only on a miss.

    Args:
        name: the command.
        module: module below ``modelcollapse`` that does the work.
        inputs: files by role.
        parameters: everything else that the result depends on.
        outputs: files by role.
        call: given the imported module, temporary output paths and the work folder.
    """

    def action(temporary: dict[str, Path], work: Path) -> None:
        call(importlib.import_module(f"modelcollapse.{module}"), temporary, work)

    seeds = {key: value for key, value in parameters.items() if key in ("seed", "generation")}
    run_step(Step(name, module, inputs, parameters, outputs, seeds), action)


@app.command()
def run_mixture(settings: SettingsText, table: Output, samples: Output) -> None:
    """Refit a Gaussian mixture on its own samples, all seeds side by side."""
    mixture = parse_settings(MixtureSettings, settings)
    perform(
        "run-mixture",
        "densities.mixture_recursion",
        {},
        mixture.model_dump(),
        {"table": table, "samples": samples},
        lambda module, outputs, work: module.run_mixture(mixture, outputs, work),
    )


@app.command()
def run_theory(
    experiment: Annotated[str, typer.Argument(help="Name of the experiment, such as gaussian_unbiased.")],
    settings: SettingsText,
    table: Output,
) -> None:
    """Simulate one theory experiment beside its closed form."""
    theory = parse_settings(TheorySettings, settings)
    perform(
        "run-theory",
        "densities.theory",
        {},
        theory.model_dump() | {"experiment": experiment},
        {"table": table},
        lambda module, outputs, work: module.run_theory(experiment, theory, outputs),
    )


@app.command()
def run_vae(
    settings: SettingsText, seed: Seed, train_images: Input, test_images: Input, table: Output, arrays: Output
) -> None:
    """Train a VAE on its own decoder's images, one whole chain."""
    vae = parse_settings(VaeSettings, settings)
    images = {"train": train_images, "test": test_images}
    perform(
        "run-vae",
        "densities.vae_recursion",
        images,
        vae.model_dump() | {"seed": seed, "threads": threads()},
        {"table": table, "arrays": arrays},
        lambda module, outputs, work: module.run_vae(vae, images, seed, outputs, work),
    )


@app.command()
def fetch_corpus(
    source: Annotated[str, typer.Argument(help="wikitext, tinystories or mnist.")],
    train: Output,
    test: Output,
    record: Output,
    validation: Annotated[Path | None, typer.Option(help="Texts only.")] = None,
    mirror: Annotated[
        Path | None, typer.Option(help="Folder with <corpus>/<split> files; without it, the hub.")
    ] = None,
) -> None:
    """Bring a published corpus from a mirror or the hub: only fetch-* commands use the network."""
    from modelcollapse.corpora.fetch import fetch_corpus as fetch

    # a mirror is looked at anew every time, so nothing of this step is kept in the store
    outputs = {"train": train, "test": test, "record": record} | ({"validation": validation} if validation else {})
    fetch(source, mirror, outputs)


@app.command()
def prepare_text(
    settings: SettingsText,
    train: Output,
    validation: Output,
    test: Output,
    record: Output,
    name: Annotated[str, typer.Option(help="What the config calls the corpus.")] = "",
    raw: Annotated[Path | None, typer.Option(help="Folder with the fetched splits.")] = None,
) -> None:
    """Clean and split a text corpus, and record its counts, hashes, licence and source."""
    corpus = parse_settings(CorpusSettings, settings)
    outputs = {"train": train, "validation": validation, "test": test, "record": record}
    inputs = {} if raw is None else text_splits(raw) | {"record": raw / "fetch.json"}
    perform(
        "prepare-text",
        "corpora.prepare",
        inputs,
        corpus.model_dump() | {"name": name, "versions": package_versions(corpus)},
        outputs,
        lambda module, temporary, work: module.prepare_text(
            corpus, inputs or None, temporary, name, LOCK if LOCK.exists() else None
        ),
    )


@app.command()
def prepare_images(
    settings: SettingsText,
    train: Output,
    test: Output,
    record: Output,
    name: Annotated[str, typer.Option(help="What the config calls the corpus.")] = "",
    raw: Annotated[Path | None, typer.Option(help="Folder with the fetched splits.")] = None,
) -> None:
    """Prepare an image corpus, and record its counts, hashes, licence and source."""
    corpus = parse_settings(CorpusSettings, settings)
    splits = {} if raw is None else {split: raw / f"{split}.npz" for split in ("train", "test")}
    inputs = splits if raw is None else splits | {"record": raw / "fetch.json"}
    perform(
        "prepare-images",
        "corpora.prepare",
        inputs,
        corpus.model_dump() | {"name": name},
        {"train": train, "test": test, "record": record},
        lambda module, temporary, work: module.prepare_images(corpus, inputs or None, temporary, name),
    )


def package_versions(corpus: CorpusSettings) -> dict[str, str]:
    """Versions of the packages whose docstrings are harvested: their text is an input like any other."""
    if corpus.source != "pydocs":
        return {}
    from importlib.metadata import version

    from modelcollapse.corpora.pydocs import PACKAGES

    return {package: version(package) for package in corpus.packages or PACKAGES}


def text_splits(folder: Path) -> dict[str, Path]:
    """The three splits of a text corpus, raw, prepared or encoded, by role."""
    return {split: folder / f"{split}.parquet" for split in ("train", "validation", "test")}


@app.command()
def train_tokenizer(
    settings: SettingsText,
    tokenizer: Output,
    text: Annotated[list[Path] | None, typer.Option(help="Training split of a corpus; repeat for several.")] = None,
) -> None:
    """Train a tokenizer on human text."""
    chosen = parse_settings(TokenizerSettings, settings)
    texts = text or []
    perform(
        "train-tokenizer",
        "corpora.tokenizers",
        {f"text{place}": path for place, path in enumerate(texts)},
        chosen.model_dump(exclude={"corpora"}),
        {"tokenizer": tokenizer},
        lambda module, outputs, work: module.train_tokenizer(chosen, texts, outputs["tokenizer"]),
    )


@app.command()
def fetch_tokenizer(settings: SettingsText, tokenizer: Output) -> None:
    """Bring a published tokenizer from a local folder or the hub at a pinned revision."""
    from modelcollapse.corpora.tokenizers import train_tokenizer as make

    with write_atomically(tokenizer) as temporary:
        make(parse_settings(TokenizerSettings, settings), [], temporary)


@app.command()
def encode_corpus(
    tokenizer: Input,
    corpus: Annotated[Path, typer.Option(help="Folder of the prepared corpus.")],
    train: Output,
    validation: Output,
    test: Output,
) -> None:
    """Turn a prepared corpus into token ids."""
    texts, record = text_splits(corpus), corpus / "corpus.json"
    perform(
        "encode-corpus",
        "corpora.tokenizers",
        {"tokenizer": tokenizer, "record": record, **texts},
        {"corpus": corpus.name, "tokenizer": tokenizer.stem},
        {"train": train, "validation": validation, "test": test},
        lambda module, outputs, work: module.encode_corpus(
            tokenizer, texts, outputs, corpus.name, tokenizer.stem, record
        ),
    )


@app.command()
def fetch_weights(settings: SettingsText, model: Output, record: Output) -> None:
    """Bring published weights from the hub at a pinned revision, or from a local folder, and convert them."""
    from modelcollapse.recursion.weights import fetch_weights as fetch

    fetch(parse_settings(ModelSettings, settings), {"model": model, "record": record})


Encoded = Annotated[Path, typer.Option("--text", help="Folder of the encoded human text.")]
FamilyText = Annotated[str, typer.Option("--family", help="Family settings as JSON; keys: config/README.md")]
ArmText = Annotated[str, typer.Option("--arm", help="Arm settings as JSON; keys: config/README.md")]
Weights = Annotated[Path | None, typer.Option(help="Start weights; without them, random ones.")]


def optional(**paths: Path | None) -> dict[str, Path]:
    """Those of the paths that were given."""
    return {role: path for role, path in paths.items() if path is not None}


@app.command()
def fit_base(family: FamilyText, seed: Seed, text: Encoded, model: Output, record: Output) -> None:
    """Pretrain the weights from which every fit of a family starts, on its base corpus."""
    chosen = parse_settings(FamilySettings, family)
    splits = text_splits(text)
    perform(
        "fit-base",
        "recursion.generation",
        {"train": splits["train"], "validation": splits["validation"]},
        chosen.model_dump() | {"seed": seed, "threads": threads()},
        {"model": model, "record": record},
        lambda module, outputs, work: module.fit_base(chosen, splits, seed, outputs, work),
    )


@app.command()
def fit_generation_0(
    family: FamilyText, seed: Seed, text: Encoded, model: Output, scores: Output, base: Weights = None
) -> None:
    """Fit generation 0 on human text."""
    chosen = parse_settings(FamilySettings, family)
    splits = text_splits(text)
    perform(
        "fit-generation-0",
        "recursion.generation",
        splits | optional(base=base),
        chosen.model_dump() | {"seed": seed, "threads": threads()},
        {"model": model, "scores": scores},
        lambda module, outputs, work: module.fit_generation_0(chosen, splits, base, seed, outputs, work),
    )


@app.command()
def sample_generation_0(
    arm: ArmText,
    family: FamilyText,
    seed: Seed,
    text: Encoded,
    model_0: Input,
    samples: Output,
    scores: Output,
) -> None:
    """Let generation 0 write under an arm's decoding."""
    chosen, shared = parse_settings(ArmSettings, arm), parse_settings(FamilySettings, family)
    splits = text_splits(text)
    perform(
        "sample-generation-0",
        "recursion.generation",
        splits | {"model_0": model_0},
        {"arm": chosen.model_dump(), "family": shared.model_dump(), "seed": seed, "threads": threads()},
        {"samples": samples, "scores": scores},
        lambda module, outputs, work: module.sample_generation_0(chosen, shared, splits, model_0, seed, outputs, work),
    )


@app.command()
def run_generation(
    arm: ArmText,
    family: FamilyText,
    seed: Seed,
    generation: Annotated[int, typer.Option(min=1, help="Generation to train.")],
    text: Encoded,
    model_0: Input,
    samples: Output,
    scores: Output,
    earlier: Annotated[list[Path] | None, typer.Option(help="Samples gen<g>.parquet of earlier generations.")] = None,
    base: Weights = None,
    previous: Annotated[Path | None, typer.Option(help="Weights of the previous generation, to continue.")] = None,
    model: Annotated[Path | None, typer.Option(help="Where to keep this generation's weights.")] = None,
) -> None:
    """Train one generation on what the regime says, let it write, and score it."""
    chosen, shared = parse_settings(ArmSettings, arm), parse_settings(FamilySettings, family)
    splits = text_splits(text)
    written = {generation_of(path): path for path in earlier or []}
    perform(
        "run-generation",
        "recursion.generation",
        splits
        | {"model_0": model_0}
        | optional(base=base, previous=previous)
        | {f"gen{number}": path for number, path in written.items()},
        {
            "arm": chosen.model_dump(),
            "family": shared.model_dump(),
            "seed": seed,
            "generation": generation,
            "threads": threads(),
        },
        {"samples": samples, "scores": scores} | optional(model=model),
        lambda module, outputs, work: module.run_generation(
            chosen, shared, splits, base, model_0, previous, written, seed, generation, outputs, work
        ),
    )


def generation_of(path: Path) -> int:
    """g of ``.../gen<g>.parquet``.

    Raises:
        ValueError: another name.
    """
    number = path.stem.removeprefix("gen")
    if not number.isdigit():
        raise ValueError(f"{path} is not named gen<g>.parquet, so its generation is unknown.")
    return int(number)


def seed_of(path: Path) -> int:
    """s of ``.../seed<s>/gen<g>.parquet``.

    Raises:
        ValueError: another name.
    """
    number = path.parent.name.removeprefix("seed")
    if not number.isdigit():
        raise ValueError(f"{path} does not lie in a folder seed<s>, so its seed is unknown.")
    return int(number)


@app.command()
def measure_arm(
    family: FamilyText,
    text: Encoded,
    table: Output,
    generation_0: Annotated[list[Path], typer.Option(help="Scores of the shared generation 0, one per seed.")],
    samples: Annotated[list[Path], typer.Option(help="seed<s>/gen<g>.parquet, all of them.")],
    scores: Annotated[list[Path], typer.Option(help="seed<s>/gen<g>.parquet, all of them.")],
) -> None:
    """Measure a whole arm: one tidy table over seeds and generations."""
    shared = parse_settings(FamilySettings, family)
    train = text_splits(text)["train"]
    perform(
        "measure-arm",
        "recursion.measure",
        {"train": train}
        | {f"generation_0/{seed_of(path)}": path for path in generation_0}
        | {f"samples/{seed_of(path)}/{generation_of(path)}": path for path in samples}
        | {f"scores/{seed_of(path)}/{generation_of(path)}": path for path in scores},
        shared.model_dump(),
        {"table": table},
        lambda module, outputs, work: module.measure_arm(
            shared, train, {seed_of(p): p for p in generation_0}, by_seed(samples), by_seed(scores), outputs
        ),
    )


def by_seed(paths: list[Path]) -> dict[int, dict[int, Path]]:
    """Paths by seed and generation."""
    found: dict[int, dict[int, Path]] = {}
    for path in paths:
        found.setdefault(seed_of(path), {})[generation_of(path)] = path
    return found


Table = Annotated[list[Path], typer.Option("--table", help="Result files; repeat the option.")]
Folder = Annotated[Path, typer.Option("--folder", file_okay=False, help="Where the outputs go.")]
LANGUAGE_MODEL_FIGURES = ("perplexity", "histogram", "control", "own_perplexity", "repetition")
DENSITY_FIGURES = ("mixture", "mixture_samples", "vae_grid", "vae_latents", "theory")


def by_name(paths: list[Path]) -> dict[str, Path]:
    """Paths by their names without ending."""
    return {path.stem: path for path in paths}


def figure_outputs(folder: Path, name: str) -> dict[str, Path]:
    """Both formats of a figure."""
    return {ending: folder / f"{name}.{ending}" for ending in ("svg", "png")}


def table_outputs(folder: Path, name: str) -> dict[str, Path]:
    """Both formats of a table."""
    return {"csv": folder / f"{name}.csv", "markdown": folder / f"{name}.md"}


@app.command()
def draw_language_model(
    figure: Annotated[str, typer.Argument(help=", ".join(LANGUAGE_MODEL_FIGURES))],
    table: Table,
    folder: Folder,
    paper_band: Annotated[str, typer.Option(help="LOW,HIGH,LABEL of the paper's degradation in nats.")] = "",
) -> None:
    """Draw one figure of language-model arms from their measures."""
    if figure not in LANGUAGE_MODEL_FIGURES:
        raise ValueError(f"There is no figure '{figure}': expected one of {', '.join(LANGUAGE_MODEL_FIGURES)}.")

    def call(module: Any, outputs: dict[str, Path], work: Path) -> None:
        if figure == "perplexity":
            low, high, label = paper_band.split(",", 2) if paper_band else ("", "", "")
            band = module.PaperBand(float(low), float(high), label) if paper_band else None
            module.draw_perplexity(by_name(table), band, outputs)
        else:
            getattr(module, f"draw_{figure}")(by_name(table), outputs)

    perform(
        "draw-language-model",
        "presentation.language_model",
        by_name(table),
        {"figure": figure, "paper_band": paper_band},
        figure_outputs(folder, figure),
        call,
    )


@app.command()
def draw_densities(
    figure: Annotated[str, typer.Argument(help=", ".join(DENSITY_FIGURES))],
    table: Table,
    folder: Folder,
    arrays: Annotated[Path | None, typer.Option(help="Images and latents of one VAE chain.")] = None,
    sizes: Annotated[str, typer.Option(help="Points per generation of every mixture, as JSON.")] = "{}",
) -> None:
    """Draw one figure of mixtures, autoencoders or theory."""
    calls: dict[str, Callable[[Any, dict[str, Path]], None]] = {
        "mixture": lambda module, outputs: module.draw_mixture(by_name(table), json.loads(sizes), outputs),
        "mixture_samples": lambda module, outputs: module.draw_mixture_samples(table[0], outputs),
        "vae_grid": lambda module, outputs: module.draw_vae_grid(arrays, outputs),
        "vae_latents": lambda module, outputs: module.draw_vae_latents(table, arrays, outputs),
        "theory": lambda module, outputs: module.draw_theory(by_name(table), outputs),
    }
    if figure not in calls:
        raise ValueError(f"There is no figure '{figure}': expected one of {', '.join(calls)}.")
    perform(
        "draw-densities",
        "presentation.densities",
        by_name(table) | optional(arrays=arrays),
        {"figure": figure, "sizes": sizes},
        figure_outputs(folder, figure),
        lambda module, outputs, work: calls[figure](module, outputs),
    )


@app.command()
def tabulate(
    kind: Annotated[str, typer.Argument(help="perplexity, arms, mixture, vae or theory.")], table: Table, folder: Folder
) -> None:
    """Write one table as CSV and Markdown."""
    kinds = {"perplexity": "language_model", "arms": "language_model"} | dict.fromkeys(
        ("mixture", "vae", "theory"), "densities"
    )
    if kind not in kinds:
        raise ValueError(f"There is no table '{kind}': expected one of {', '.join(kinds)}.")
    given: Any = table if kind == "vae" else by_name(table)
    perform(
        "tabulate",
        f"presentation.{kinds[kind]}",
        by_name(table),
        {"kind": kind},
        table_outputs(folder, kind),
        lambda module, outputs, work: getattr(module, f"tabulate_{kind}")(given, outputs),
    )


@app.command()
def tabulate_samples(
    family: FamilyText,
    text: Encoded,
    tokenizer: Input,
    samples: Annotated[list[Path], typer.Option(help="gen<g>.parquet of one arm and seed.")],
    seed: Seed,
    folder: Folder,
) -> None:
    """Show what every generation wrote after the same prompts."""
    shared, train = parse_settings(FamilySettings, family), text_splits(text)["train"]
    perform(
        "tabulate-samples",
        "presentation.samples",
        {"train": train, "tokenizer": tokenizer} | by_name(samples),
        shared.model_dump() | {"seed": seed},
        table_outputs(folder, "samples"),
        lambda module, outputs, work: module.tabulate_samples(
            shared, train, tokenizer, {generation_of(path): path for path in samples}, seed, outputs
        ),
    )


@app.command()
def judge_claims(
    claims: Annotated[Path, typer.Option(help="config/claims/<paper>.yaml")],
    scale: Annotated[str, typer.Option(help="The config's scale.")],
    folder: Annotated[str, typer.Option(help="Folder of the run below data/ and results/.")],
    output: Output,
    raw: Output,
    rules: Output,
    measures: Annotated[list[Path] | None, typer.Option(help="Measures of an arm.")] = None,
    mixture: Annotated[list[Path] | None, typer.Option(help="Chains of a mixture.")] = None,
    vae: Annotated[list[Path] | None, typer.Option(help="Chain of one seed.")] = None,
    theory: Annotated[list[Path] | None, typer.Option(help="A theory experiment.")] = None,
    deviations: Annotated[str, typer.Option(help="Settings that differ from the paper's, as a JSON list.")] = "[]",
) -> None:
    """Judge every claim of a paper by the rules written before the run."""
    from modelcollapse.evidence.quantities import Inputs

    groups = {"measures": measures or [], "mixture": mixture or [], "vae": vae or [], "theory": theory or []}
    inputs = Inputs(by_name(groups["measures"]), by_name(groups["mixture"]), groups["vae"], by_name(groups["theory"]))
    earlier = committed_rules(rules)
    perform(
        "judge-claims",
        "evidence.judge",
        {"claims": claims} | {f"{group}/{path.stem}": path for group, paths in groups.items() for path in paths},
        {"scale": scale, "folder": folder, "deviations": json.loads(deviations), "previous": earlier},
        {"claims": output, "raw": raw, "rules": rules},
        lambda module, outputs, work: module.judge_claims(
            claims, inputs, scale, folder, json.loads(deviations), earlier, outputs
        ),
    )


def committed_rules(path: Path) -> dict[str, str] | None:
    """Rule hashes of the committed run, by which amended rules are known; None without Git or without such a run."""
    shown = subprocess.run(["git", "show", f"HEAD:./{path}"], capture_output=True, text=True, check=False)
    return json.loads(shown.stdout) if shown.returncode == 0 else None


@app.command()
def show_claims(claims: Input, page: Output, metrics: Output) -> None:
    """Write the claims as a page for people and their counts for DVC."""
    perform(
        "show-claims",
        "presentation.claims",
        {"claims": claims},
        {},
        {"markdown": page, "metrics": metrics},
        lambda module, outputs, work: module.write_claims_page(claims, outputs),
    )


@app.command()
def merge_claims(output: Output, claims: Annotated[list[Path], typer.Option(help="claims.csv of a paper.")]) -> None:
    """Put the claims of all papers into one table."""
    perform(
        "merge-claims",
        "evidence.judge",
        {path.parent.name: path for path in claims},
        {},
        {"claims": output},
        lambda module, outputs, work: module.merge_claims(claims, outputs["claims"]),
    )


@app.command()
def document_results(
    claims: Annotated[Path, typer.Argument()] = Path("results/laptop/claims.csv"),
    page: Annotated[Path, typer.Argument()] = Path("README.md"),
) -> None:
    """Write the results table of README.md from claims.csv."""
    from modelcollapse.presentation.claims import write_results

    write_results(page, claims)


@app.command()
def lineage(samples: Annotated[Path, typer.Argument(help="A samples file, .../seed<s>/gen<g>.parquet")]) -> None:
    """Print the ancestry of a set of samples and what share of it is human."""
    from modelcollapse.artifacts.lineage import lineage_lines

    print("\n".join(lineage_lines(samples)))


@app.command()
def ledger(path: Annotated[Path, typer.Argument(help="results/<scale>/ledger.jsonl")]) -> None:
    """Print what each kind of step cost: jobs, wall and CPU time, start-up share, peak memory."""
    from modelcollapse.artifacts.costs import cost_lines

    print("\n".join(cost_lines(path)))


@app.command()
def document_config(readme: Annotated[Path, typer.Argument()] = Path("config/README.md")) -> None:
    """Write the key table of config/README.md from the schema."""
    from modelcollapse.configuration.reference import write_reference

    write_reference(readme)


if __name__ == "__main__":
    main()
