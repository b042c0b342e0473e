# Table of contents: which config, which rules, which targets. Every step is one command: modelcollapse --help

from snakemake.utils import min_version

min_version("9.27.1")

if not workflow.configfiles:

    configfile: "config/laptop.yaml"


include: "rules/common.smk"
include: "rules/corpora.smk"
include: "rules/recursion.smk"
include: "rules/diversity.smk"
include: "rules/shumailov.smk"
include: "rules/gerstgrasser.smk"
include: "rules/dohmatob_images.smk"
include: "rules/dohmatob.smk"
include: "rules/claims.smk"


localrules:
    all,
    corpora,
    shumailov,
    gerstgrasser,
    dohmatob,
    dohmatob_images,
    merge_claims,


rule all:
    default_target: True
    input:
        rules.corpora.input,
        rules.shumailov.input,
        rules.gerstgrasser.input,
        rules.dohmatob.input,
        f"{RESULTS}/claims.csv",


onstart:
    keep_config()


onsuccess:
    close_run()


onerror:
    close_run()
