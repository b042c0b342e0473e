# Human text and images, and tokenizers. Only fetch_* rules touch the network.
from modelcollapse.configuration.schema import IMAGE_SOURCES, PUBLISHED_SOURCES

IMAGES = [name for name, corpus in CONFIG.corpora.items() if corpus.source in IMAGE_SOURCES]
TEXTS = [name for name in CONFIG.corpora if name not in IMAGES]
PUBLISHED = [name for name, corpus in CONFIG.corpora.items() if corpus.source in PUBLISHED_SOURCES]


def corpus_settings(wildcards):
    return settings(CONFIG.corpora[wildcards.corpus])


def raw_folder(wildcards):
    """Fetched splits of a published corpus; embedded corpora have none."""
    source = CONFIG.corpora[wildcards.corpus].source
    if source not in PUBLISHED_SOURCES:
        return []
    suffix, splits = (
        (".npz", ("train", "test")) if source in IMAGE_SOURCES else (".parquet", ("train", "validation", "test"))
    )
    return [f"{DATA}/raw/{source}/{name}" for name in (*[f"{split}{suffix}" for split in splits], "fetch.json")]


def raw_option(wildcards, input):
    return option("raw", Path(input[0]).parent if len(input) else None)


def mirror_option():
    return option("mirror", CONFIG.corpus_mirror)


def tokenizer_texts(wildcards):
    return [f"{DATA}/corpora/{corpus}/train.parquet" for corpus in CONFIG.tokenizers[wildcards.tokenizer].corpora]


def text_options(wildcards, input):
    return " ".join(f"--text {path}" for path in input)


TRAINED = [name for name, tokenizer in CONFIG.tokenizers.items() if tokenizer.kind != "pretrained"]
PRETRAINED = [name for name in CONFIG.tokenizers if name not in TRAINED]


rule corpora:
    input:
        expand(f"{DATA}/corpora/{{corpus}}/corpus.json", corpus=CONFIG.corpora),
        expand(f"{DATA}/tokenizers/{{tokenizer}}.json", tokenizer=CONFIG.tokenizers),
        [path for pair in ENCODED for path in encoded(*pair).values()],


rule fetch_text:
    output:
        train=f"{DATA}/raw/{{source}}/train.parquet",
        validation=f"{DATA}/raw/{{source}}/validation.parquet",
        test=f"{DATA}/raw/{{source}}/test.parquet",
        record=f"{DATA}/raw/{{source}}/fetch.json",
    log:
        f"{LOGS}/fetch_text/{{source}}.log",
    wildcard_constraints:
        source="wikitext|tinystories",
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        mirror=mirror_option(),
    shell:
        "modelcollapse fetch-corpus {wildcards.source} {params.mirror} --train {output.train}"
        " --validation {output.validation} --test {output.test} --record {output.record} 2> {log}"


rule fetch_images:
    output:
        train=f"{DATA}/raw/{{source}}/train.npz",
        test=f"{DATA}/raw/{{source}}/test.npz",
        record=f"{DATA}/raw/{{source}}/fetch.json",
    log:
        f"{LOGS}/fetch_images/{{source}}.log",
    wildcard_constraints:
        source="mnist",
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        mirror=mirror_option(),
    shell:
        "modelcollapse fetch-corpus {wildcards.source} {params.mirror} --train {output.train}"
        " --test {output.test} --record {output.record} 2> {log}"


rule prepare_text:
    input:
        raw_folder,
    output:
        train=f"{DATA}/corpora/{{corpus}}/train.parquet",
        validation=f"{DATA}/corpora/{{corpus}}/validation.parquet",
        test=f"{DATA}/corpora/{{corpus}}/test.parquet",
        record=f"{DATA}/corpora/{{corpus}}/corpus.json",
    log:
        f"{LOGS}/prepare_text/{{corpus}}.log",
    wildcard_constraints:
        corpus="|".join(TEXTS),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=corpus_settings,
        raw=raw_option,
        code=code_hash("corpora.prepare"),
    shell:
        "modelcollapse prepare-text --settings {params.settings:q} --name {wildcards.corpus} {params.raw} --train {output.train}"
        " --validation {output.validation} --test {output.test} --record {output.record} 2> {log}"


rule prepare_images:
    input:
        raw_folder,
    output:
        train=f"{DATA}/corpora/{{corpus}}/train.npz",
        test=f"{DATA}/corpora/{{corpus}}/test.npz",
        record=f"{DATA}/corpora/{{corpus}}/corpus.json",
    log:
        f"{LOGS}/prepare_images/{{corpus}}.log",
    wildcard_constraints:
        corpus="|".join(IMAGES),
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=corpus_settings,
        raw=raw_option,
        code=code_hash("corpora.prepare"),
    shell:
        "modelcollapse prepare-images --settings {params.settings:q} --name {wildcards.corpus} {params.raw} --train {output.train}"
        " --test {output.test} --record {output.record} 2> {log}"


rule train_tokenizer:
    input:
        tokenizer_texts,
    output:
        tokenizer=f"{DATA}/tokenizers/{{tokenizer}}.json",
    log:
        f"{LOGS}/train_tokenizer/{{tokenizer}}.log",
    wildcard_constraints:
        tokenizer="|".join(TRAINED) or "none",
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=lambda wildcards: settings(CONFIG.tokenizers[wildcards.tokenizer]),
        texts=text_options,
        code=code_hash("corpora.tokenizers"),
    shell:
        "modelcollapse train-tokenizer --settings {params.settings:q} {params.texts} --tokenizer {output.tokenizer} 2> {log}"


rule fetch_tokenizer:
    output:
        tokenizer=f"{DATA}/tokenizers/{{tokenizer}}.json",
    log:
        f"{LOGS}/fetch_tokenizer/{{tokenizer}}.log",
    wildcard_constraints:
        tokenizer="|".join(PRETRAINED) or "none",
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=lambda wildcards: settings(CONFIG.tokenizers[wildcards.tokenizer]),
    shell:
        "modelcollapse fetch-tokenizer --settings {params.settings:q} --tokenizer {output.tokenizer} 2> {log}"


rule encode_corpus:
    input:
        tokenizer=f"{DATA}/tokenizers/{{tokenizer}}.json",
        texts=expand(f"{DATA}/corpora/{{{{corpus}}}}/{{split}}.parquet", split=("train", "validation", "test")),
        record=f"{DATA}/corpora/{{corpus}}/corpus.json",
    output:
        train=f"{DATA}/encoded/{{corpus}}/{{tokenizer}}/train.parquet",
        validation=f"{DATA}/encoded/{{corpus}}/{{tokenizer}}/validation.parquet",
        test=f"{DATA}/encoded/{{corpus}}/{{tokenizer}}/test.parquet",
    log:
        f"{LOGS}/encode_corpus/{{corpus}}.{{tokenizer}}.log",
    wildcard_constraints:
        corpus="|".join(TEXTS),
        tokenizer="|".join(CONFIG.tokenizers),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        corpus=lambda wildcards, input: Path(input.texts[0]).parent,
        code=code_hash("corpora.tokenizers"),
    shell:
        "modelcollapse encode-corpus --tokenizer {input.tokenizer} --corpus {params.corpus} --train {output.train}"
        " --validation {output.validation} --test {output.test} 2> {log}"
