# What all rules share: the validated config, the folders, and what a step depends on besides its inputs.
import json
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

from modelcollapse.steps.code_hash import code_hash
from modelcollapse.steps.snakemake_records import export_records, recorded_and_absent, restore_records
from modelcollapse.configuration.loading import ConfigError, load_config
from modelcollapse.runtime.files import write_atomically

try:
    CONFIG = load_config(config, workflow.configfiles)
except ConfigError as error:
    raise WorkflowError(str(error))

DATA = f"data/{CONFIG.folder}"
RESULTS = f"results/{CONFIG.folder}"
LEDGER = Path(RESULTS) / "ledger.jsonl"
LOGS = f"logs/{CONFIG.folder}"


PAPERS = {"shumailov": CONFIG.shumailov.language_model}


def runs(arm):
    """Whether an arm runs: ablations only with arms: all."""
    return arm.role != "ablation" or CONFIG.arms == "all"


def seeds_of(paper, arm):
    """Ablations run with one seed: they are shown and give no verdict."""
    first = getattr(CONFIG, paper).first_seed
    return range(first, first + (arm.seeds if arm.role != "ablation" else 1))


ARMS = {paper: [name for name, arm in models.arms.items() if runs(arm)] for paper, models in PAPERS.items()}
ENCODED = sorted(
    {
        (corpus, family.tokenizer)
        for models in PAPERS.values()
        for family in models.families.values()
        for corpus in (family.corpus, family.base_corpus)
        if corpus is not None
    }
)


def encoded(corpus, tokenizer):
    """Encoded splits of a corpus, by role."""
    return {split: f"{DATA}/encoded/{corpus}/{tokenizer}/{split}.parquet" for split in ("train", "validation", "test")}


def option(name, value):
    """``--name value`` where there is a value."""
    return f"--{name} {value}" if value else ""


def repeated(name, paths):
    """``--name PATH`` for every path."""
    return " ".join(f"--{name} {path}" for path in paths)


def grouped(files, groups):
    """``--data GROUP=FILE`` for every file of every group, as judge-claims takes them."""
    return " ".join(f"--data {group}={path}" for group in groups for path in files[group])


def names_of(names):
    """A wildcard constraint: one of the names."""
    return "|".join(sorted(names)) or "none"


def settings(group, exclude=()):
    """A group of settings as one JSON argument of a step, without the keys that the step does not hang on."""
    return json.dumps(group.model_dump(exclude=set(exclude)), sort_keys=True)


def keep_config():
    """Write the merged config next to the results."""
    import yaml

    with write_atomically(f"{RESULTS}/config.yaml") as temporary:
        temporary.write_text(yaml.safe_dump(CONFIG.model_dump(exclude={"corpus_mirror"}), sort_keys=True))


def close_run():
    """Carry Snakemake's records into the ledger, so that a clone knows what is up to date."""
    export_records(LEDGER)


def say(message):
    print(message, file=sys.stderr)


if workflow.is_main_process:
    restored, foreign = restore_records(LEDGER)
    if restored:
        say(f"Restored Snakemake's records of {restored} outputs from {LEDGER}.")
    if foreign:
        say(
            f"{len(foreign)} records in {LEDGER} come from another Snakemake and were not restored. "
            "If too much reruns, add --forceall: what is in the step store is copied, not computed again."
        )
    elif absent := recorded_and_absent(LEDGER, DATA):
        say(
            f"{absent} results of an earlier run are recorded in {LEDGER} and none of them is here. "
            "To use what was kept of them instead of computing all again, stop now and type: make pull"
        )
