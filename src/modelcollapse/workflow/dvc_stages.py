"""``dvc.yaml``, written from a config: what DVC keeps of every paper, and what that depends on.

A stage depends on the modules that its paper's steps run, file by file, as a step's key does: a regime, a measure or a paper
that it does not use leaves its lock as it is, which whole folders would not. It also depends on what says which steps there
are: the generic rules, the step functions and the sections of the config that the paper reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from modelcollapse.configuration.loading import NOT_KEPT, load_config, read_files
from modelcollapse.configuration.schema import SharedConfig
from modelcollapse.corpora import sources
from modelcollapse.recursion.settings import FamilySettings
from modelcollapse.runtime.files import write_atomically
from modelcollapse.steps.code_hash import source_files
from modelcollapse.steps.step import Step
from modelcollapse.workflow import corpus_steps, presentation_steps, recursion_steps, simulation_steps
from modelcollapse.workflow.opening import REPOSITORY, claims_file, published_config
from modelcollapse.workflow.workspace import Workspace

REPAIR = "modelcollapse document-dvc"
HEADER = f"""\
# Written by '{REPAIR}' from {{config}}: do not edit it, type that command again.
# Snakemake is the only executor; DVC versions what it made. One stage per paper. An output that does not persist would be
# deleted by 'dvc repro' before its stage, and everything be computed again.
"""
RULES = ("Snakefile", "requirements.lock", "rules", "src/modelcollapse/workflow")
"""What says which steps a paper has, and with which libraries they run."""
NAMED_SECTIONS = ("corpora", "tokenizers")
"""Sections of the config of which a paper reads the entries that it names."""
PUBLISHED = "config/paper.yaml"


def write_stages(config_file: Path, dvc_file: Path) -> None:
    """Write ``dvc.yaml`` for the scale of a config file.

    Raises:
        ConfigError: the config cannot be used.
    """
    with write_atomically(dvc_file) as temporary:
        temporary.write_text(stages_text(config_file), encoding="utf-8")


def stages_text(config_file: Path) -> str:
    """What ``dvc.yaml`` holds for the scale of a config file, whose path is relative to the repository.

    Raises:
        ConfigError: the config cannot be used.
    """
    workspace = Workspace(load_config(read_files([config_file]), [config_file]))
    stages = {"parser": _parser_stage(workspace, config_file)}
    stages |= {paper: _paper_stage(workspace, paper, config_file) for paper in workspace.papers}
    text = yaml.safe_dump({"stages": stages}, sort_keys=False, allow_unicode=True, width=100)
    return HEADER.format(config=config_file) + text


def _parser_stage(workspace: Workspace, config_file: Path) -> dict[str, Any]:
    """The syntactic parser: trained once and pinned by its hash, so the stage is frozen."""
    trained, pinned = workspace.places.parser("trained"), workspace.places.parser("ud_english_ewt")
    return {
        "desc": "Tagger and dependency parser trained on UD English EWT (docs/diversity_models.md); licence CC BY-SA 4.0",
        "cmd": f"{_command('train_parser', config_file, cores='1')} && cp {trained} {pinned}",
        "frozen": True,
        "deps": _source_files([corpus_steps.train_parser(workspace)]),
        "outs": [{pinned: {"persist": True}}],
    }


def _paper_stage(workspace: Workspace, paper: str, config_file: Path) -> dict[str, Any]:
    folder = f"src/modelcollapse/papers/{paper}"
    steps = _steps_of(workspace, paper)
    modules = [file for file in _source_files(steps) if not file.startswith(f"{folder}/")]
    claims = claims_file(paper).relative_to(REPOSITORY).as_posix()
    return {
        "cmd": _command(paper, config_file),
        "deps": sorted([claims, folder, *RULES, *_own_texts(workspace, paper), *modules]),
        "params": [
            {config_file.as_posix(): _sections_read(workspace, paper, read_files([config_file]))},
            *_published_sections(paper),
        ],
        "outs": [{path: {"persist": True}} for path in _kept_folders(workspace, paper)],
        "metrics": [{workspace.places.paper(paper, "metrics.json"): {"cache": False}}],
    }


def _command(target: str, config_file: Path, cores: str = "all") -> str:
    return f"snakemake {target} --cores {cores} --configfile {config_file}"


def _kept_folders(workspace: Workspace, paper: str) -> list[str]:
    """Folders of a paper that DVC keeps. A job's outputs are kept together or not at all, or it would run again."""
    places, arms = workspace.places, workspace.arms(paper)
    kept = [name for name, arm in arms.items() if arm.samples_in_dvc]
    folders = [Path(places.measures(f"{paper}/{name}")).parent for name in arms][:1]
    folders += [Path(places.simulation(paper, "folder")).with_suffix("")] if workspace.simulations(paper) else []
    for place in (places.samples, places.scores):
        # .../<arm>/seed<s>/gen<g>.parquet
        folders += [Path(place(f"{paper}/{name}", 0, 0)).parents[1] for name in kept]
    return [folder.as_posix() for folder in folders]


