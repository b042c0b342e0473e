# Human text and images, and tokenizers. Only fetch_* rules touch the network.
import shlex

from modelcollapse.corpora import sources

KINDS = {name: sources.kind_of(corpus.source) for name, corpus in CONFIG.corpora.items()}
TEXTS = [name for name, kind in KINDS.items() if kind == "text"]
IMAGES = [name for name, kind in KINDS.items() if kind == "images"]
FETCHED = {corpus.source for corpus in CONFIG.corpora.values() if sources.is_fetched(corpus.source)}
MIRROR = f"--mirror {shlex.quote(CONFIG.corpus_mirror)}" if CONFIG.corpus_mirror else ""

prepare_corpus_step = step_of(corpus_steps.prepare_corpus)
train_tokenizer_step = step_of(corpus_steps.train_tokenizer)
encode_corpus_step = step_of(corpus_steps.encode_corpus)


def mirror_of(wildcards):
    """Hash of the mirror's files that a fetch reads: content that Snakemake would not see."""
    return corpus_steps.mirror_hash(wildcards.source, CONFIG.corpus_mirror)


localrules:
    corpora,


rule corpora:
    input:
        expand(PLACES.corpus("{corpus}", "corpus.json"), corpus=CONFIG.corpora),
        expand(PLACES.tokenizer("{tokenizer}"), tokenizer=CONFIG.tokenizers),
        [PLACES.encoded(*pair, "train") for pair in WORKSPACE.encoded_pairs()],


rule fetch_text:
    output:
        [PLACES.raw("{source}", f"{split}.parquet") for split in ("train", "validation", "test")],
        PLACES.raw("{source}", "fetch.json"),
    log:
        PLACES.log("fetch_text", "{source}"),
    wildcard_constraints:
        source=names_of(source for source in FETCHED if sources.kind_of(source) == "text"),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        mirror=MIRROR,
        files=mirror_of,
        code=lambda wildcards: corpus_steps.fetch_code(wildcards.source),
    shell:
        "modelcollapse fetch-corpus {wildcards.source} {MERGED} {params.mirror} 2> {log}"


use rule fetch_text as fetch_images with:
    output:
        [PLACES.raw("{source}", f"{split}.npz") for split in ("train", "test")],
        PLACES.raw("{source}", "fetch.json"),
    log:
        PLACES.log("fetch_images", "{source}"),
    wildcard_constraints:
        source=names_of(source for source in FETCHED if sources.kind_of(source) == "images"),


rule prepare_text:
    input:
        inputs_of(prepare_corpus_step),
    output:
        [PLACES.corpus("{corpus}", f"{split}.parquet") for split in ("train", "validation", "test")],
        PLACES.corpus("{corpus}", "corpus.json"),
    log:
        PLACES.log("prepare_text", "{corpus}"),
    wildcard_constraints:
        corpus=names_of(TEXTS),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=settings_of(prepare_corpus_step),
        code=code_of(prepare_corpus_step),
    shell:
        "modelcollapse prepare-corpus {wildcards.corpus} {MERGED} 2> {log}"


use rule prepare_text as prepare_images with:
    output:
        [PLACES.corpus("{corpus}", f"{split}.npz") for split in ("train", "test")],
        PLACES.corpus("{corpus}", "corpus.json"),
    log:
        PLACES.log("prepare_images", "{corpus}"),
    wildcard_constraints:
        corpus=names_of(IMAGES),


rule train_tokenizer:
    input:
        inputs_of(train_tokenizer_step),
    output:
        PLACES.tokenizer("{tokenizer}"),
    log:
        PLACES.log("train_tokenizer", "{tokenizer}"),
    wildcard_constraints:
        tokenizer=names_of(name for name, tokenizer in CONFIG.tokenizers.items() if tokenizer.kind != "pretrained"),
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings_of(train_tokenizer_step),
        code=code_of(train_tokenizer_step),
    shell:
        "modelcollapse train-tokenizer {wildcards.tokenizer} {MERGED} 2> {log}"


rule fetch_tokenizer:
    output:
        PLACES.tokenizer("{tokenizer}"),
    log:
        PLACES.log("fetch_tokenizer", "{tokenizer}"),
    wildcard_constraints:
        tokenizer=names_of(name for name, tokenizer in CONFIG.tokenizers.items() if tokenizer.kind == "pretrained"),
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings_of(train_tokenizer_step),
        code=code_of(train_tokenizer_step),
    shell:
        "modelcollapse fetch-tokenizer {wildcards.tokenizer} {MERGED} 2> {log}"


rule encode_corpus:
    input:
        inputs_of(encode_corpus_step),
    output:
        [PLACES.encoded("{corpus}", "{tokenizer}", split) for split in ("train", "validation", "test")],
    log:
        PLACES.log("encode_corpus", "{corpus}", "{tokenizer}"),
    wildcard_constraints:
        corpus=names_of(TEXTS),
        tokenizer=names_of(CONFIG.tokenizers),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=settings_of(encode_corpus_step),
        code=code_of(encode_corpus_step),
    shell:
        "modelcollapse encode-corpus {wildcards.corpus} {wildcards.tokenizer} {MERGED} 2> {log}"
