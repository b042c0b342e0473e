# Table of contents: which config, which rules, which targets. Every step is one command: modelcollapse --help

from snakemake.utils import min_version

min_version("9.27.1")

if not workflow.configfiles:

    configfile: f"{workflow.basedir}/config/laptop.yaml"


include: "rules/common.smk"
include: "rules/corpora.smk"
include: "rules/parser.smk"
include: "rules/recursion.smk"
include: "rules/simulations.smk"
include: "rules/presentation.smk"
include: "rules/claims.smk"
include: "rules/papers.smk"


rule all:
    default_target: True
    input:
        rules.corpora.input,
        [target for paper in WORKSPACE.papers for target in paper_targets(paper)],
        f"{PLACES.results}/claims.csv",


onstart:
    opening.keep_config(WORKSPACE, workflow.configfiles, COMMAND_LINE)


onsuccess:
    closing.close_run(WORKSPACE, finished=True)


onerror:
    closing.close_run(WORKSPACE, finished=False)
