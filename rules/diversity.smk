# The dependency parser of syntactic diversity: trained once on UD English EWT; its weights are pinned and kept by DVC.
from modelcollapse.diversity.parser.pinned_weights import PARSER

TREEBANK = {split: f"{DATA}/raw/ud_english_ewt/{split}.conllu" for split in ("train", "validation", "test")}


localrules:
    fetch_parser,


rule fetch_treebank:
    output:
        **TREEBANK,
    log:
        f"{LOGS}/fetch_treebank.log",
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        mirror=mirror_option(),
    shell:
        "modelcollapse fetch-treebank {params.mirror} --train {output.train} --validation {output.validation}"
        " --test {output.test} 2> {log}"


# Nothing asks for its output: whoever wants other weights names the rule, and pins what it made (docs/diversity_models.md).
rule train_parser:
    input:
        **TREEBANK,
    output:
        parser=f"{DATA}/parser/trained.safetensors",
    log:
        f"{LOGS}/train_parser.log",
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        code=code_hash("diversity.parser.training"),
    shell:
        "modelcollapse train-parser --train {input.train} --validation {input.validation} --test {input.test}"
        " --parser {output.parser} 2> {log}"


# Results hang on these very weights, so they are taken from the repository, never trained again on the way.
rule fetch_parser:
    output:
        parser=f"{DATA}/parser/ud_english_ewt.safetensors",
    log:
        f"{LOGS}/fetch_parser.log",
    threads: 1
    resources:
        mem_mb=500,
        runtime=5,
    params:
        sha256=PARSER.sha256,
    shell:
        "modelcollapse fetch-parser --parser {output.parser} > /dev/null 2> {log}"
