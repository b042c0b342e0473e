"""What happens before any job: config and claims are checked, and what an earlier run left is restored."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from modelcollapse.configuration.loading import check_overwrite, differences, dump, load_config, read_files
from modelcollapse.evidence.claims_file import check_claims as check_evidence
from modelcollapse.evidence.deviations import deviations, experiments_of
from modelcollapse.evidence.signatures import read_signatures
from modelcollapse.papers.registry import part
from modelcollapse.runtime.files import write_atomically
from modelcollapse.runtime.progress import say
from modelcollapse.runtime.yaml_files import read_yaml
from modelcollapse.steps.snakemake_records import recorded_and_absent, restore_records
from modelcollapse.workflow.workspace import Workspace

SHOWN_CHANGES = 8
REPOSITORY = Path(__file__).resolve().parents[3]
"""Where config/ and requirements.lock lie: the clone that this package is installed from."""


def open_run(merged: Mapping[str, Any], files: Sequence[str | Path], command_line: Mapping[str, Any]) -> Workspace:
    """The workspace of a run, checked.

    Args:
        merged: config as Snakemake merged it.
        files: the config files.
        command_line: what was given by ``--config``.

    Raises:
        ConfigError: the config cannot be used, or its results would overwrite those of another one.
    """
    config = load_config(merged, files)
    workspace = Workspace(config)
    check_overwrite(Path(workspace.places.results), config, files, command_line)
    # the logger `modelcollapse` reads the times of earlier runs there; Snakemake's own prints nothing for it
    logging.getLogger("snakemake.logging").info("", extra={"ledger": workspace.places.ledger})
    return workspace


def check_claims(workspace: Workspace) -> None:
    """Check the claims of all papers against what this config runs and draws.

    Raises:
        ClaimsError: an unknown experiment, figure, scale, quantity or argument; file, line and claim are named.
    """
    raw = workspace.config.model_dump()
    elsewhere = [read_yaml(file) for file in sorted((REPOSITORY / "config").glob("*.yaml"))]
    elsewhere += [config["published_text"] for config in elsewhere if config.get("published_text")]
    everywhere = Workspace(published_config())
    for paper in workspace.papers:
        figures = {
            name
            for place in (workspace, everywhere)
            if paper in place.papers
            for arms in ("core", "all")
            for topic in part(paper, "experiments").topics(place.paper(paper), arms)
            for name in topic.figures
        }
        check_evidence(
            claims_file(paper),
            read_signatures(f"papers.{paper}.quantities"),
            figures,
            experiments_of(raw[paper]),
            {name for config in elsewhere for name in experiments_of(config.get(paper))},
        )
        # a wrong published_as is found here, not in the last job
        for name in experiments_of(raw[paper]):
            deviations(raw, published(), paper, name)


def keep_config(workspace: Workspace, files: Sequence[str | Path], command_line: Mapping[str, Any]) -> None:
    """Write the merged config beside the results, where every step reads it."""
    text = dump(workspace.config, files, command_line)
    path = Path(workspace.places.config)
    if path.is_file() and path.read_text(encoding="utf-8", errors="replace") == text:
        return
    _note_changes(path, text)
    with write_atomically(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _note_changes(path: Path, text: str) -> None:
    """Log which keys differ from the config that the results were made with, if that one can be read."""
    try:
        kept = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return
    changed = differences(kept, yaml.safe_load(text)) if isinstance(kept, dict) else []
    if changed:
        shown = changed[:SHOWN_CHANGES] + (["..."] if len(changed) > SHOWN_CHANGES else [])
        say(f"The config differs from that of the results in {path.parent}; what depends on these keys is made anew:")
        say("\n".join(f"  {key}" for key in shown))


def restore(workspace: Workspace) -> None:
    """Give Snakemake the records that the ledger's results came with, and log what was found."""
    ledger = Path(workspace.places.ledger)
    restored, foreign = restore_records(ledger)
    if restored:
        say(f"Restored Snakemake's records of {restored} outputs from {ledger.parent}.")
    if foreign:
        say(
            f"{len(foreign)} records in {ledger.parent} come from another Snakemake and were not restored. "
            "If too much reruns, add --forceall: what is in the step store is copied, not computed again."
        )
    elif absent := recorded_and_absent(ledger, workspace.places.data):
        say(
            f"{absent} results of an earlier run are recorded in {ledger} and none of them is here. "
            "To use what was kept of them instead of computing all again, stop now and type: make pull"
        )


@cache
def published() -> dict[str, Any]:
    """The papers' own values: the merged ``config/paper.yaml``, from which deviations are counted."""
    return published_config().model_dump()


@cache
def published_config() -> Any:
    """The papers' own config, ``config/paper.yaml``."""
    file = REPOSITORY / "config" / "paper.yaml"
    return load_config(read_files([file]), [file])


def claims_file(paper: str) -> Path:
    """Where the rules of a paper's claims are written."""
    return REPOSITORY / "config" / "claims" / f"{paper}.yaml"
