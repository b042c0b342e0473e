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
        code=code_hash("densities.mixture_recursion"),
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
        code=code_hash("densities.vae_recursion"),
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
        code=code_hash("densities.theory"),
    shell:
        "modelcollapse run-theory {wildcards.experiment} --settings {params.settings:q} --table {output.table} 2> {log}"


rule shumailov:
    input:
        **SHUMAILOV_DATA,
