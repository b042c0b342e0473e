"""Commands that read what was recorded or configured: ancestry, costs, the key table, DVC's stages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (lineage, ledger, check_config, document_config, document_dvc):
        app.command()(command)


def lineage(samples: Annotated[Path, typer.Argument(help="A samples file, .../seed<s>/gen<g>.parquet")]) -> None:
    """Print the ancestry of a set of samples and what share of it is human."""
    from modelcollapse.steps.lineage import lineage_lines

    print("\n".join(lineage_lines(samples)))


def ledger(path: Annotated[Path, typer.Argument(help="results/<scale>/ledger.jsonl")]) -> None:
    """Print what each kind of step cost: jobs, wall and CPU time, start-up share, peak memory."""
    from modelcollapse.steps.costs import cost_lines

    print("\n".join(cost_lines(path)))


def check_config(files: Annotated[list[Path], typer.Argument(help="Config files; the last one wins.")]) -> None:
    """Check config files; names file and line also of what is no YAML, which Snakemake does not."""
    from modelcollapse.configuration.loading import check_files

    print(f"Valid: results/{check_files(files).folder}")


def document_config(readme: Annotated[Path, typer.Argument()] = Path("config/README.md")) -> None:
    """Write the key table of config/README.md from the schema, and record the first defaults of new keys."""
    from modelcollapse.configuration.reference import write_reference
    from modelcollapse.configuration.schema import Config
    from modelcollapse.steps.key import record_first_defaults

    write_reference(readme)
    for name in record_first_defaults(Config):
        print(f"recorded the first default of {name}")


def document_dvc(
    config: Annotated[Path, typer.Argument(help="The config file of the scale that DVC keeps.")] = Path(
        "config/laptop.yaml"
    ),
    file: Annotated[Path, typer.Argument()] = Path("dvc.yaml"),
) -> None:
    """Write dvc.yaml from a config file: a stage per paper, with what DVC keeps of it and what that depends on."""
    from modelcollapse.workflow.dvc_stages import write_stages

    write_stages(config, file)