def _steps_of(workspace: Workspace, paper: str) -> list[Step]:
    """Steps of a paper that differ in their code; one seed and generation stands for all."""
    seed, corpora, tokenizers = 1, *_names_read(workspace, paper, workspace.families(paper).values())
    steps = [build(workspace, paper) for build in (presentation_steps.judge_claims, presentation_steps.show_claims)]
    for topic in workspace.topics(paper):
        for build in (presentation_steps.draw_figures, presentation_steps.write_tables):
            steps.append(build(workspace, f"{paper}/{topic}"))
    for topic, name in workspace.simulations(paper):
        steps.append(simulation_steps.run_simulation(workspace, f"{paper}/{topic}/{name}"))
    for name, arm in workspace.arms(paper).items():
        steps.append(recursion_steps.sample_generation_0(workspace, f"{paper}/{name}", seed))
        if arm.generations:
            steps.append(recursion_steps.run_generation(workspace, f"{paper}/{name}", seed, 1))
        steps.append(recursion_steps.measure_arm(workspace, f"{paper}/{name}"))
    for name, family in workspace.families(paper).items():
        steps.append(recursion_steps.fit_generation_0(workspace, f"{paper}/{name}", seed))
        if family.base_corpus is not None:
            steps.append(recursion_steps.fit_base(workspace, f"{paper}/{name}"))
        if family.model.pretrained is not None:
            steps.append(recursion_steps.fetch_weights(workspace, f"{paper}/{name}"))
    steps += [corpus_steps.prepare_corpus(workspace, corpus) for corpus in corpora]
    steps += [corpus_steps.train_tokenizer(workspace, tokenizer) for tokenizer in tokenizers]
    return steps


def _source_files(steps: Iterable[Step]) -> list[str]:
    """Files of all modules that steps run, relative to the repository."""
    modules = {module for step in steps for module in step.modules}
    return [path.relative_to(REPOSITORY).as_posix() for path in source_files(*sorted(modules))]


def _own_texts(workspace: Workspace, paper: str) -> list[str]:
    """A user's own files in the corpora of a paper; those of other sources are fetched or made here."""
    corpora, _ = _names_read(workspace, paper, workspace.families(paper).values())
    own = [name for name in corpora if not sources.is_fetched(workspace.config.corpora[name].source)]
    return [str(path) for name in own for path in corpus_steps.prepare_corpus(workspace, name).inputs.values()]


def _sections_read(workspace: Workspace, paper: str, written: Mapping[str, Any]) -> list[str]:
    """Keys of a config file that a paper depends on."""
    shared = [key for key in SharedConfig.model_fields if key not in (*NOT_KEPT, *NAMED_SECTIONS) and key in written]
    return [*shared, *_named(workspace, paper, workspace.families(paper).values()), paper]


def _published_sections(paper: str) -> list[dict[str, list[str]]]:
    """Keys of the paper's own config, against which the claims count deviations; any of its families may be meant."""
    published = Workspace(published_config())
    if paper not in published.papers:
        return []
    models = published.language_model(paper)
    return [{PUBLISHED: [*_named(published, paper, models.families.values() if models else ()), paper]}]


def _named(workspace: Workspace, paper: str, families: Iterable[FamilySettings]) -> list[str]:
    names = zip(NAMED_SECTIONS, _names_read(workspace, paper, families), strict=True)
    return [f"{section}.{name}" for section, found in names for name in found]


def _names_read(workspace: Workspace, paper: str, families: Iterable[FamilySettings]) -> tuple[list[str], list[str]]:
    """Corpora and tokenizers that a paper's families and simulations name, sorted."""
    families = list(families)
    tokenizers = {family.tokenizer for family in families}
    corpora = {corpus for family in families for corpus in (family.corpus, family.base_corpus)}
    corpora |= {corpus for name in tokenizers for corpus in workspace.config.tokenizers[name].corpora}
    corpora |= {simulation.corpus for simulation in workspace.simulations(paper).values()}
    return sorted(corpora - {None}), sorted(tokenizers)
