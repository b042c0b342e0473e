# Shumailov et al. (Nature 2024): mixtures, autoencoders, theory, then tables, figures and verdicts.
SHUMAILOV = CONFIG.shumailov
VAE_SEEDS = range(SHUMAILOV.first_seed, SHUMAILOV.first_seed + SHUMAILOV.vae.seeds)
SIMULATIONS = f"{DATA}/simulations/shumailov"
EXPERIMENTS = (
    "discrete",
    "expressivity",
    "gaussian_growth",
    "gaussian_loop",
    "gaussian_multivariate",
    "gaussian_pool",
    "gaussian_unbiased",
    "single_fit",
)
SHUMAILOV_DATA = {
    "measures": expand(f"{DATA}/measures/shumailov/{{arm}}.parquet", arm=ARMS["shumailov"]),
    "mixture": expand(f"{SIMULATIONS}/mixture/{{name}}.parquet", name=SHUMAILOV.mixture),
    "vae": expand(f"{SIMULATIONS}/vae/seed{{seed}}.parquet", seed=VAE_SEEDS),
    "theory": expand(f"{SIMULATIONS}/theory/{{experiment}}.parquet", experiment=EXPERIMENTS),
}


rule run_mixture:
    output:
        table=f"{SIMULATIONS}/mixture/{{name}}.parquet",
        samples=f"{SIMULATIONS}/mixture/{{name}}.samples.parquet",
    log:
        f"{LOGS}/run_mixture/{{name}}.log",
    wildcard_constraints:
        name=names_of(SHUMAILOV.mixture),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=720,
    params:
        settings=lambda wildcards: settings(SHUMAILOV.mixture[wildcards.name]),
        code=code_hash("densities.mixture.mixture_chains"),
    shell:
        "modelcollapse run-mixture --settings {params.settings:q} --table {output.table} --samples {output.samples} 2> {log}"


rule run_vae:
    input:
        train=f"{DATA}/corpora/{SHUMAILOV.vae.corpus}/train.npz",
        test=f"{DATA}/corpora/{SHUMAILOV.vae.corpus}/test.npz",
    output:
        table=f"{SIMULATIONS}/vae/seed{{seed}}.parquet",
        arrays=f"{SIMULATIONS}/vae/seed{{seed}}.npz",
    log:
        f"{LOGS}/run_vae/seed{{seed}}.log",
    threads: 1
    resources:
        mem_mb=4000,
        runtime=720,
        gpu=1 if CONFIG.scale in ("workstation", "paper") else 0,
    params:
        settings=settings(SHUMAILOV.vae, exclude=("seeds",)),
        code=code_hash("densities.vae.vae_chain"),
    shell:
        "modelcollapse run-vae --settings {params.settings:q} --seed {wildcards.seed} --train-images {input.train}"
        " --test-images {input.test} --table {output.table} --arrays {output.arrays} 2> {log}"


rule run_theory:
    output:
        table=f"{SIMULATIONS}/theory/{{experiment}}.parquet",
    log:
        f"{LOGS}/run_theory/{{experiment}}.log",
    wildcard_constraints:
        experiment=names_of(EXPERIMENTS),
    threads: 1
    resources:
        mem_mb=6000,
        runtime=120,
    params:
        settings=settings(SHUMAILOV.theory),
        code=code_hash("papers.shumailov.simulations.theory"),
    shell:
        "modelcollapse run-theory {wildcards.experiment} --settings {params.settings:q} --table {output.table} 2> {log}"


LANGUAGE_MODEL_FIGURES = ("perplexity", "histogram", "control", "own_perplexity", "repetition") + (
    ("ablations",) if CONFIG.arms == "all" else ()
)
DENSITY_FIGURES = {
    "mixture": SHUMAILOV_DATA["mixture"],
    "mixture_samples": [f"{SIMULATIONS}/mixture/{name}.samples.parquet" for name in ("one_blob_1000",)],
    "vae_grid": SHUMAILOV_DATA["vae"],
    "vae_latents": SHUMAILOV_DATA["vae"],
    "theory": SHUMAILOV_DATA["theory"],
}
TABLES = {
    "perplexity": SHUMAILOV_DATA["measures"],
    "arms": SHUMAILOV_DATA["measures"],
    "histogram": SHUMAILOV_DATA["measures"],
    "mixture": SHUMAILOV_DATA["mixture"],
    "vae": SHUMAILOV_DATA["vae"],
    "theory": SHUMAILOV_DATA["theory"],
}
SHOWN_ARM = "epochs5_kept0"
SHOWN_SEED = SHUMAILOV.first_seed


def shown_wildcards():
    """The arm and seed whose texts are shown, as a rule's wildcards."""
    from types import SimpleNamespace

    return SimpleNamespace(paper="shumailov", arm=SHOWN_ARM, seed=SHOWN_SEED)


def shumailov_deviations():
    """Settings of the experiments that run and differ from the paper's."""
    from modelcollapse.configuration.reference import deviations

    language_model = SHUMAILOV.language_model
    found = []
    for name in ARMS["shumailov"]:
        found += deviations(language_model.arms[name], f"language_model.arms.{name}.")
    for name in FAMILIES["shumailov"]:
        found += deviations(language_model.families[name], f"language_model.families.{name}.")
        corpus = language_model.families[name].corpus
        if CONFIG.corpora[corpus].source != "wikitext":
            found.append(f"language_model.families.{name}.corpus = {corpus} (paper: WikiText-2 raw)")
        elif CONFIG.corpus_mirror:
            found.append(f"language_model.families.{name}.corpus = {corpus} from a mirror (paper: WikiText-2 raw)")
    for name, mixture in SHUMAILOV.mixture.items():
        found += deviations(mixture, f"mixture.{name}.")
    found += deviations(SHUMAILOV.vae, "vae.")
    if SHUMAILOV.vae.corpus != "mnist":
        found.append(f"vae.corpus = {SHUMAILOV.vae.corpus} (paper: mnist)")
    return sorted(found)


