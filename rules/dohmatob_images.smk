# Dohmatob et al. (Strong Model Collapse), section 4.2 of the sheet: regression on images with synthetic labels.
from modelcollapse.commands import dohmatob_images as image_steps

DOHMATOB_IMAGES = {name: getattr(CONFIG.dohmatob.images, name) for name in type(CONFIG.dohmatob.images).model_fields}
DOHMATOB_IMAGE_DATA = {
    f"images_{name}": expand(
        f"{DATA}/simulations/dohmatob/images_{name}/seed{{seed}}.parquet",
        seed=range(images.first_seed, images.first_seed + images.seeds),
    )
    for name, images in DOHMATOB_IMAGES.items()
}
DOHMATOB_IMAGE_PRESENTED = expand(
    f"{RESULTS}/dohmatob/figures/{{figure}}.{{ending}}", figure=image_steps.FIGURES, ending=("svg", "png")
) + expand(f"{RESULTS}/dohmatob/tables/{{table}}.{{ending}}", table=image_steps.TABLES, ending=("csv", "md"))


def image_corpus(wildcards):
    """Both splits of the corpus of a model's sweep."""
    corpus = DOHMATOB_IMAGES[wildcards.model].corpus
    return {split: f"{DATA}/corpora/{corpus}/{split}.npz" for split in ("train", "test")}


def by_model(files):
    """``--data MODEL=FILE`` for every table."""
    return " ".join(
        f"--data {group.removeprefix('images_')}={path}" for group in DOHMATOB_IMAGE_DATA for path in files[group]
    )


def dohmatob_image_deviations():
    """Settings of regression on images that differ from the paper's."""
    from modelcollapse.configuration.reference import deviations

    found = []
    for name, images in DOHMATOB_IMAGES.items():
        corpus = CONFIG.corpora[images.corpus]
        # the whole of MNIST under another name is no deviation
        is_mnist = corpus.source == "mnist" and corpus.train is None and corpus.test is None
        found += [text for text in deviations(images, f"images.{name}.") if not (is_mnist and ".corpus = " in text)]
        found.append(f"images.{name}.protocol = our sizes, optimiser and labellers (paper: not stated in our sources)")
    return sorted(found)


rule run_image_regression:
    input:
        unpack(image_corpus),
    output:
        table=f"{DATA}/simulations/dohmatob/images_{{model}}/seed{{seed}}.parquet",
    log:
        f"{LOGS}/run_image_regression/{{model}}.seed{{seed}}.log",
    wildcard_constraints:
        model=names_of(DOHMATOB_IMAGES),
    threads: 1
    resources:
        mem_mb=8000,
        runtime=720,
        gpu=lambda wildcards: 1 if wildcards.model == "two_layer" and CONFIG.scale in ("workstation", "paper") else 0,
    params:
        settings=lambda wildcards: settings(DOHMATOB_IMAGES[wildcards.model], exclude=("seeds", "first_seed")),
        code=code_hash("regression.images.image_regression"),
    shell:
        "modelcollapse run-image-regression {wildcards.model} --settings {params.settings:q} --seed {wildcards.seed}"
        " --train-images {input.train} --test-images {input.test} --table {output.table} 2> {log}"


rule present_image_regression:
    input:
        **DOHMATOB_IMAGE_DATA,
    output:
        DOHMATOB_IMAGE_PRESENTED,
    log:
        f"{LOGS}/present_image_regression.log",
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        data=lambda wildcards, input: by_model(input),
        folder=f"{RESULTS}/dohmatob",
        code=code_hash("papers.dohmatob.figures.image_figures"),
    shell:
        "modelcollapse present-image-regression {params.data} --figures {params.folder}/figures"
        " --tables {params.folder}/tables 2> {log}"


rule dohmatob_images:
    input:
        **DOHMATOB_IMAGE_DATA,
        presented=DOHMATOB_IMAGE_PRESENTED,
