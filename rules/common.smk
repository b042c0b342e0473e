# What all rules share: the validated config, where files lie, and how a rule asks a step for what it depends on.
import json
from functools import cache

from snakemake.exceptions import WorkflowError

from modelcollapse.workflow import closing, corpus_steps, opening, presentation_steps, recursion_steps, simulation_steps

COMMAND_LINE = workflow.config_settings.config or {}

try:
    WORKSPACE = opening.open_run(config, workflow.configfiles, COMMAND_LINE)
    if workflow.is_main_process:
        opening.check_claims(WORKSPACE)
except ValueError as error:
    raise WorkflowError(str(error))

CONFIG = WORKSPACE.config
PLACES = WORKSPACE.places
# the merged config, and the device of this machine, as every step's command takes them
MERGED = f"--config {PLACES.config}"
DEVICE = f"--device {CONFIG.device}"


def step_of(build):
    """A function of a job's wildcards that gives its step; steps are functions of the workspace and the names."""
    cached = cache(lambda *names: build(WORKSPACE, *names))
    return lambda wildcards: cached(*wildcards)


def inputs_of(step):
    """A step's inputs, as a rule's input function."""
    return lambda wildcards: [str(path) for path in step(wildcards).inputs.values()]


def settings_of(step):
    """What a step is told, without first defaults, as a rule's parameter."""
    return lambda wildcards: json.dumps(step(wildcards).parameters, sort_keys=True)


def code_of(step):
    """Hash of a step's code, and versions of the libraries that decide its numbers, as a rule's parameter."""
    return lambda wildcards: " ".join([step(wildcards).code, *map("=".join, step(wildcards).libraries.items())])


def names_of(names):
    """A wildcard constraint: one of the names."""
    return "|".join(sorted(set(names))) or "none"


if workflow.is_main_process:
    opening.restore(WORKSPACE)