rule draw_language_model:
    input:
        SHUMAILOV_DATA["measures"],
    output:
        svg=f"{RESULTS}/shumailov/figures/{{figure}}.svg",
        png=f"{RESULTS}/shumailov/figures/{{figure}}.png",
    log:
        f"{LOGS}/draw_language_model/{{figure}}.log",
    wildcard_constraints:
        figure="|".join(LANGUAGE_MODEL_FIGURES),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        tables=lambda wildcards, input: repeated("table", input),
        band="0.46,0.60,paper (setting A): 0.46-0.60",
        code=code_hash("papers.shumailov.figures.language_model"),
    shell:
        "modelcollapse draw-language-model {wildcards.figure} {params.tables} --paper-band {params.band:q}"
        " --folder $(dirname {output.svg}) 2> {log}"


rule draw_densities:
    input:
        tables=lambda wildcards: DENSITY_FIGURES[wildcards.figure],
        arrays=f"{SIMULATIONS}/vae/seed{SHOWN_SEED}.npz",
    output:
        svg=f"{RESULTS}/shumailov/figures/{{figure}}.svg",
        png=f"{RESULTS}/shumailov/figures/{{figure}}.png",
    log:
        f"{LOGS}/draw_densities/{{figure}}.log",
    wildcard_constraints:
        figure="|".join(DENSITY_FIGURES),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        tables=lambda wildcards, input: repeated("table", input.tables),
        sizes=json.dumps({name: mixture.samples for name, mixture in SHUMAILOV.mixture.items()}),
        code=code_hash("papers.shumailov.figures.densities"),
    shell:
        "modelcollapse draw-densities {wildcards.figure} {params.tables} --arrays {input.arrays} --sizes {params.sizes:q}"
        " --folder $(dirname {output.svg}) 2> {log}"


rule tabulate:
    input:
        lambda wildcards: TABLES[wildcards.table],
    output:
        csv=f"{RESULTS}/shumailov/tables/{{table}}.csv",
        markdown=f"{RESULTS}/shumailov/tables/{{table}}.md",
    log:
        f"{LOGS}/tabulate/{{table}}.log",
    wildcard_constraints:
        table="|".join(TABLES),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        tables=lambda wildcards, input: repeated("table", input),
        code=code_hash("papers.shumailov.figures.language_model", "papers.shumailov.figures.densities"),
    shell:
        "modelcollapse tabulate {wildcards.table} {params.tables} --folder $(dirname {output.csv}) 2> {log}"


rule tabulate_samples:
    input:
        **human_text(shown_wildcards()),
        tokenizer=f"{DATA}/tokenizers/{family_of(shown_wildcards()).tokenizer}.json",
        samples=[
            f"{DATA}/synthetic/shumailov/{SHOWN_ARM}/seed{SHOWN_SEED}/gen{generation}.parquet"
            for generation in range(arm_of(shown_wildcards()).generations + 1)
        ],
    output:
        csv=f"{RESULTS}/shumailov/tables/samples.csv",
        markdown=f"{RESULTS}/shumailov/tables/samples.md",
    log:
        f"{LOGS}/tabulate_samples.log",
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        family=family_settings(shown_wildcards()),
        text=lambda wildcards, input: Path(input.train).parent,
        samples=lambda wildcards, input: repeated("samples", input.samples),
        seed=SHOWN_SEED,
        code=code_hash("presentation.sample_table"),
    shell:
        "modelcollapse tabulate-samples --family {params.family:q} --text {params.text} --tokenizer {input.tokenizer}"
        " {params.samples} --seed {params.seed} --folder $(dirname {output.csv}) 2> {log}"


rule judge_shumailov:
    input:
        **SHUMAILOV_DATA,
        claims="config/claims/shumailov.yaml",
    output:
        claims=f"{RESULTS}/shumailov/claims.csv",
        raw=f"{RESULTS}/shumailov/claims_raw.csv",
        rules=f"{RESULTS}/shumailov/claims_rules.json",
    log:
        f"{LOGS}/judge_shumailov.log",
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        data=lambda wildcards, input: grouped(input, SHUMAILOV_DATA),
        deviations=json.dumps(shumailov_deviations()),
        scale=CONFIG.scale,
        folder=CONFIG.folder,
        code=code_hash("papers.shumailov.quantities"),
    shell:
        "modelcollapse judge-claims --claims {input.claims} --scale {params.scale} --folder {params.folder} {params.data}"
        " --deviations {params.deviations:q}"
        " --output {output.claims} --raw {output.raw} --rules {output.rules} 2> {log}"


rule shumailov:
    input:
        **SHUMAILOV_DATA,
        figures=expand(
            f"{RESULTS}/shumailov/figures/{{figure}}.{{ending}}",
            figure=[*LANGUAGE_MODEL_FIGURES, *DENSITY_FIGURES],
            ending=("svg", "png"),
        ),
        tables=expand(
            f"{RESULTS}/shumailov/tables/{{table}}.{{ending}}", table=[*TABLES, "samples"], ending=("csv", "md")
        ),
        claims=f"{RESULTS}/shumailov/claims.csv",
        page=f"{RESULTS}/shumailov/claims.md",
