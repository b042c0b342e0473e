# The dependency parser of syntactic diversity: trained once on UD English EWT; its weights are pinned and kept by DVC.
from modelcollapse.diversity.parser.pinned_weights import PARSER

TREEBANK = {split: PLACES.treebank(split) for split in ("train", "validation", "test")}

train_parser_step = step_of(corpus_steps.train_parser)


localrules:
    fetch_parser,


rule fetch_treebank:
    output:
        **TREEBANK,
    log:
        PLACES.log("fetch_treebank"),
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        mirror=MIRROR,
    shell:
        "modelcollapse fetch-treebank {params.mirror} --train {output.train} --validation {output.validation}"
        " --test {output.test} 2> {log}"


# Nothing asks for its output: whoever wants other weights names the rule, and pins what it made (docs/diversity_models.md).
rule train_parser:
    input:
        **TREEBANK,
    output:
        PLACES.parser("trained"),
    log:
        PLACES.log("train_parser"),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        settings=settings_of(train_parser_step),
        code=code_of(train_parser_step),
    shell:
        "modelcollapse train-parser --train {input.train} --validation {input.validation} --test {input.test}"
        " --parser {output} 2> {log}"


# Results depend on these very weights, so they are taken from the repository, never trained again on the way.
rule fetch_parser:
    output:
        PLACES.parser("ud_english_ewt"),
    log:
        PLACES.log("fetch_parser"),
    threads: 1
    resources:
        mem_mb=500,
        runtime=5,
    params:
        sha256=PARSER.sha256,
    shell:
        "modelcollapse fetch-parser --parser {output} > /dev/null 2> {log}"
