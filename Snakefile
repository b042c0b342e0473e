# Table of contents: which config, which rules, which targets. Every step is one command: modelcollapse --help

from snakemake.utils import min_version

min_version("9.27.1")

if not config:

    configfile: "config/laptop.yaml"


include: "rules/common.smk"
include: "rules/corpora.smk"
include: "rules/recursion.smk"
include: "rules/shumailov.smk"


localrules:
    all,
    corpora,
    shumailov,


rule all:
    default_target: True
    input:
        rules.corpora.input,
        rules.shumailov.input,


onstart:
    keep_config()


onsuccess:
    close_run()


onerror:
    close_run()
